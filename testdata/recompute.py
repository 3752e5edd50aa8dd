"""Recomputes numbers of a report from what flowsweep hands out, in NumPy alone: recompute.py OUT

OUT is the output folder of a sweep in the store runs.db, of one net on a target in two dimensions. The points of every run come
from `flowsweep show --points`, counts and times from runs.csv. Each number is compared with the text of report.html, to the
digits that the page shows, and each metric of a run with `flowsweep runs --json`, to nine digits.
"""
import csv, html.parser, json, re, subprocess, sys, tempfile

import numpy as np

out, checked, wrong = sys.argv[1], 0, []


def flowsweep(*args):
    return subprocess.run(["flowsweep", *args], check=True, capture_output=True, text=True).stdout


def distances(x, y):
    return np.sqrt(((x[:, None, :] - y[None, :, :]) ** 2).sum(-1))


def discrepancy(k, x, y):
    """Unbiased: the mean of k over pairs of different points on each side, minus twice the mean between the sides."""
    n, m = len(x), len(y)
    xx, yy = k(distances(x, x)), k(distances(y, y))
    return (xx.sum() - xx.trace()) / (n * (n - 1)) + (yy.sum() - yy.trace()) / (m * (m - 1)) - 2 * k(distances(x, y)).mean()


def mmd(x, y):
    """Mean of five Gaussian kernels, whose bandwidths are 1/4 to 4 times the median distance within the reference y."""
    median = np.median(distances(y, y)[np.triu_indices(len(y), 1)])
    return discrepancy(lambda d: np.mean([np.exp(-(d**2) / (2 * (f * median) ** 2)) for f in (0.25, 0.5, 1, 2, 4)], axis=0), x, y)


def energy(x, y):
    return discrepancy(lambda d: -d, x, y)


def sliced_w2(x, y):
    """Root of the mean squared W2 of projections on 128 directions, evenly spaced over half a turn."""
    def squared(a, b):  # between the steps of two quantile functions
        at = np.union1d(np.arange(1, len(a) + 1) / len(a), np.arange(1, len(b) + 1) / len(b))
        width, middle = np.diff(at, prepend=0), at - np.diff(at, prepend=0) / 2
        return (width * (a[(middle * len(a)).astype(int)] - b[(middle * len(b)).astype(int)]) ** 2).sum()
    angles = np.pi * np.arange(128) / 128
    return np.sqrt(np.mean([squared(np.sort(x @ w), np.sort(y @ w)) for w in np.c_[np.cos(angles), np.sin(angles)]]))


METRICS = {"mmd": mmd, "energy": energy, "sliced-w2": sliced_w2}


class Page(html.parser.HTMLParser):
    """The tables of a page as lists of rows of texts, and all its text. Marks and the ends of intervals are left out of cells."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.text, self.inner, self.cell = [], "", 0, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.cell = True
        elif self.cell:
            self.inner += 1

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell, self.inner = False, 0
        elif self.cell:
            self.inner -= 1

    def handle_data(self, data):
        self.text += data
        if self.cell and self.inner == 0:
            self.tables[-1][-1][-1] = (self.tables[-1][-1][-1] + data).strip()


def shown(text):
    """A number of the page and the unit of its last digit."""
    plain = text.replace(",", "").replace("−", "-").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    number = re.search(r"-?\d+(\.\d+)?", plain).group()
    power = re.search(r"×10(-?\d+)", plain)
    scale = 10.0 ** int(power.group(1)) if power else 1.0
    return float(number) * scale, scale * 10.0 ** -len(number.partition(".")[2])


def check(what, got, text):
    global checked
    checked += 1
    value, unit = shown(text)
    if not abs(value - got) <= unit * (0.5 + 1e-6):
        wrong.append(f"{what}: the page says {text}, recomputed is {got:.9g}")


def points_metrics(run, stored=None):
    """The metrics of a run from its points. Where they are stored, they must agree."""
    with tempfile.TemporaryDirectory() as folder:
        said = json.loads(flowsweep("show", run, "--points", folder, "--json"))["points"]
        x, y = (np.load(f"{folder}/{name}.npy").astype(float) for name in ("projected" if "kinds" in said else "samples", "reference"))
    got = {name: float(f(x[: said["compared"]], y)) for name, f in METRICS.items()}
    for name, value in (stored or {}).items():
        if name in got and not abs(got[name] - value) <= 1e-9 * (1 + abs(value)):
            wrong.append(f"{name} of run {run}: stored is {value!r}, recomputed is {got[name]!r}")
    return got


page = Page(open(f"{out}/report.html", encoding="utf-8").read())
runs = json.loads(flowsweep("runs", "--json"))
table = {row["run"]: row for row in csv.DictReader(open(f"{out}/runs.csv", encoding="utf-8"))}
settings = list(csv.DictReader(flowsweep("runs", "--by-setting", "--csv").splitlines()))
board = next(t for t in page.tables if {"ms per sample", "params", "fit s", "NFE"} <= set(t[0]))
columns = {name: i for i, name in enumerate(board[0])}
for s in settings:
    key = (s["sample.solver"], int(s.get("sample.steps") or 0), float(s.get("sample.tolerance.atol") or 0))
    mine = [r for r in runs if (r["solver"], r.get("steps", 0), r.get("tolerance", {}).get("atol", 0)) == key]
    row = next(row for row in board[1:] if row[0] == s["setting"])
    rows, label = [table[r["run"]] for r in mine], s["setting"]
    metrics = [points_metrics(r["run"], r["metrics"]) for r in mine]
    for name in METRICS:
        check(f"{name} of {label}", np.mean([m[name] for m in metrics]), row[columns[name]])
    check(f"seeds of {label}", len(mine), row[columns["seeds"]])
    check(f"NFE of {label}", np.mean([float(r["nfe"]) for r in rows]), row[columns["NFE"]])
    check(f"ms per sample of {label}", np.mean([1e3 * float(r["sample_seconds"]) / float(r["count"]) for r in rows]), row[columns["ms per sample"]])
    check(f"fit seconds of {label}", np.mean([float(r["fit_seconds"]) for r in rows]), row[columns["fit s"]])
    w, deep = mine[0]["net"]["width"], mine[0]["net"]["depth"]
    check(f"parameters of {label}", (2 + 1 + 1) * w + (deep - 1) * (w + 1) * w + (w + 1) * 2, row[columns["params"]])
    if s["choice"] == "chosen":
        by, values = "sliced-w2", sorted((m["sliced-w2"], r["seed"]) for m, r in zip(metrics, mine))
        check(f"median seed by {by}", values[(len(values) - 1) // 2][1], re.search(r"\(seed (\d+)\), the median seed", page.text).group(1))
check("finished runs", sum(r["state"] == "finished" for r in runs), re.search(r"(\d+) of \d+ runs", page.text).group(1))

choice = json.load(open(f"{out}/choice.json", encoding="utf-8"))
if twin := choice.get("twin"):
    compared = next(t for t in page.tables if t[0][-1].startswith("sampler.onnx: "))
    cells = {row[0]: row[-1] for row in compared}
    metrics = [points_metrics(run) for run in twin["runs"]]
    for name in METRICS:
        check(f"{name} of sampler.onnx", np.mean([m[name] for m in metrics]), cells[name])
    steps, calls_a_step = int(re.search(r"(\d+) step", compared[0][-1]).group(1)), 3  # of bosh3
    check("NFE of sampler.onnx", steps * calls_a_step, cells["velocity calls"])

print(f"{checked} numbers of the page recomputed, {len(wrong)} differ")
sys.exit("\n".join(wrong) or None)
