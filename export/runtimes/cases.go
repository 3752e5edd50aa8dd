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
	Path      string            `json:"path"`
	Inputs    map[string]tensor `json:"inputs"`
	Output    tensor            `json:"output"`
	Tolerance float64           `json:"tolerance"`
	Repeat    int               `json:"repeat"` // the larger batch that is tried and timed has the inputs so often; 0: none is

	net, head string    // the kind of net, and the title of the column
	times     []float32 // of the sampler, for runtimes that need inputs with defaults, too
	file      string    // the case as JSON; with the ending .txt as plain lines
}

// tensor is an input or output. Its points are along the axis before the last.
type tensor struct {
	Dims []int     `json:"dims"`
	Data []float32 `json:"data"`
}

// matrix returns the tensor of rows.
func matrix(rows [][]float32) tensor {
	return tensor{[]int{len(rows), len(rows[0])}, slices.Concat(rows...)}
}

// stack returns the tensor of matrices of one size.
func stack(layers [][][]float32) tensor {
	all := tensor{Dims: []int{len(layers), len(layers[0]), len(layers[0][0])}}
	for _, rows := range layers {
		all.Data = append(all.Data, slices.Concat(rows...)...)
	}
	return all
}

// subject is a run of spec.yaml, whose files are tried.
type subject struct{ name, net, solver string }

// nets are the kinds of nets, all with one solver. The first is tried in every form, and with each of the solvers.
var (
	nets    = []subject{{"mlp", "mlp", "midpoint"}, {"residual", "residual", "midpoint"}, {"attention", "attention", "midpoint"}, {"conv", "conv", "midpoint"}}
	solvers = []subject{{"ab2", "mlp", "ab2"}, {"tuned", "mlp", "tuned"}, {"heun with noise", "mlp", "heun"}}

	exampled = []subject{nets[0], solvers[2]} // whose cards have the example programs that are run
)

// folder returns where the files of a subject are, in the folder of all.
func (s subject) folder(of string) string {
	return filepath.Join(of, strings.ReplaceAll(s.name, " ", "-"))
}

// trials are the cases of the three tables: the forms of one net, every other net, and solvers of other kinds.
type trials struct{ forms, nets, solvers []testCase }

// makeCases trains the nets, exports their files and returns what to try.
func makeCases(folder string) (all trials, err error) {
	of, err := train(folder)
	if err != nil {
		return all, err
	}
	for i, s := range nets {
		cases, err := of.cases(s)
		if err != nil {
			return all, err
		}
		if i == 0 {
			all.forms = cases
		} else {
			for _, c := range titled(s.name, cases[0], cases[2]) {
				c.Repeat = 0
				all.nets = append(all.nets, c)
			}
		}
	}
	for _, s := range solvers {
		cases, err := of.cases(s)
		if err != nil {
			return all, err
		}
		all.solvers = append(all.solvers, titled(s.name, cases[1], cases[2])...)
	}
	return all, errors.Join(writeCases(all.forms), writeCases(all.nets), writeCases(all.solvers))
}

// titled returns the cases with what they are of in their titles.
func titled(name string, cases ...testCase) []testCase {
	for i := range cases {
		cases[i].head = name + ", " + strings.TrimSuffix(cases[i].head, ".onnx")
	}
	return cases
}

