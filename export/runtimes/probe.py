"""Runs an exported file in a Python runtime, and prints as JSON how far its output differs from Go's.

    python3 probe.py RUNTIME CASE.json
"""

import json
import sys

import numpy as np


def onnxruntime(path, inputs):
    import onnxruntime as ort

    return ort.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, inputs)[0]


def reference(path, inputs):
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(path).run(None, inputs)[0]


def checker(path, inputs):
    import onnx

    onnx.checker.check_model(path, full_check=True)
    return None


def opencv(path, inputs):
    import cv2

    net = cv2.dnn.readNetFromONNX(path)
    for name, value in inputs.items():
        net.setInput(value, name)
    return net.forward()


def main(runtime, case):
    with open(case) as f:
        case = json.load(f)
    inputs = {name: np.array(rows, dtype="f4") for name, rows in case["inputs"].items()}
    try:
        got = globals()[runtime](case["path"], inputs)
    except Exception as e:  # report whatever the runtime raises
        return {"error": f"{type(e).__name__}: {e}"}
    if got is None:
        return {}
    want = np.array(case["output"], dtype="f4")
    if got.shape != want.shape:
        return {"error": f"the output has shape {got.shape}, want {want.shape}"}
    difference = float(np.max(np.abs(got.astype("f8") - want)))
    return {"difference": difference if np.isfinite(difference) else 1e300}


print(json.dumps(main(*sys.argv[1:])))
