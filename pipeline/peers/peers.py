"""Trains and samples the fixed cases of flowsweep in PyTorch and in JAX, on so many cores.

    python3 peers.py CORES                answers requests, each a line of JSON on stdin, by a line of JSON on stdout
    python3 peers.py CORES PROGRAM ...    runs another program on the same cores

The same in both and in flowsweep: the net, a multilayer perceptron on (t, x); 32-bit floats; Adam with the constants of its
paper; the loss of conditional flow matching along straight paths; a fresh batch of noise, data and times for every step, drawn in
the step, by each framework's own generator; samples by the midpoint rule in even steps. Each framework is written in the
fastest of the ways tried that a user would write.
"""

import functools
import json
import math
import os
import sys
import time

import numpy as np

SCAN = 50  # training steps that JAX takes a call
CHUNK = 768  # samples at a time, where that is faster than all at once


def moons():
    """Points of target.Moons, what is added to them, and how much of it."""
    angles = math.pi * np.arange(128) / 127
    upper = np.stack([np.cos(angles), np.sin(angles)], 1)
    return np.concatenate([upper, np.array([1, 0.5]) - upper]), "normal", 0.05


def checkerboard():
    """Corners of target.Checkerboard's dark squares, what is added to them, and how much of it."""
    scale = 1 / 0.45
    corners = [(column - 2, row + column % 2 - 2) for row in (0, 2) for column in range(4)]
    return scale * np.array(corners), "uniform", scale


TARGETS = {"moons": moons, "checkerboard": checkerboard}


class PyTorch:
    """A case in PyTorch, eager or compiled."""

    def __init__(self, case, compiled=False):
        import torch

        torch.set_num_threads(CORES)
        torch.manual_seed(0)
        self.torch, self.case = torch, case
        activation = {"elu": torch.nn.ELU, "silu": torch.nn.SiLU}[case["activation"]]
        layers, size = [], 3
        for _ in range(case["depth"]):
            layers += [torch.nn.Linear(size, case["width"]), activation()]
            size = case["width"]
        self.net = torch.nn.Sequential(*layers, torch.nn.Linear(size, 2))
        points, self.law, self.spread = TARGETS[case["target"]]()
        self.points = torch.tensor(points, dtype=torch.float32)
        # The drawing of a batch is not compiled: that would make the step slower.
        if compiled:
            self.loss = torch.compile(self.loss, dynamic=False)
            self.velocity = torch.compile(self.velocity, dynamic=False)

    def weights(self):
        return sum(p.numel() for p in self.net.parameters())

    def draw(self, n):
        torch = self.torch
        added = torch.randn(n, 2) if self.law == "normal" else torch.rand(n, 2)
        x1 = self.points[torch.randint(len(self.points), (n,))] + self.spread * added
        return torch.rand(n, 1), torch.randn(n, 2), x1

    def loss(self, t, x0, x1):
        v = self.net(self.torch.cat([t, x0 + t * (x1 - x0)], 1))
        return (v - (x1 - x0)).square().mean()

    def velocity(self, t, x):
        return self.net(self.torch.cat([t.expand(len(x), 1), x], 1))

    def start(self):
        """Fresh weights, uniform within 1/sqrt(inputs), and their optimiser."""
        for layer in self.net:
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        return self.torch.optim.Adam(self.net.parameters(), self.case["rate"], fused=True)

    def train(self, adam, steps):
        losses = []
        for _ in range(steps):
            loss = self.loss(*self.draw(self.case["batch"]))
            adam.zero_grad()
            loss.backward()
            adam.step()
            losses.append(loss.item())
        return losses

    def noise(self, count):
        return self.torch.randn(count, 2)

    def sample(self, noise, chunk):
        torch, steps = self.torch, self.case["sample_steps"]
        with torch.inference_mode():
            done = []
            for x in noise.split(chunk):
                for i in range(steps):
                    t, h = torch.tensor(i / steps), 1 / steps
                    x = x + h * self.velocity(t + h / 2, x + h / 2 * self.velocity(t, x))
                done.append(x)
            return torch.cat(done).numpy()


