// The program runtimes runs the files that flowsweep exports in other runtimes, which it fetches from PyPI and npm. It prints
// a Markdown table of how far their outputs differ from Go's. It exits with status 1 if a runtime computes something else.
// The table also shows which runtimes are missing, and which do not support a file.
//
//	go run . FOLDER
//
// FOLDER caches the runtimes and the exported files.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: runtimes FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "runtimes:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	cases, err := makeCases(folder)
	if err != nil {
		return err
	}
	var rows []row
	for _, start := range runtimes {
		r := start(folder)
		row := row{name: r.name}
		for _, c := range cases {
			switch {
			case r.missing != nil:
				row.cells = append(row.cells, cell{text: "not tried: " + brief(r.missing.Error())})
			default:
				row.cells = append(row.cells, judge(c, r.try(c)))
			}
		}
		rows = append(rows, row)
	}
	printTable("runtime", []string{"velocity.onnx", "sampler.onnx", "sampler.onnx, portable"}, rows)
	fmt.Println()
	examples := tryExamples(folder)
	printTable("example in the card", []string{"prints"}, examples)
	return failures(append(rows, examples...))
}

// testCase is a file with inputs and Go's output for them.
type testCase struct {
	Name      string                 `json:"name"`
	Path      string                 `json:"path"`
	Inputs    map[string][][]float32 `json:"inputs"`
	Output    [][]float32            `json:"output"`
	Tolerance float64                `json:"tolerance"`
	times     []float32              // of the sampler, for runtimes that need inputs with defaults, too
	file      string                 // the case as JSON
}

// makeCases trains a net, exports it in every form and returns what to try.
func makeCases(folder string) ([]testCase, error) {
	loop, portable, err := exportFiles(folder)
	if err != nil {
		return nil, err
	}
	v, err := readVectors(filepath.Join(loop, "vectors.json"))
	if err != nil {
		return nil, err
	}
	velocity := map[string][][]float32{"t": v.T, "x": v.X}
	noise := map[string][][]float32{"noise": v.Sampler.Noise}
	times := []float32{0, .125, .25, .375, .5, .625, .75, .875, 1} // the steps of the spec
	cases := []testCase{
		{"velocity", filepath.Join(loop, "velocity.onnx"), velocity, v.V, v.Tolerance, nil, ""},
		{"sampler", filepath.Join(loop, "sampler.onnx"), noise, v.Sampler.Samples, v.Sampler.Tolerance, times, ""},
		{"portable", filepath.Join(portable, "sampler.onnx"), noise, v.Sampler.Samples, v.Sampler.Tolerance, times, ""},
	}
	for i, c := range cases {
		text, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		cases[i].file = filepath.Join(folder, c.Name+".json")
		if err := os.WriteFile(cases[i].file, text, 0o644); err != nil {
			return nil, err
		}
	}
	return cases, nil
}

// exportFiles trains a net and exports it twice. It returns the folders of the files with a loop and of the portable ones.
func exportFiles(folder string) (loop, portable string, err error) {
	db, flowsweep := filepath.Join(folder, "runs.db"), filepath.Join(folder, "flowsweep")
	loop, portable = filepath.Join(folder, "loop"), filepath.Join(folder, "portable")
	if err := call("go", "-C", "../..", "build", "-o", flowsweep, "."); err != nil {
		return "", "", err
	}
	if err := call(flowsweep, "sweep", "spec.yaml", "--db", db, "--out", loop); err != nil {
		return "", "", err
	}
	table, err := exec.Command(flowsweep, "runs", "--db", db, "--json").Output()
	if err != nil {
		return "", "", fmt.Errorf("list the runs: %w", err)
	}
	var runs []struct{ Run string }
	if err := json.Unmarshal(table, &runs); err != nil || len(runs) != 1 {
		return "", "", fmt.Errorf("the store has %d runs, want 1: remove %s (%v)", len(runs), folder, err)
	}
	return loop, portable, call(flowsweep, "export", "--db", db, "--run", runs[0].Run, "--portable", "--force", "--out", portable)
}

// vectors is the part of vectors.json that is tried.
type vectors struct {
	T, X, V   [][]float32
	Tolerance float64
	Sampler   struct {
		Noise, Samples [][]float32
		Tolerance      float64
	}
}

func readVectors(path string) (v vectors, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("read the test vectors: %w", err)
	}
	return v, nil
}

// call runs a program and shows its output.
func call(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}
