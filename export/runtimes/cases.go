package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// testCase is a file with inputs and Go's output for them.
type testCase struct {
	Path      string                 `json:"path"`
	Inputs    map[string][][]float32 `json:"inputs"`
	Output    [][]float32            `json:"output"`
	Tolerance float64                `json:"tolerance"`
	Repeat    int                    `json:"repeat"` // the larger batch that is tried and timed has the inputs so often; 0: none is

	net, head string    // the kind of net, and the title of the column
	times     []float32 // of the sampler, for runtimes that need inputs with defaults, too
	file      string    // the case as JSON; with the ending .txt as plain lines
}

// nets are the kinds of nets of spec.yaml. The first is tried in every form.
var nets = []string{"mlp", "residual", "attention", "conv"}

// makeCases trains the nets, exports them in every form and returns what to try: the forms of one net, and every other net.
func makeCases(folder string) (forms, others []testCase, err error) {
	keys, flowsweep, db, err := train(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, net := range nets {
		at := filepath.Join(folder, net)
		portable, err := exportFiles(flowsweep, db, keys[net], at)
		if err != nil {
			return nil, nil, err
		}
		v, err := readVectors(filepath.Join(at, "vectors.json"))
		if err != nil {
			return nil, nil, err
		}
		velocity := map[string][][]float32{"t": v.T, "x": v.X}
		noise := map[string][][]float32{"noise": v.Sampler.Noise}
		times := []float32{0, .125, .25, .375, .5, .625, .75, .875, 1} // the steps of the spec
		file := func(name string) string { return filepath.Join(at, name+".onnx") }
		cases := []testCase{
			{Path: file("velocity"), Inputs: velocity, Output: v.V, Tolerance: v.Tolerance},
			{Path: file("sampler"), Inputs: noise, Output: v.Sampler.Samples, Tolerance: v.Sampler.Tolerance, Repeat: 16, times: times},
			{Path: portable, Inputs: noise, Output: v.Sampler.Samples, Tolerance: v.Sampler.Tolerance, Repeat: 16, times: times},
		}
		for i := range cases {
			cases[i].net, cases[i].head = net, []string{"velocity.onnx", "sampler.onnx", "sampler-portable.onnx"}[i]
		}
		if net == nets[0] {
			forms = cases
			continue
		}
		for _, c := range []testCase{cases[0], cases[2]} {
			c.head, c.Repeat = net+", "+strings.TrimSuffix(c.head, ".onnx"), 0
			others = append(others, c)
		}
	}
	return forms, others, errors.Join(writeCases(folder, forms), writeCases(folder, others))
}

// train builds flowsweep and trains the nets. It returns the key of each net's run, the program and the store.
func train(folder string) (keys map[string]string, flowsweep, db string, err error) {
	db, flowsweep = filepath.Join(folder, "runs.db"), filepath.Join(folder, "flowsweep")
	if err := call("go", "-C", "../..", "build", "-o", flowsweep, "."); err != nil {
		return nil, "", "", err
	}
	if err := call(flowsweep, "sweep", "spec.yaml", "--db", db, "--out", filepath.Join(folder, "sweep")); err != nil {
		return nil, "", "", err
	}
	table, err := exec.Command(flowsweep, "runs", "--db", db, "--json").Output()
	if err != nil {
		return nil, "", "", fmt.Errorf("list the runs: %w", err)
	}
	var runs []struct {
		Run string
		Net struct{ Name string }
	}
	if err := json.Unmarshal(table, &runs); err != nil || len(runs) != len(nets) {
		return nil, "", "", fmt.Errorf("the store has %d runs, want %d: remove %s (%v)", len(runs), len(nets), folder, err)
	}
	keys = map[string]string{}
	for _, r := range runs {
		keys[r.Net.Name] = r.Run
	}
	return keys, flowsweep, db, nil
}

// exportFiles exports a run to a folder and returns the path of the portable sampler. One of many operations is not beside the
// others but has to be asked for.
func exportFiles(flowsweep, db, run, at string) (portable string, err error) {
	export := func(out string, flags ...string) error {
		return call(flowsweep, append([]string{"export", "--db", db, "--run", run, "--force", "--out", out}, flags...)...)
	}
	if err := export(at); err != nil {
		return "", err
	}
	portable = filepath.Join(at, "sampler-portable.onnx")
	if _, err := os.Stat(portable); err == nil {
		return portable, nil
	}
	return filepath.Join(at+"-portable", "sampler.onnx"), export(at+"-portable", "--portable")
}

// writeCases writes each case as JSON, and as lines for languages whose libraries do not read JSON.
func writeCases(folder string, cases []testCase) error {
	for i, c := range cases {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		cases[i].file = filepath.Join(folder, c.net+"-"+filepath.Base(c.Path)+".json")
		if err := errors.Join(os.WriteFile(cases[i].file, text, 0o644), os.WriteFile(cases[i].file+".txt", []byte(c.lines()), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// lines returns the case as text: the path, the repetitions, and for each input and for the output a line of its name and
// sizes and one of its numbers.
func (c testCase) lines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n", c.Path, c.Repeat)
	tensor := func(name string, rows [][]float32) {
		fmt.Fprintf(&b, "%s %d %d\n", name, len(rows), len(rows[0]))
		for _, x := range slices.Concat(rows...) {
			fmt.Fprint(&b, x, " ")
		}
		b.WriteString("\n")
	}
	for _, name := range []string{"t", "x", "noise"} {
		if rows, ok := c.Inputs[name]; ok {
			tensor(name, rows)
		}
	}
	tensor("output", c.Output)
	return b.String()
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
