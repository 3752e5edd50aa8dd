"""Runs a block of Python from a document, and compares the frames that it makes with what flowsweep prints.

    python3 equal.py BLOCK RUNS SETTINGS

RUNS is the output of `flowsweep runs --json`, SETTINGS that of `flowsweep runs --by-setting --json`.
"""

import json
import sys

block, runs_file, settings_file = sys.argv[1:]
frames = {}
exec(compile(open(block).read(), block, "exec"), frames)
want_runs = {r["run"]: r for r in json.load(open(runs_file))}
want_settings = [s for s in json.load(open(settings_file)) if "baseline" not in s]


def rows(frame):
    """Returns a frame of any kind as a list of dictionaries."""
    if hasattr(frame, "fetchall"):
        return [dict(zip(frame.columns, row)) for row in frame.fetchall()]
    return frame.to_dicts() if hasattr(frame, "to_dicts") else frame.to_dict("records")


def same(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


got = {r["run"]: r for r in rows(frames["runs"])}
same("runs", sorted(got), sorted(want_runs))
for key, want in want_runs.items():
    for name in "seed", "solver", "steps", "nfe", "params", "fit_seconds":
        same(name, got[key][name], want[name])
    same("mmd", got[key]["mmd"], want["metrics"]["mmd"])

if "metrics" in frames:
    for key, want in want_runs.items():
        same("metrics", frames["metrics"].loc[key].to_dict(), want["metrics"])

losses = rows(frames["losses"])
assert len(losses) >= 2 * 60 and all(0 < r["loss"] < 100 for r in losses), f"{len(losses)} losses"

got = rows(frames["settings"])
same("settings", len(got), len(want_settings))
for row, want in zip(got, want_settings):
    mmd = want["metrics"]["mmd"]
    same("interval", [row["mmd"], row["mmd_low"], row["mmd_high"]], [mmd["mean"], mmd["low"], mmd["high"]])
print("equal")
