package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// testCase is a file with inputs and Go's output for them.
type testCase struct {
	Path      string            `json:"path"`
	Inputs    map[string]tensor `json:"inputs"`
	Output    tensor            `json:"output"`
	Tolerance float64           `json:"tolerance"`
	Unit      []float64         `json:"unit"`   // of differences, for the numbers of a point in turn
	Repeat    int               `json:"repeat"` // the larger batch that is tried and timed has the inputs so often; 0: none is

	net, head string    // the kind of net, and the title of the column
	times     []float32 // of the sampler, for runtimes that need inputs with defaults, too
	file      string    // the case as JSON; with the ending .txt as plain lines
}

// subject is a run of spec.yaml, whose files are tried.
type subject struct{ name, net, solver, target string }

// nets are the kinds of nets, all with one solver. The first is tried in every form, and with each of the solvers.
var (
	nets = []subject{
		{"mlp", "mlp", "midpoint", "moons"},
		{"residual", "residual", "midpoint", "moons"},
		{"attention", "attention", "midpoint", "moons"},
		{"conv", "conv", "midpoint", "moons"},
	}
	solvers = []subject{{"ab2", "mlp", "ab2", "moons"}, {"tuned", "mlp", "tuned", "moons"}, {"heun with noise", "mlp", "heun", "moons"}}

	// Points of other shapes: images, with channels first, and codes of rows, which samplers decode to whole numbers and categories.
	data = []subject{{"images", "unet", "midpoint", "file"}, {"table", "mlp", "midpoint", "file"}}

	exampled = []subject{nets[0], solvers[2], data[0], data[1]} // whose cards have the example programs that are run
)

// folder returns where the files of a subject are, in the folder of all.
func (s subject) folder(of string) string {
	return filepath.Join(of, strings.ReplaceAll(s.name, " ", "-"))
}

// trials are the cases of the four tables: the forms of one net, every other net, solvers of other kinds, and other data.
type trials struct{ forms, nets, solvers, data []testCase }

// makeCases trains the nets, exports their files and returns what to try.
func makeCases(folder string) (all trials, err error) {
	of, err := train(folder)
	if err != nil {
		return all, err
	}
	for i, s := range nets {
		cases, err := of.cases(s, true)
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
		cases, err := of.cases(s, true)
		if err != nil {
			return all, err
		}
		all.solvers = append(all.solvers, titled(s.name, cases[1], cases[2])...)
	}
	for _, s := range data {
		cases, err := of.cases(s, false)
		if err != nil {
			return all, err
		}
		for _, c := range titled(s.name, cases...) {
			c.Repeat, c.net = 0, s.name
			all.data = append(all.data, c)
		}
	}
	return all, errors.Join(writeCases(all.forms), writeCases(all.nets), writeCases(all.solvers), writeCases(all.data))
}

// titled returns the cases with what they are of in their titles.
func titled(name string, cases ...testCase) []testCase {
	for i := range cases {
		cases[i].head = name + ", " + strings.TrimSuffix(cases[i].head, ".onnx")
	}
	return cases
}

// cases exports a run and returns the cases of its velocity, its sampler and, if it has or must have one, its portable sampler.
func (of trained) cases(s subject, all bool) ([]testCase, error) {
	at := s.folder(of.folder)
	portable, err := of.export(s, at, all)
	if err != nil {
		return nil, err
	}
	v, err := readVectors(filepath.Join(at, "vectors.json"))
	if err != nil {
		return nil, err
	}
	times := []float32{0, .125, .25, .375, .5, .625, .75, .875, 1} // the steps of the spec
	file := func(name string) string { return filepath.Join(at, name+".onnx") }
	samples := testCase{Inputs: v.inputs(), Output: v.points(v.Sampler.Samples), Tolerance: v.Sampler.Tolerance, Unit: v.Sampler.Unit, Repeat: 16, times: times}
	if samples.Unit == nil {
		samples.Unit = []float64{1}
	}
	cases := []testCase{
		{Path: file("velocity"), Inputs: map[string]tensor{"t": matrix(v.T), "x": v.points(v.X)}, Output: v.points(v.V), Tolerance: v.Tolerance, Unit: []float64{1}},
		samples, samples,
	}
	cases[1].Path, cases[2].Path = file("sampler"), portable
	if portable == "" {
		cases = cases[:2]
	}
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
		Net, Target struct{ Name string }
	}
	if err := json.Unmarshal(table, &runs); err != nil || len(runs) != len(nets)+len(solvers)+len(data) {
		return of, fmt.Errorf("the store has %d runs, want %d: remove %s (%v)", len(runs), len(nets)+len(solvers)+len(data), folder, err)
	}
	for _, r := range runs {
		of.keys[subject{net: r.Net.Name, solver: r.Solver, target: r.Target.Name}] = r.Run
	}
	return of, nil
}

// export exports a run to a folder and returns the path of the portable sampler. One of many operations is not beside the
// others but has to be asked for; it is if all is set, and otherwise the path is empty.
func (of trained) export(s subject, at string, all bool) (portable string, err error) {
	export := func(out string, flags ...string) error {
		run := of.keys[subject{net: s.net, solver: s.solver, target: s.target}]
		return call(of.flowsweep, append([]string{"export", "--db", of.db, "--run", run, "--force", "--out", out}, flags...)...)
	}
	if err := export(at); err != nil {
		return "", err
	}
	portable = filepath.Join(at, "sampler-portable.onnx")
	if _, err := os.Stat(portable); err == nil {
		return portable, nil
	}
	if !all {
		return "", nil
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

// lines returns the case as text: the path, the repetitions, the units, and for each input and for the output a line of its name and
// sizes and one of its numbers.
func (c testCase) lines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\n", c.Path, c.Repeat, strings.Trim(fmt.Sprint(c.Unit), "[]"))
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
