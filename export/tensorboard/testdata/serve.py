"""Starts TensorBoard on a folder, on this machine only, and prints what it answers, as JSON.

The arguments are the folder, its number of runs, and whether to use the fast reader.
"""
import json, logging, sys, time, urllib.parse, urllib.request
from tensorboard import program

logging.disable(logging.CRITICAL)
board = program.TensorBoard()
board.configure(argv=[None, "--logdir", sys.argv[1], "--host", "127.0.0.1", "--port", "0", "--load_fast", sys.argv[3], "--samples_per_plugin", "scalars=100000,images=100000"])
url = board.launch()


def ask(path, body=None, **query):
    address = url + "data/" + path + ("?" + urllib.parse.urlencode(query) if query else "")
    request = urllib.request.Request(address, json.dumps(body).encode() if body is not None else None, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def parsed(*args, **query):
    return json.loads(ask(*args, **query))


# It reads in the background: wait for all runs, and then until nothing more comes.
deadline, before = time.monotonic() + 120, None
while time.monotonic() < deadline:
    now = [len(parsed("runs")), parsed("plugin/scalars/tags"), parsed("plugin/images/tags")]
    if now[0] >= int(sys.argv[2]) and now == before:
        break
    before = now
    time.sleep(0.3)
tags = parsed("plugin/scalars/tags")
scalars = {run: {tag: parsed("plugin/scalars/scalars", run=run, tag=tag) for tag in tags[run]} for run in tags}
pictures = {
    run: {tag: [ask("plugin/images/individualImage?" + p["query"])[:4].hex() for p in parsed("plugin/images/images", run=run, tag=tag, sample=0)] for tag in of}
    for run, of in parsed("plugin/images/tags").items()
}
experiment = parsed("plugin/hparams/experiment", {"hparamsLimit": 0})
groups = parsed("plugin/hparams/session_groups", {"allowedStatuses": ["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING", "STATUS_UNKNOWN"], "sliceSize": 1000000, "startIndex": 0, "colParams": []})
print(json.dumps({"runs": parsed("runs"), "scalars": scalars, "pictures": pictures, "experiment": experiment, "groups": groups}))
