"""Makes the pairs of samples beside it, and accuracies.json: what sbibm's c2st gives for them with scikit-learn's MLPClassifier.

    python -m venv venv && venv/bin/pip install scikit-learn==1.5.2 numpy==2.4.6 && venv/bin/python c2st.py

It takes about three minutes on one core. The accuracies are means over random states, which shuffle the folds, draw the initial
weights and order the batches; "sd" is the standard deviation over them.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
N = 1000


def pairs():
    """Returns (reference, samples) by name."""
    rng = np.random.default_rng(12)
    normal = rng.standard_normal
    moons = lambda noise, state: make_moons(N, noise=noise, random_state=state)[0]
    correlated = np.eye(5) + 0.5 * np.eye(5, k=1)
    return {
        "equal": (normal((N, 2)), normal((N, 2))),
        "shift": (normal((N, 2)), normal((N, 2)) + [0.4, 0.0]),
        "moons": (moons(0.05, 1), moons(0.3, 2)),
        "five": (normal((N, 5)), normal((N, 5)) @ correlated),
    }


def c2st(x, y, state):
    """Returns the accuracy as sbibm computes it: standardised by the reference x, 5 shuffled folds, 2 layers of 10 per dimension."""
    mean, std = x.mean(axis=0), x.std(axis=0, ddof=1)
    points = (np.concatenate([x, y]) - mean) / std
    classes = np.repeat([0, 1], [len(x), len(y)])
    width = 10 * x.shape[1]
    net = MLPClassifier(hidden_layer_sizes=(width, width), max_iter=10000, random_state=state)
    folds = KFold(n_splits=5, shuffle=True, random_state=state)
    return cross_val_score(net, points, classes, cv=folds, scoring="accuracy").mean()


def main():
    accuracies = {}
    for name, (x, y) in pairs().items():
        x, y = x.astype("f4"), y.astype("f4")
        np.save(HERE / f"{name}-reference.npy", x)
        np.save(HERE / f"{name}-samples.npy", y)
        states = 20 if x.shape[1] == 2 else 5  # a value takes a second in two dimensions, and a quarter of a minute in five
        values = [c2st(x.astype("f8"), y.astype("f8"), state) for state in range(1, states + 1)]
        accuracies[name] = {"accuracy": round(float(np.mean(values)), 4), "sd": round(float(np.std(values, ddof=1)), 4), "states": states}
        print(name, accuracies[name], flush=True)
    (HERE / "accuracies.json").write_text(json.dumps(accuracies, indent=2) + "\n")


if __name__ == "__main__":
    main()
