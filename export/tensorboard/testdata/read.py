"""Prints the runs of a folder as TensorBoard's own reader has them, as JSON."""
import io, json, os, sys
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

runs = {}
for folder, _, files in os.walk(sys.argv[1]):
    if not files:
        continue
    events = EventAccumulator(folder, size_guidance={"tensors": 0, "scalars": 0}).Reload()
    run = {"scalars": {}, "pictures": {}, "texts": {}, "hparams": [], "version": events.file_version}
    for tag in events.Tags()["scalars"]:
        run["scalars"][tag] = [[e.step, repr(e.value), repr(e.wall_time)] for e in events.Scalars(tag)]
    for tag in events.Tags()["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        for e in events.Tensors(tag):
            x = tensor_util.make_ndarray(e.tensor_proto)
            if plugin == "images":
                picture = Image.open(io.BytesIO(x[2]))
                picture.load()
                run["pictures"][tag] = [e.step, int(x[0]), int(x[1]), *picture.size]
            elif plugin == "text":
                run["texts"][tag] = x[0].decode()
            else:
                run["hparams"].append(tag)
    runs[os.path.relpath(folder, sys.argv[1])] = run
print(json.dumps(runs))
