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

// runtime is something that runs ONNX files, or the reason why it is missing.
type runtime struct {
	name    string
	missing error
	try     func(c testCase) result
}

// The versions that are fetched: the nearest to the library that flowsweep pins and the newest of onnxruntime, both lines
// of OpenCV, and the newest of the others, as of when this was written.
const (
	pinned, newest   = "onnxruntime==1.28.0", "onnxruntime==1.32.0"
	onnx             = "onnx==1.23.2"
	opencv4, opencv5 = "opencv-python-headless==4.14.0.94", "opencv-python-headless==5.0.0.93"
	web              = "onnxruntime-web@1.30.0"
)

// runtimes start what the files are tried in.
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

// patience is how long one program may take.
const patience = 3 * time.Minute

// python returns a runtime of probe.py, made of a package of PyPI.
func python(name, probe, wheel string) func(folder string) runtime {
	return func(folder string) runtime {
		at, err := fetchWheel(folder, wheel)
		return runtime{name, err, func(c testCase) result {
			return probed(pythonCommand(at, "probe.py", probe, c.file))
		}}
	}
}

// fetchWheel installs a package of PyPI into a folder of its own, which it returns, unless it is there.
func fetchWheel(folder, wheel string) (string, error) {
	at := filepath.Join(folder, wheel)
	return at, once(at, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--target", at, wheel)
}

func pythonCommand(packages string, args ...string) []string {
	return append([]string{"env", "PYTHONPATH=" + packages, "PYTHONDONTWRITEBYTECODE=1", "python3"}, args...)
}

// fetchWeb installs onnxruntime-web and puts what runs in it beside it.
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
		err = errors.New("there is no node")
	}
	return runtime{"onnxruntime-web 1.30.0 (WASM), Node", err, func(c testCase) result {
		return probed([]string{"node", filepath.Join(at, "node.mjs"), c.file})
	}}
}

// once runs a command that makes a folder, unless it has done so.
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
		return result{Error: fmt.Sprintf("it prints %q", lines[len(lines)-1])}
	}
	return r
}

// output returns what a command prints in a folder, and the last line it complains with if it fails.
func output(folder string, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var complaint bytes.Buffer
	cmd.Dir, cmd.Stderr = folder, &complaint
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		err = fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return out, err
}
