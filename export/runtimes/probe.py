"""Runs an exported file in a Python runtime, and prints as JSON how far its output differs from Go's and how fast it was.

    python3 probe.py RUNTIME CASE.json

Each runtime is a function that opens a file and returns a function of the inputs. All use one thread.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import numpy as np


def onnxruntime(path):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, inputs)[0]


def openvino(path, **more):
    import openvino as ov

    options = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", **more}
    model = ov.Core().compile_model(path, "CPU", options)
    return lambda inputs: np.array(model(inputs)[0])


def openvino_f32(path):
    return openvino(path, INFERENCE_PRECISION_HINT="f32")


def tract(path):
    import tract

    model = tract.onnx().load(path)
    names = [model.input_name(i) for i in range(model.input_count())]
    model = model.into_model().into_runnable()
    return lambda inputs: model.run([inputs[name] for name in names])[0].to_numpy()


def convert(path):
    """Converts a file to TFLite, unless it is converted, and returns the path."""
    at = path + ".tflite"
    out = os.path.join(at, "model_float32.tflite")
    if os.path.exists(out) and os.path.getmtime(out) > os.path.getmtime(path):
        return out
    os.makedirs(at, exist_ok=True)
    copy = shutil.copy(path, os.path.join(at, "model.onnx"))  # onnx2tf writes over the file that it reads
    command = [sys.executable, "-m", "onnx2tf", "-i", copy, "-o", at, "-n", "-kat", "t", "x", "noise", "step_noise"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        errors = re.findall(r"^\w+Error: .*|^ERROR: onnx_op_name: .*", re.sub(r"\x1b\[[0-9;]*m", "", done.stdout), re.MULTILINE)
        raise RuntimeError("onnx2tf: " + "; ".join(errors[:2]))
    return out


def tflite(path):
    from ai_edge_litert.interpreter import Interpreter

    model = Interpreter(convert(path), num_threads=1)

    def feeds(inputs):
        for detail in model.get_input_details():
            yield detail["index"], inputs[detail["name"].removeprefix("serving_default_").split(":")[0]]

    def run(inputs):
        for index, value in feeds(inputs):
            model.resize_tensor_input(index, value.shape)
        model.allocate_tensors()
        for index, value in feeds(inputs):
            model.set_tensor(index, value)
        model.invoke()
        return model.get_tensor(model.get_output_details()[0]["index"])

    return run


def reference(path):
    from onnx.reference import ReferenceEvaluator

    model = ReferenceEvaluator(path)
    return lambda inputs: model.run(None, inputs)[0]


def checker(path):
    import onnx

    onnx.checker.check_model(path, full_check=True)
    return lambda inputs: None


def opencv(path):
    import cv2

    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(path)

    def run(inputs):
        for name, value in inputs.items():
            net.setInput(value, name)
        return net.forward()

    return run


def compare(got, want, unit):
    """The largest difference, in units of the numbers of a point."""
    if got.shape != want.shape:
        raise RuntimeError(f"the output has shape {got.shape}, want {want.shape}")
    difference = float(np.max(np.abs(got.astype("f8") - want).reshape(-1, len(unit)) / unit))
    return difference if np.isfinite(difference) else 1e300


def tensor(given):
    return np.array(given["data"], dtype="f4").reshape(given["dims"])


def repeated(value, times):
    """Repeats the points, which are along the axis before the last."""
    return np.concatenate([value] * times, axis=-2) if times else value


def probe(runtime, case):
    inputs = {name: tensor(given) for name, given in case["inputs"].items()}
    want = tensor(case["output"])
    opened = float("inf")
    for _ in range(2):  # the first opening also loads the library
        start = time.perf_counter()
        run = globals()[runtime](case["path"])
        opened = min(opened, time.perf_counter() - start)
    got = run(inputs)
    if got is None:
        return {}
    difference, rate, times, begin = compare(got, want, case["unit"]), 0, case["repeat"], time.perf_counter()
    inputs = {name: repeated(value, times) for name, value in inputs.items()}
    calls = 0
    while times and (calls < 3 or time.perf_counter() - begin < 1):
        start = time.perf_counter()
        got = run(inputs)
        rate = max(rate, times * len(want) / (time.perf_counter() - start))
        difference = max(difference, compare(got, repeated(want, times), case["unit"]))
        calls += 1
    return {"difference": difference, "open": opened, "rate": rate}


def main(runtime, path):
    with open(path) as f:
        case = json.load(f)
    try:
        return probe(runtime, case)
    except Exception as e:  # report whatever the runtime raises
        return {"error": f"{type(e).__name__}: {e}"}


print(json.dumps(main(*sys.argv[1:])))
