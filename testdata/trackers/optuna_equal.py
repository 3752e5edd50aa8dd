"""Compares the studies of a storage with what `runs --json` and `runs --by-setting --json` print: optuna_equal.py STORAGE RUNS SETTINGS."""
import json, math, sys, threading, urllib.request, wsgiref.simple_server
import optuna, optuna_dashboard

optuna.logging.set_verbosity(optuna.logging.ERROR)
storage, runs, settings = "sqlite:///" + sys.argv[1], json.load(open(sys.argv[2])), json.load(open(sys.argv[3]))
by_key = {r["run"]: r for r in runs}
numbers = 0


def equal(got, want, what):
    global numbers
    numbers += 1
    assert got == want, f"{what}: Optuna has {got}, flowsweep {want}"


def at(row, name):
    """The value of a parameter in a setting of flowsweep, by its path."""
    for part in name.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    if name == "sample.tolerance":  # atol and rtol, where they are equal
        return row["atol"]
    return row["name"] if isinstance(row, dict) else row


dashboard = wsgiref.simple_server.make_server("127.0.0.1", 0, optuna_dashboard.wsgi(storage))
dashboard.RequestHandlerClass.log_message = lambda *args: None
threading.Thread(target=dashboard.serve_forever, daemon=True).start()


def ask(path):
    return json.load(urllib.request.urlopen(f"http://127.0.0.1:{dashboard.server_port}/api/{path}"))


ids = {s["study_name"]: s["study_id"] for s in ask("studies")["study_summaries"]}
seen = set()
for name in sorted({s["sweep"] for s in settings}):
    study, own = optuna.load_study(study_name=name, storage=storage), [s for s in settings if s["sweep"] == name]
    shown = ask(f"studies/{ids[name]}")
    metric = study.metric_names[0]
    equal(len(study.trials), len(own), f"trials of {name}")
    equal(len(study.trials_dataframe()), len(own), f"rows of {name}")
    best = math.inf
    for trial, setting, answer in zip(study.trials, own, shown["trials"]):
        what = f"{name}, trial {trial.number}"
        finished = setting["seeds"] == setting["planned"]
        means = {k: m["mean"] for k, m in setting["metrics"].items()}
        complete = finished and means[metric] != "nan"
        equal(trial.state.name, "COMPLETE" if complete else "FAIL", what)
        equal(answer["state"].upper(), trial.state.name, what)
        if complete:
            equal(trial.value, float(means[metric]), what)
            equal(float(answer["values"][0]), trial.value, what)
            best = min(best, trial.value)
        for k, mean in means.items():
            equal(trial.user_attrs[k], mean, f"{what}, {k}")
        for k in trial.params:
            equal(trial.params[k], at(setting["setting"], k), f"{what}, {k}")
        equal("sample.steps" in trial.params, "steps" in setting["setting"]["sample"] and len({s["setting"]["sample"].get("steps") for s in own}) > 1, what)
        equal("chosen" in trial.user_attrs, setting["chosen"], what)
        for i, key in enumerate(trial.user_attrs["runs"]):
            seen.add(key)
            equal(trial.user_attrs["seeds"][i], by_key[key]["seed"], what)
            for k, v in by_key[key]["metrics"].items():
                equal(trial.user_attrs[k + " of seeds"][i], v, f"{what}, {k} of {key}")
        assert trial.datetime_complete > trial.datetime_start and len(trial.intermediate_values) > 1, what
    equal(study.best_trial.value, best, f"best of {name}")
    if len([t for t in study.trials if t.state.name == "COMPLETE"]) > 1 and "--importance" in sys.argv:
        assert set(optuna.importance.get_param_importances(study)), name
equal(seen, set(by_key), "runs")
print(f"{len(ids)} studies, {len(settings)} settings, {len(runs)} runs, {numbers} equal")
for name in ids:
    for k, d in optuna.load_study(study_name=name, storage=storage).trials[-1].distributions.items():
        print(name, k, d)