// cases exports a run and returns the cases of its velocity, its sampler and its portable sampler.
func (of trained) cases(s subject) ([]testCase, error) {
	at := s.folder(of.folder)
	portable, err := of.export(s, at)
	if err != nil {
		return nil, err
	}
	v, err := readVectors(filepath.Join(at, "vectors.json"))
	if err != nil {
		return nil, err
	}
	times := []float32{0, .125, .25, .375, .5, .625, .75, .875, 1} // the steps of the spec
	file := func(name string) string { return filepath.Join(at, name+".onnx") }
	samples := testCase{Inputs: v.Sampler.inputs(), Output: matrix(v.Sampler.Samples), Tolerance: v.Sampler.Tolerance, Repeat: 16, times: times}
	cases := []testCase{
		{Path: file("velocity"), Inputs: map[string]tensor{"t": matrix(v.T), "x": matrix(v.X)}, Output: matrix(v.V), Tolerance: v.Tolerance},
		samples, samples,
	}
	cases[1].Path, cases[2].Path = file("sampler"), portable
	for i := range cases {
		cases[i].net, cases[i].head = s.net, []string{"velocity.onnx", "sampler.onnx", "sampler-portable.onnx"}[i]
		cases[i].file = at + "-" + cases[i].head + ".json"
	}
	return cases, nil
}

// trained is what the nets of spec.yaml were trained with and where.
type trained struct {
	folder, flowsweep, db string
	keys                  map[subject]string // of the runs; without names
}

// train builds flowsweep and trains the nets.
func train(folder string) (of trained, err error) {
	of = trained{folder, filepath.Join(folder, "flowsweep"), filepath.Join(folder, "runs.db"), map[subject]string{}}
	if err := call("go", "-C", "../..", "build", "-o", of.flowsweep, "."); err != nil {
		return of, err
	}
	if err := call(of.flowsweep, "sweep", "spec.yaml", "--db", of.db, "--out", filepath.Join(folder, "sweep")); err != nil {
		return of, err
	}
	table, err := exec.Command(of.flowsweep, "runs", "--db", of.db, "--sweep", "runtimes", "--json").Output()
	if err != nil {
		return of, fmt.Errorf("list the runs: %w", err)
	}
	var runs []struct {
		Run, Solver string
		Net         struct{ Name string }
	}
	if err := json.Unmarshal(table, &runs); err != nil || len(runs) != len(nets)+len(solvers) {
		return of, fmt.Errorf("the store has %d runs, want %d: remove %s (%v)", len(runs), len(nets)+len(solvers), folder, err)
	}
	for _, r := range runs {
		of.keys[subject{net: r.Net.Name, solver: r.Solver}] = r.Run
	}
	return of, nil
}

// export exports a run to a folder and returns the path of the portable sampler. One of many operations is not beside the
// others but has to be asked for.
func (of trained) export(s subject, at string) (portable string, err error) {
	export := func(out string, flags ...string) error {
		run := of.keys[subject{net: s.net, solver: s.solver}]
		return call(of.flowsweep, append([]string{"export", "--db", of.db, "--run", run, "--force", "--out", out}, flags...)...)
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
func writeCases(cases []testCase) error {
	for _, c := range cases {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if err := errors.Join(os.WriteFile(c.file, text, 0o644), os.WriteFile(c.file+".txt", []byte(c.lines()), 0o644)); err != nil {
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
	write := func(name string, t tensor) {
		b.WriteString(name)
		for _, n := range t.Dims {
			fmt.Fprint(&b, " ", n)
		}
		b.WriteString("\n")
		for _, x := range t.Data {
			fmt.Fprint(&b, x, " ")
		}
		b.WriteString("\n")
	}
	for _, name := range []string{"t", "x", "noise", "step_noise"} {
		if t, ok := c.Inputs[name]; ok {
			write(name, t)
		}
	}
	write("output", c.Output)
	return b.String()
}

// vectors is the part of vectors.json that is tried.
type vectors struct {
	T, X, V   [][]float32
	Tolerance float64
	Sampler   samplerVectors
}

type samplerVectors struct {
	Noise, Samples [][]float32
	StepNoise      [][][]float32 `json:"step_noise"`
	Tolerance      float64
}

// inputs returns the inputs of the sampler.
func (v samplerVectors) inputs() map[string]tensor {
	inputs := map[string]tensor{"noise": matrix(v.Noise)}
	if v.StepNoise != nil {
		inputs["step_noise"] = stack(v.StepNoise)
	}
	return inputs
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
