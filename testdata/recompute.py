"""Recomputes numbers of a report from what flowsweep hands out, in NumPy alone: recompute.py OUT

OUT is the output folder of a sweep in the store runs.db, of one net on a target in two dimensions, or on a table of any columns. The
points of every run come from `flowsweep show --points`, counts and times from runs.csv. Each number is compared with the text of
report.html, to the digits that the page shows, and each metric of a run with `flowsweep runs --json`, to nine digits. sliced-w2 is
recomputed in two dimensions alone, and w1-table where the package POT is installed.
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
    """Mean of five Gaussian kernels, whose bandwidths are 1/4 to 4 times the root of the median squared distance within the reference y."""
    median = np.sqrt(np.median(distances(y, y)[np.triu_indices(len(y), 1)] ** 2))
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


def kind_of(column):
    """The name of a column's kind, and what stands beside it."""
    kind = column["kind"]
    return next(iter(kind.items())) if isinstance(kind, dict) else (kind, [])


def width(column):
    name, categories = kind_of(column)
    return {"categorical": len(categories) if len(categories) > 1 else 0, "constant": 0}.get(name, 1)


def value(column, code):
    """The values of a column of the codes that a net learns, (n, width)."""
    name, args = kind_of(column)
    low, high, first = column["low"], column["high"], code[:, 0] if code.shape[1] else np.zeros(len(code))
    if name == "integer":
        return np.round(np.clip(first, low, high))
    if name == "positive":
        return np.exp(first)
    if name == "bounded":  # bounds are moved outwards by a thousandth of the range
        (a, b), squeeze = args, 1e-3
        return np.clip(a + (b - a) * (1 / (1 + np.exp(-first)) - squeeze) / (1 - 2 * squeeze), a, b)
    if name == "categorical":
        return code.argmax(axis=1) if code.shape[1] else first
    return np.full(len(code), low) if name == "constant" else first


def rows_of(said, points):
    """The rows that points on the scale of the metrics decode to: a list of columns."""
    codes = points * said["scale"] + said["shift"] if said["scale"] else points
    widths = [width(c) for c in said["kinds"]]
    return [value(c, code) for c, code in zip(said["kinds"], np.split(codes, np.cumsum(widths)[:-1], axis=1))]


def indicators(said, columns):
    """Standardised columns, and of categories one for each, with the number of the column that each is of."""
    for j, (c, x) in enumerate(zip(said["kinds"], columns)):
        name, args = kind_of(c)
        for v in [x == k for k in range(len(args))] if name == "categorical" else [x]:
            v = v.astype(float)
            yield j, (v - v.mean()) / v.std() if np.ptp(v) else 0 * v


def table_metrics(said, x, y, trained):
    """The metrics of tables, of samples x and the reference y."""
    x, y, trained = (rows_of(said, points) for points in (x, y, trained))
    worst, cost = 0, 0
    for c, a, b, t in zip(said["kinds"], x, y, trained):
        at = np.union1d(a, b)
        share = lambda v: np.searchsorted(np.sort(v), at, side="right") / len(v)
        steps = share(a) - share(b)
        if kind_of(c)[0] == "categorical":
            worst = max(worst, abs(np.diff(steps, prepend=0)).sum() / 2)
            cost = cost + (a[:, None] != b)
        else:
            worst = max(worst, abs(steps).max())
            cost = cost + abs(a[:, None] - b) / (np.ptp(t) or 1)
    correlations = [[(v * w).mean() for i, v in of for j, w in of if i != j] for of in (list(indicators(said, x)), list(indicators(said, y)))]
    got = {"worst-marginal": worst, "worst-correlation": abs(np.subtract(*correlations)).max()}
    try:
        import ot
    except ImportError:
        return got
    return got | {"w1-table": ot.emd2(np.full(len(cost), 1 / len(cost)), np.full(len(cost[0]), 1 / len(cost[0])), cost, numItermax=10**7)}


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
        load = lambda name: np.load(f"{folder}/{name}.npy").astype(float)
        x, y = load("projected" if "kinds" in said else "samples")[: said["compared"]], load("reference")
        trained = load("trained") if "kinds" in said else None
    got = {name: float(f(x, y)) for name, f in METRICS.items() if name != "sliced-w2" or x.shape[1] == 2}
    if "kinds" in said:
        got |= table_metrics(said, x, y, trained)
    if stored:
        got = {name: v for name, v in got.items() if name in stored}
    for name, value in (stored or {}).items():
        if name in got and not abs(got[name] - value) <= 1e-9 * (1 + abs(value)):
            wrong.append(f"{name} of run {run}: stored is {value!r}, recomputed is {got[name]!r}")
    return x.shape[1], got


