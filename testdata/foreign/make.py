"""Makes the ONNX files of this folder with PyTorch, in the ways that people export their nets.

    pip install torch onnx onnxscript && python testdata/foreign/make.py

The files are kept, so that no test needs PyTorch. a and b are two nets, as torch.onnx.export writes them by default: with
weights in a second file. The other files hold net a in another form, or something that cannot be sampled.
"""

import copy
import os
import warnings

import onnx
import torch
from torch import nn

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))


class Velocity(nn.Module):
    """A velocity v(t, x) for times that are a scalar, [1], [batch] or [batch, 1]."""

    def __init__(self, seed, middle=(), dim=2):
        super().__init__()
        torch.manual_seed(seed)
        first, last = nn.Linear(1 + dim, 128), nn.Linear(128, dim)
        self.net = nn.Sequential(first, nn.Tanh(), *middle, last)

    def forward(self, t, x):
        t = t.to(x.dtype)
        t = t.reshape(1, 1) if t.dim() == 0 else t.reshape(-1, 1)
        return self.net(torch.cat([t.expand(x.shape[0], 1), x], -1))


class Root(nn.Module):
    """The velocity sqrt(1 - x) after t = 0.4, which is NaN for x > 1, and 1 before."""

    def forward(self, t, x):
        return torch.where(t > 0.4, torch.sqrt(1 - x), torch.ones_like(x))


def save(name, net, t, x, names=("t", "x"), fixed=False, **options):
    path = os.path.join(here, name + ".onnx")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if options.get("dynamo", True):
        batch = torch.export.Dim("batch")
        if not fixed:
            options["dynamic_shapes"] = ({0: batch} if t.dim() and len(t) == len(x) else None, {0: batch})
    else:
        options["dynamic_axes"] = {"t": {0: "batch"}, "x": {0: "batch"}, "v": {0: "batch"}}
    options.setdefault("external_data", False)
    torch.onnx.export(net, (t, x), path, input_names=list(names), output_names=["v"], verbose=False, **options)
    m = onnx.load(path, load_external_data=False)
    for node in m.graph.node:  # stack traces, most of the bytes
        del node.metadata_props[:]
    for value in [*m.graph.value_info, *m.graph.input, *m.graph.output]:
        del value.metadata_props[:]
    del m.graph.metadata_props[:]
    with open(path, "wb") as f:
        f.write(m.SerializeToString(deterministic=True))


def relocate(name, location, **more):
    """Saves a/model.onnx with its data elsewhere."""
    m = onnx.load(os.path.join(here, "a/model.onnx"), load_external_data=False)
    for tensor in m.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
            if entry.key in more:
                entry.value = more[entry.key]
    with open(os.path.join(here, name + ".onnx"), "wb") as f:
        f.write(m.SerializeToString(deterministic=True))


t, x = torch.rand(5, 1), torch.randn(5, 2)
a = Velocity(1).eval()
save("a/model", a, t, x, external_data=True)
save("b/model", Velocity(2).eval(), t, x, external_data=True)
relocate("above", "../a/model.onnx.data")
relocate("beyond", "model.onnx.data", offset="4096")
save("column", a, t, x)
save("scalar", a, torch.tensor(0.5), x)
save("single", a, torch.rand(1), x)
save("list", a, torch.rand(5), x)
save("fixed", a, t, x, fixed=True)
save("names", a, t, x, names=("level", "sample"))
save("line", Velocity(1, dim=1).eval(), t, torch.randn(5, 1), names=("level", "sample"))
save("float64", copy.deepcopy(a).double(), t.double(), x.double())
save("float16", copy.deepcopy(a).half(), t.half(), x.half())
save("whole", a, torch.randint(0, 9, (5,)), x)
save("opset23", a, t, x, opset_version=23)
save("dropout", Velocity(1, [nn.Dropout(0.5)]).eval(), t, x)
save("dropout-on", Velocity(1, [nn.Dropout(0.5)]).train(), t, x)
save("norm", Velocity(1, [nn.BatchNorm1d(128)]).eval(), t, x)
training = {"dynamo": False, "training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
save("norm-on", Velocity(1, [nn.BatchNorm1d(128)]).train(), t, x, **training)
save("root", Root(), t, x)

noise = torch.tensor([[0.1, -0.2], [1.5, 0.3], [-1.0, -1.0], [0.4, 0.9], [-0.7, 0.6], [2.0, -1.2], [0.0, 0.5]])
for name, net in (("a", a), ("b", Velocity(2).eval())):
    moved = noise.clone()
    with torch.no_grad():
        for step in range(4):
            moved += net(torch.tensor(step / 4), moved) / 4
    with open(os.path.join(here, name, "euler4.csv"), "w") as f:
        f.write("x,y\n" + "".join("%.9g,%.9g\n" % tuple(row) for row in moved.tolist()))
