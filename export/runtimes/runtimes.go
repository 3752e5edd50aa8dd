package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// runtime runs ONNX files, unless it is missing.
type runtime struct {
	name    string
	missing error // nil, or why the runtime is missing
	try     func(c testCase) result
}

// The versions to fetch: of onnxruntime the one nearest to the library that flowsweep pins and the newest, of OpenCV the
// newest of both major versions, and the newest of the others, as of writing.
const (
	pinned, newest   = "onnxruntime==1.28.0", "onnxruntime==1.32.0"
	onnx             = "onnx==1.23.2"
	opencv4, opencv5 = "opencv-python-headless==4.14.0.94", "opencv-python-headless==5.0.0.93"
	web              = "onnxruntime-web@1.30.0"
)

// runtimes lists the functions that set up the runtimes.
var runtimes = []func(folder string) runtime{
	python("onnxruntime 1.28.0, Python", "onnxruntime", pinned),
	python("onnxruntime 1.32.0, Python", "onnxruntime", newest),
	node,
	chromium,
	python("onnx.reference 1.23.2", "reference", onnx),
	python("onnx.checker 1.23.2, full check", "checker", onnx),
	python("OpenCV DNN 5.0.0", "opencv", opencv5),
	python("OpenCV DNN 4.14.0", "opencv", opencv4),
	gomlx,
}

// timeout is how long a program may run.
const timeout = 3 * time.Minute

// python returns a runtime that runs probe.py with a package from PyPI.
func python(name, probe, wheel string) func(folder string) runtime {
	return func(folder string) runtime {
		at, err := fetchWheel(folder, wheel)
		return runtime{name, err, func(c testCase) result {
			return probed(pythonCommand(at, "probe.py", probe, c.file))
		}}
	}
}

// fetchWheel installs a package from PyPI into a folder of its own, unless it is installed, and returns the folder.
func fetchWheel(folder, wheel string) (string, error) {
	at := filepath.Join(folder, wheel)
	return at, once(at, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--target", at, wheel)
}

func pythonCommand(packages string, args ...string) []string {
	return append([]string{"env", "PYTHONPATH=" + packages, "PYTHONDONTWRITEBYTECODE=1", "python3"}, args...)
}

// fetchWeb installs onnxruntime-web, with the scripts that use it, and returns the folder.
func fetchWeb(folder string) (string, error) {
	at := filepath.Join(folder, "npm")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return at, err
	}
	for _, name := range []string{"probe.mjs", "node.mjs", "page.html"} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(at, name), text, 0o644)
		}
		if err != nil {
			return at, err
		}
	}
	return at, once(filepath.Join(at, "node_modules"), "npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", at, web)
}

func node(folder string) runtime {
	at, err := fetchWeb(folder)
	if _, absent := exec.LookPath("node"); absent != nil {
		err = errors.New("node is not installed")
	}
	return runtime{"onnxruntime-web 1.30.0 (WASM), Node", err, func(c testCase) result {
		return probed([]string{"node", filepath.Join(at, "node.mjs"), c.file})
	}}
}

// once runs a command that makes a folder, unless the folder is complete.
func once(folder string, command ...string) error {
	done := filepath.Join(folder, ".complete")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if _, err := output("", command); err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o644)
}

// probed runs a program that prints a result as its last line.
func probed(command []string) (r result) {
	out, err := output("", command)
	if err != nil {
		return result{Error: err.Error()}
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &r); err != nil {
		return result{Error: fmt.Sprintf("unexpected output %q", lines[len(lines)-1])}
	}
	return r
}

// output runs a command in a folder and returns its output. The error of a failure contains the last line of stderr.
func output(folder string, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = folder, &stderr
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		err = fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return out, err
}
