"""Compares event files with what `runs --json` prints, and of some fits with `show --json`:

    tensorboard_equal.py FOLDER RUNS FIT...
"""
import io, json, math, os, sys
import numpy
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

folder, runs = sys.argv[1], json.load(open(sys.argv[2]))
losses = {}
for path in sys.argv[3:]:
    shown = json.load(open(path))
    losses[shown["key"]] = shown["losses"]
numbers, pictures, seen = 0, 0, set()


def equal(got, want, what):
    """TensorBoard's scalars are float32."""
    global numbers
    numbers += 1
    want = float(numpy.float32(float(want)))
    assert got == want or math.isnan(got) and math.isnan(want), f"{what}: TensorBoard has {got}, flowsweep {want}"


by_key = {r["run"]: r for r in runs}
for at, _, files in os.walk(folder):
    if not files or not os.path.basename(at).startswith("seed "):
        continue
    events = EventAccumulator(at, size_guidance={"tensors": 0, "scalars": 0}).Reload()
    text = tensor_util.make_ndarray(events.Tensors("run")[0].tensor_proto)[0].decode()
    about = dict(line.strip("| ").split(" | ", 1) for line in text.splitlines()[2:])
    run = by_key[about["run"]]
    seen.add(about["run"])
    steps = run["train"]["steps"]
    for k, v in run["metrics"].items():
        [scalar] = events.Scalars(k)
        equal(scalar.value, v, f"{at}, {k}")
        assert scalar.step == steps, f"{at}, {k}: step {scalar.step}, not {steps}"
        assert math.isnan(float(v)) or float(about[k]) == float(v), f"{at}: the text has {about[k]}, not {v}"
    if run["state"] == "finished":
        equal(events.Scalars("cost/nfe")[0].value, run["nfe"], at)
        picture = Image.open(io.BytesIO(tensor_util.make_ndarray(events.Tensors("samples")[0].tensor_proto)[2]))
        picture.load()
        pictures += 1
    curve = events.Scalars("loss/train") if "loss/train" in events.Tags()["scalars"] else []
    assert run["state"] != "finished" or curve[-1].step == steps, at
    assert [e.step for e in curve] == sorted({e.step for e in curve}), f"{at}: steps {[e.step for e in curve]}"
    assert all(a.wall_time <= b.wall_time for a, b in zip(curve, curve[1:])), at
    for e, want in zip(curve, losses.get(run["fit"], []), strict=run["fit"] in losses):
        assert e.step == want["step"], at
        equal(e.value, want["value"], f"{at}, loss at {e.step}")
assert seen == set(by_key), seen ^ set(by_key)
print(f"{len(runs)} runs, {pictures} pictures, {numbers} equal")
