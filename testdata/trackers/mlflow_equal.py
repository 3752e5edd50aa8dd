"""Compares a tracking store, read by MLflow's client and over HTTP, with what flowsweep prints: mlflow_equal.py FOLDER RUNS SETTINGS FIT."""
import hashlib, json, math, os, socket, subprocess, sys, time, urllib.request

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # tests say nothing to anybody
import mlflow, numpy
from mlflow.tracking import MlflowClient

folder, runs, settings, fit = sys.argv[1], *(json.load(open(f)) for f in sys.argv[2:5])
store = f"sqlite:///{folder}/mlflow.db"
mlflow.set_tracking_uri(store)
client = MlflowClient()
numbers = 0


def equal(got, want, what):
    global numbers
    numbers += 1
    same = got == want or (got != got and want != want)
    assert same, f"{what}: MLflow has {got!r:.300}, flowsweep {want!r:.300}"


def number(x):
    """A number of flowsweep's JSON as MLflow has it."""
    return {"nan": math.nan, "inf": sys.float_info.max, "-inf": -sys.float_info.max}.get(x, x)


def same(got, want):
    """Whether two texts are equal, or the same number: 1e-05 and 0.00001 are."""
    try:
        return got == want or float(got) == float(want)
    except (TypeError, ValueError):
        return False


def params(row, path=""):
    """The parameters in a row, by their paths; the name of an object is the value of its path."""
    for key, value in row.items():
        name = path if key == "name" else f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from params(value, name)
        else:
            yield name, str(value)


