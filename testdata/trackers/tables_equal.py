"""Compares tables in Parquet and CSV, read by pandas and pyarrow, with what flowsweep prints: tables_equal.py PARQUET CSV RUNS FIT."""
import json, math, sys
import pandas, pyarrow.parquet

runs, fit = (json.load(open(f)) for f in sys.argv[3:5])
numbers = 0


def equal(got, want, what):
    global numbers
    numbers += 1
    same = got == want or (got != got and want != want)
    assert same, f"{what}: the table has {got!r:.300}, flowsweep {want!r:.300}"


def number(x):
    return float(x) if x in ("nan", "inf", "-inf") else x


def flat(row, path=""):
    """The values of a row by the names of their columns."""
    in_spec = {"solver": "sample.solver", "steps": "sample.steps", "tolerance": "sample.tolerance", "grid": "sample.grid", "count": "sample.count"}
    for key, value in row.items():
        name = path if key == "name" else f"{path}.{key}" if path else in_spec.get(key, key)
        if isinstance(value, dict):
            yield from flat(value, name)
        elif key not in ("commit", "engine", "memorised") and not name.startswith(("solver_share", "net_share", "noise")):
            yield name, json.dumps(value) if isinstance(value, list) else number(value)


tables = {name: pyarrow.parquet.read_table(f"{sys.argv[1]}/{name}.parquet") for name in ["runs", "settings", "losses"]}
rows = {(r["sweep"], r["run"]): r for r in tables["runs"].to_pylist()}
equal(len(rows), len(runs), "runs")
for run in runs:
    row, has = rows[run["sweep"], run["run"]], dict(flat(run))
    if has.get("sample.tolerance.atol") == has.get("sample.tolerance.rtol", math.nan):
        has["sample.tolerance"] = has["sample.tolerance.atol"]  # one number in a spec
    for name, value in has.items():
        equal(row.get(name), None if value == "" else value, f"{name} of {run['run']}")
    equal([n for n, v in row.items() if v is not None and n.startswith(("metrics", "sample")) and n not in has], [], f"what {run['run']} has not")
equal(len(tables["settings"]), len({(r["sweep"], r["setting"]) for r in rows.values()}), "settings")
losses = [l for l in tables["losses"].to_pylist() if (l["sweep"], l["fit"]) == (runs[0]["sweep"], fit["key"])]
equal([(l["step"], l["loss"], l["held_out_loss"]) for l in losses], [(l["step"], number(l["value"]), l.get("held_out")) for l in fit["losses"]], "losses")

types = {f.name: str(f.type) for f in tables["runs"].schema}
for name, want in {"seed": "uint64", "net.width": "int64", "train.rate": "double", "sample.steps": "int64", "metrics.mmd": "double", "chosen": "bool",
                   "started": "timestamp[us, tz=UTC]", "error": "string", "note": "string"}.items():
    equal(types[name], want, f"the type of {name}")
for name, table in tables.items():
    text, frame = pandas.read_csv(f"{sys.argv[2]}/{name}.csv"), table.to_pandas()
    equal(list(text.columns), list(frame.columns), f"columns of {name}.csv")
    for column in frame:
        wants, gots = frame[column], text[column]
        if str(wants.dtype).startswith("datetime"):
            gots = pandas.to_datetime(gots, format="ISO8601")
        wants = ["'" + w if isinstance(w, str) and w[:1] in "=+-@" else w for w in wants]  # no spreadsheet takes it for a formula
        equal([(g, w) for g, w in zip(gots, wants) if g != w and not (pandas.isna(g) and pandas.isna(w))], [], f"{column} of {name}.csv")
print(len(runs), "runs,", len(tables["losses"]), "losses,", numbers, "equal")