class JAX:
    """A case in JAX: SCAN steps of training a call, and a whole solve a call."""

    def __init__(self, case):
        import jax

        self.jax, self.case, self.key = jax, case, jax.random.key(0)
        self.activation = {"elu": jax.nn.elu, "silu": jax.nn.silu}[case["activation"]]
        points, self.law, self.spread = TARGETS[case["target"]]()
        self.points = jax.numpy.array(points, "float32")
        self.net = self.fresh()
        self.scan = jax.jit(self.scan, static_argnums=1, donate_argnums=0)
        self.solve = jax.jit(self.solve)

    def fresh(self):
        """Weights, uniform within 1/sqrt(inputs)."""
        sizes = [3] + [self.case["width"]] * self.case["depth"] + [2]
        net = []
        for rows, columns in zip(sizes, sizes[1:]):
            self.key, kernel, bias = self.jax.random.split(self.key, 3)
            uniform = functools.partial(self.jax.random.uniform, minval=-(rows**-0.5), maxval=rows**-0.5)
            net.append((uniform(kernel, (rows, columns)), uniform(bias, (columns,))))
        return net

    def weights(self):
        return sum(w.size for w in self.jax.tree.leaves(self.net))

    def apply(self, net, t, x):
        h = self.jax.numpy.concatenate([self.jax.numpy.broadcast_to(t, (len(x), 1)), x], 1)
        for kernel, bias in net[:-1]:
            h = self.activation(h @ kernel + bias)
        return h @ net[-1][0] + net[-1][1]

    def draw(self, key, n):
        random = self.jax.random
        which, added, noise, times = random.split(key, 4)
        law = random.normal if self.law == "normal" else random.uniform
        x1 = self.points[random.randint(which, (n,), 0, len(self.points))] + self.spread * law(added, (n, 2))
        return random.uniform(times, (n, 1)), random.normal(noise, (n, 2)), x1

    def loss(self, net, t, x0, x1):
        return ((self.apply(net, t, x0 + t * (x1 - x0)) - (x1 - x0)) ** 2).mean()

    def step(self, state, key):
        net, m, v, i = state
        loss, grad = self.jax.value_and_grad(self.loss)(net, *self.draw(key, self.case["batch"]))
        each, i = self.jax.tree.map, i + 1
        m = each(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
        first, second = 1 - 0.9**i, 1 - 0.999**i
        net = each(lambda w, m, v: w - self.case["rate"] * (m / first) / ((v / second) ** 0.5 + 1e-8), net, m, v)
        return (net, m, v, i), loss

    def scan(self, state, steps, key):
        return self.jax.lax.scan(self.step, state, self.jax.random.split(key, steps))

    def start(self):
        """Fresh weights and the state of Adam: its moments, and the steps taken."""
        net = self.fresh()
        zeros = [self.jax.tree.map(self.jax.numpy.zeros_like, net) for _ in range(2)]
        return self.jax.block_until_ready((net, *zeros, self.jax.numpy.zeros(())))

    def train(self, state, steps):
        losses = []
        while len(losses) < steps:
            self.key, key = self.jax.random.split(self.key)
            state, some = self.scan(state, min(SCAN, steps - len(losses)), key)
            losses += some.tolist()
        return losses

    def noise(self, count):
        self.key, key = self.jax.random.split(self.key)
        return self.jax.block_until_ready(self.jax.random.normal(key, (count, 2)))

    def solve(self, net, x):
        steps = self.case["sample_steps"]
        h = 1 / steps

        def step(x, i):
            t = i / steps
            return x + h * self.apply(net, t + h / 2, x + h / 2 * self.apply(net, t, x)), None

        return self.jax.lax.scan(step, x, self.jax.numpy.arange(steps, dtype="float32"))[0]

    def sample(self, noise, chunk):
        return np.concatenate([self.solve(self.net, noise[at : at + chunk]) for at in range(0, len(noise), chunk)])


PEERS = {"pytorch": PyTorch, "pytorch-compiled": functools.partial(PyTorch, compiled=True), "jax": JAX}


def timed(f):
    start = time.perf_counter()
    result = f()
    return time.perf_counter() - start, result


@functools.cache
def prepared(peer, case):
    """The case in a peer, compiled and warm, and the number of samples at a time that it is fastest with."""
    case = json.loads(case)
    it, count = PEERS[peer](case), case["count"]
    if case["work"] == "train":
        it.train(it.start(), min(count, SCAN + count % SCAN) if peer == "jax" else 5)  # JAX compiles for each number
        return it, None
    seconds = {}
    for chunk in (CHUNK, count):
        it.sample(it.noise(chunk), chunk)
        noise = it.noise(count)
        seconds[chunk] = timed(lambda: it.sample(noise, chunk))[0]
    return it, min(seconds, key=seconds.get)


def answer(peer, case):
    it, chunk = prepared(peer, json.dumps(case))
    count, result = case["count"], {"weights": it.weights()}
    if case["work"] == "train":
        state = it.start()
        seconds, losses = timed(lambda: it.train(state, count))
        half = losses[count // 2 :]
        return result | {"per_second": count / seconds, "loss": sum(half) / len(half)}
    noise = it.noise(count)
    seconds, samples = timed(lambda: it.sample(noise, chunk))
    if samples.shape != (count, 2) or not np.isfinite(samples).all():
        raise RuntimeError(f"the samples have shape {samples.shape}, or are not all finite")
    return result | {"per_second": count / seconds, "chunk": chunk}


def serve():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what compilers print is no answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answer(request["peer"], request["case"])
        except Exception as e:
            reply = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(reply), file=out, flush=True)


CORES = int(sys.argv[1])
if hasattr(os, "sched_setaffinity"):
    # The threads of XLA cannot be set otherwise, and all have the same cores.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
if len(sys.argv) > 2:
    os.execvp(sys.argv[2], sys.argv[2:])
serve()