in_spec = {"solver": "sample.solver", "steps": "sample.steps", "tolerance": "sample.tolerance", "grid": "sample.grid", "count": "sample.count"}
about = {"target", "source", "path", "coupling", "net", "train", "seed", *in_spec}
status = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED", "lost": "FAILED", "queued": "SCHEDULED", "running": "RUNNING"}
models = 0
for name in sorted({r["sweep"] for r in runs}):
    experiment = client.get_experiment_by_name(name)
    found = client.search_runs([experiment.experiment_id], max_results=50000)
    kinds = {}
    for r in found:
        kinds.setdefault(r.data.tags["flowsweep.kind"], {})[r.info.run_id] = r
    own, rows = [r for r in runs if r["sweep"] == name], [s for s in settings if s["sweep"] == name]
    equal({k: len(v) for k, v in kinds.items()}, {"run": len(own), "setting": len(rows), "sweep": 1}, f"runs of {name}")
    by_key = {r.data.tags["flowsweep.run"]: r for r in kinds["run"].values()}
    for row in own:
        r, key = by_key[row["run"]], row["run"]
        equal(r.info.status, status[row["state"]], f"status of {key}")
        equal(r.data.tags["flowsweep.state"], row["state"], f"state of {key}")
        equal(r.data.tags.get("flowsweep.error", ""), row["error"], f"error of {key}")
        equal(r.data.tags.get("mlflow.note.content", ""), row.get("note", ""), f"note of {key}")
        equal([t for t in row.get("tags", []) if r.data.tags.get(t) != "True"], [], f"tags of {key}")
        want = {in_spec.get(k, k): v for k, v in row.items() if k in about}
        for k, v in params(want):
            equal(same(r.data.params.get(k), v), True, f"parameter {k} of {key}")
        equal("sample.steps" in r.data.params, "steps" in row, f"steps of {key}")
        for k, v in row["metrics"].items():
            equal(r.data.metrics[k], number(v), f"{k} of {key}")
            equal(r.data.metrics.get(k + ".se"), row.get("metrics_se", {}).get(k), f"error of {k} of {key}")
        for k in ["nfe", "nfe_max", "fit_seconds", "sample_seconds", "params"]:
            if k in row:
                equal(r.data.metrics[k], row[k], f"{k} of {key}")
        if row["fit"] == fit["key"]:
            history = client.get_metric_history(r.info.run_id, "loss")
            equal([(m.step, m.value) for m in history], [(x["step"], number(x["value"])) for x in fit["losses"]], f"losses of {key}")
            times = [m.timestamp for m in history]
            equal(times, sorted(times), f"times of {key}")
            equal(r.info.start_time <= times[0] and times[-1] <= r.info.end_time, True, f"times in {key}")
        equal([a.path for a in client.list_artifacts(r.info.run_id)], ["samples.npy"] if row["state"] == "finished" else [], f"artifacts of {key}")
        assert r.data.tags["mlflow.parentRunId"] in kinds["setting"]
    for row in rows:
        want = dict(params(row["setting"]))
        r, = (r for r in kinds["setting"].values() if all(same(r.data.params.get(k), v) for k, v in want.items()))
        for m, stat in row["metrics"].items():
            for key, value in [(m, stat["mean"]), (m + ".low", stat["low"]), (m + ".high", stat["high"])] if stat["n"] > 0 else []:
                equal(r.data.metrics.get(key, math.nan), number(value), f"{key} of {r.info.run_name}")
    sweep, = kinds["sweep"]
    files = [a.path for a in client.list_artifacts(sweep)]
    assert {"spec.yaml", "report.html"} <= set(files), files
    shown = client.download_artifacts(sweep, "report.html")
    equal(f"<title>{name}" in open(shown).read(), True, f"the page of {name}")
    for m in client.search_logged_models([experiment.experiment_id]):
        models += 1
        r = client.get_run(m.source_run_id)
        equal([o.model_id for o in r.outputs.model_outputs].count(m.model_id), 1, f"outputs of the run of {m.name}")
        equal(r.data.tags.get("flowsweep.chosen"), "True", f"the run of {m.name}")
        content = open(f"{m.artifact_location}/model.onnx", "rb").read()
        equal(hashlib.sha256(content).hexdigest(), m.tags["flowsweep.sha256"], f"content of {m.name}")
        row, = (x for x in own if x["run"] == m.tags["flowsweep.run"])
        equal({x.key: x.value for x in m.metrics or []}, {} if "flowsweep.twin" in m.tags else row["metrics"], f"metrics of {m.name}")
        signature = mlflow.models.get_model_info(m.artifact_location).signature
        print(name, m.name, [str(x) for x in signature.inputs], [str(x) for x in signature.outputs])
        try:
            import onnxruntime
        except ImportError:
            continue
        given = {x.name: numpy.ones([3 if n == -1 else n for n in x.shape], x.type) for x in signature.inputs}
        for x in signature.outputs:
            value = mlflow.pyfunc.load_model(m.artifact_location).predict(given)[x.name]
            equal((value.dtype, value.shape), (x.type, (3, *x.shape[1:])), f"output of {m.name}")
            session = onnxruntime.InferenceSession(f"{m.artifact_location}/model.onnx", providers=["CPUExecutionProvider"])
            equal(value.tolist(), session.run([x.name], given)[0].tolist(), f"values of {m.name}")

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
server = subprocess.Popen(
    [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def ask(path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body and json.dumps(body).encode(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=60).read()


try:
    for _ in range(300):
        try:
            ask("/health")
            break
        except OSError:
            assert server.poll() is None, server.stderr.read().decode()
            time.sleep(.2)
    page = ask("/").decode()
    assert "<title>MLflow</title>" in page, page
    listed = json.loads(ask("/api/2.0/mlflow/runs/search", {"experiment_ids": [experiment.experiment_id], "max_results": 50000}))["runs"]
    equal(len(listed), len(found), "runs over HTTP")
    spec = ask(f"/get-artifact?path=spec.yaml&run_uuid={sweep}")
    equal(f"name: {name}\n".encode() in spec, True, "the spec over HTTP")
finally:
    os.killpg(server.pid, 15)
    server.wait()
print(len(runs), "runs,", models, "models,", numbers, "equal")