page = Page(open(f"{out}/report.html", encoding="utf-8").read())
runs = json.loads(flowsweep("runs", "--json"))
table = {row["run"]: row for row in csv.DictReader(open(f"{out}/runs.csv", encoding="utf-8"))}
choice = json.load(open(f"{out}/choice.json", encoding="utf-8"))
settings = list(csv.DictReader(flowsweep("runs", "--by-setting", "--csv").splitlines()))
board = next(t for t in page.tables if {"ms per sample", "parameters", "fit s", "NFE"} <= set(t[0]))
columns = {name: i for i, name in enumerate(board[0])}
for s in (s for s in settings if s["sample.solver"]):
    key = (s["sample.solver"], int(s.get("sample.steps") or 0), float(s.get("sample.tolerance.atol") or 0))
    mine = [r for r in runs if (r["solver"], r.get("steps", 0), r.get("tolerance", {}).get("atol", 0)) == key]
    row = next(row for row in board[1:] if row[0] == s["setting"])
    rows, label = [table[r["run"]] for r in mine], s["setting"]
    dims, metrics = zip(*(points_metrics(r["run"], r["metrics"]) for r in mine))
    for name in metrics[0]:
        check(f"{name} of {label}", np.mean([m[name] for m in metrics]), row[columns[name]])
    check(f"seeds of {label}", len(mine), row[columns["seeds"]])
    check(f"NFE of {label}", np.mean([float(r["nfe"]) for r in rows]), row[columns["NFE"]])
    check(f"ms per sample of {label}", np.mean([1e3 * float(r["sample_seconds"]) / float(r["count"]) for r in rows]), row[columns["ms per sample"]])
    check(f"fit seconds of {label}", np.mean([float(r["fit_seconds"]) for r in rows]), row[columns["fit s"]])
    w, deep = mine[0]["net"]["width"], mine[0]["net"]["depth"]
    check(f"parameters of {label}", (dims[0] + 1 + 1) * w + (deep - 1) * (w + 1) * w + (w + 1) * dims[0], row[columns["parameters"]])
    if s["choice"] == "chosen":
        by = choice["by"][0]
        values = sorted((r["metrics"][by], r["seed"]) for r in mine)
        check(f"median seed by {by}", values[(len(values) - 1) // 2][1], re.search(r"\(seed (\d+)\), the median seed", page.text).group(1))
check("finished runs", sum(r["state"] == "finished" for r in runs), re.search(r"(\d+) of \d+ runs", page.text).group(1))

if twin := choice.get("twin"):
    compared = next(t for t in page.tables if t[0][-1].startswith("sampler.onnx: "))
    cells = {row[0]: row[-1] for row in compared}
    metrics = [points_metrics(run)[1] for run in twin["runs"]]
    for name in METRICS:
        check(f"{name} of sampler.onnx", np.mean([m[name] for m in metrics]), cells[name])
    steps, calls_a_step = int(re.search(r"(\d+) step", compared[0][-1]).group(1)), 3  # of bosh3
    check("NFE of sampler.onnx", steps * calls_a_step, cells["velocity calls"])

print(f"{checked} numbers of the page recomputed, {len(wrong)} differ")
sys.exit("\n".join(wrong) or None)
