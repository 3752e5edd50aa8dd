"""Prints the studies of a storage as Optuna has them, and what optuna-dashboard answers of them, as JSON."""
import json, sys, warnings
import optuna

warnings.simplefilter("error")  # such as that the storage is of another version
storage = optuna.storages.RDBStorage("sqlite:///" + sys.argv[1])


def text(x):
    return x.isoformat() if x else None


def trial(t):
    return {
        "number": t.number, "state": t.state.name, "value": None if t.value is None else repr(t.value), "params": t.params, "start": text(t.datetime_start), "end": text(t.datetime_complete),
        "distributions": {k: repr(d) for k, d in t.distributions.items()}, "intermediate": {str(k): repr(v) for k, v in t.intermediate_values.items()},
        "attributes": t.user_attrs,
    }


studies = {}
for name in optuna.get_all_study_names(storage):
    s = optuna.load_study(study_name=name, storage=storage)
    frame = s.trials_dataframe()
    studies[name] = {
        "direction": s.direction.name, "metrics": s.metric_names, "attributes": s.user_attrs, "trials": [trial(t) for t in s.trials],
        "best": s.best_trial.number, "rows": len(frame), "columns": sorted(c for c in frame.columns if c.startswith("params_")),
    }
print(json.dumps(studies))
