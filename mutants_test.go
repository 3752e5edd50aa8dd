package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/export"
	"flowsweep/pipeline"
)

// mutation is a way to change an exported file. With the checksum made again, verify must find it out.
type mutation struct {
	name  string
	free  string                                 // what of it verify says that it cannot check without the store; empty if it can
	apply func(r *rand.Rand, m *onnx.Model) bool // false if it does not fit the file
}

// ofData stands for what verify can check without the store, except in a file of data, whose rows are not in it.
const ofData = "fit of data"

// mutations are the kinds of changes, those of numbers and words first.
var mutations = []mutation{
	{"a bias off by 1e-4", "weights", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "layers.1.bias", r, func(v float32) float32 { return v + 1e-4 })
	}},
	{"the last bit of a weight", "weights", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "layers.0.weight", r, func(v float32) float32 { return math.Float32frombits(math.Float32bits(v) ^ 1) })
	}},
	{"a weight of NaN", "", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "layers.0.weight", r, func(float32) float32 { return float32(math.NaN()) })
	}},
	{"a weight of 1e12", "", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "layers.1.weight", r, func(float32) float32 { return 1e12 })
	}},
	{"the scale doubled in the graph", "", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "units/scale", r, func(v float32) float32 { return 2 * v })
	}},
	{"the shift moved in the graph", "", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "units/shift", r, func(v float32) float32 { return v * 1.001 })
	}},
	{"the scale doubled in the metadata of a file that converts", "", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name != "velocity" && double(m, "scale") }},
	{"the scale doubled in the metadata of a velocity", "units", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name == "velocity" && double(m, "scale") }},
	{"the shift doubled in the metadata of a file that converts", "", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name != "velocity" && double(m, "shift") }},
	{"a scale that is no JSON", "", write("scale", "[1,")},
	{"a shift of another length", "", write("shift", "[1]")},
	{"a scale of 0", "", write("scale", "[0,1]")},
	{"another run", "run", write("run", "0123456789abcdef")},
	{"a run that is no key", "", write("run", "yesterday's")},
	{"another fit", ofData, write("fit", "0123456789abcdef")},
	{"another seed", ofData, write("seed", "7")},
	{"a negative seed", "", write("seed", "-1")},
	{"another target", "", write("target", `{"name":"moons","noise":0.2}`)},
	{"another training", ofData, func(_ *rand.Rand, m *onnx.Model) bool { return replace(m, "train", `"steps":20`, `"steps":2000`) }},
	{"another path", ofData, write("path", "cosine")},
	{"another engine", "run", write("engine", "xla")},
	{"another licence", "licence", write("licence", "CC0")},
	{"another metric", "metrics", write("metric.mmd", "0.001")},
	{"a metric that is no number", "", write("metric.mmd", "good")},
	{"a metric that is unknown", "", write("metric.", "1")},
	{"a property that is unknown", "", write("reviewed", "yes")},
	{"a property less", "", func(r *rand.Rand, m *onnx.Model) bool {
		key := []string{"seed", "licence", "nfe", "solver", "dimension", "commit"}[r.IntN(6)]
		_, had := m.Metadata[key]
		delete(m.Metadata, key)
		return had
	}},
	{"other velocity calls", "", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name == "sampler" && set(m, "nfe", "3") }},
	{"velocity calls that are no number", "", write("nfe", "few")},
	{"other velocity calls a step", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return m.Name != "velocity" && set(m, "velocity_calls_a_step", "1")
	}},
	{"another solver in the metadata", "", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name != "velocity" && set(m, "solver", "midpoint") }},
	{"an unknown recommended solver", "", write("recommended_solver", "rk9")},
	{"other recommended steps", "", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name == "sampler" && set(m, "recommended_steps", "9") }},
	{"other steps in the metadata", "", func(_ *rand.Rand, m *onnx.Model) bool { return m.Name != "velocity" && set(m, "steps", "9") }},
	{"other times of the steps in the metadata", "", func(_ *rand.Rand, m *onnx.Model) bool {
		_, ok := m.Metadata["times"]
		return ok && set(m, "times", "[0,1]")
	}},
	{"another architecture", "", func(_ *rand.Rand, m *onnx.Model) bool { return replace(m, "architecture", "silu", "elu") }},
	{"another number of parameters", "", write("parameters", "12")},
	{"another dimension", "", write("dimension", "3")},
	{"another convention of time", "", write("time_convention", "t = 1 is noise, t = 0 is data")},
	{"a smaller error of log_prob", "", func(_ *rand.Rand, m *onnx.Model) bool {
		_, ok := m.Metadata["log_prob_error"]
		return ok && set(m, "log_prob_error", "none")
	}},
	{"another doc string of the model", "free text", func(_ *rand.Rand, m *onnx.Model) bool { m.Doc = "A net."; return true }},
	{"another version of the producer", "free text", func(_ *rand.Rand, m *onnx.Model) bool { m.ProducerVersion = "9.9"; return true }},
	{"another producer", "", func(_ *rand.Rand, m *onnx.Model) bool { m.Producer = "pytorch"; return true }},
	{"another domain", "", func(_ *rand.Rand, m *onnx.Model) bool { m.Domain = "org.other"; return true }},
	{"another version of the model", "", func(r *rand.Rand, m *onnx.Model) bool { m.Version = []int64{1, 2, 4, 0}[r.IntN(4)]; return true }},
	{"an earlier version with another bias", "", func(r *rand.Rand, m *onnx.Model) bool {
		m.Version = 1
		return tweak(m, "layers.1.bias", r, func(v float32) float32 { return v + 1e-5 })
	}},
	{"an earlier version with an idle node", "", func(_ *rand.Rand, m *onnx.Model) bool {
		m.Version = 1
		m.Nodes = append(m.Nodes, onnx.Node{Op: "Identity", Inputs: []string{m.Inputs[0].Name}, Outputs: []string{"idle"}})
		return true
	}},
	{"another name of the graph", "", func(_ *rand.Rand, m *onnx.Model) bool { m.Name = "model"; return true }},
	{"another doc string of an input", "", func(_ *rand.Rand, m *onnx.Model) bool { m.Inputs[0].Doc = "pixels"; return true }},
	{"an output less", "", func(_ *rand.Rand, m *onnx.Model) bool {
		n := len(m.Outputs)
		m.Outputs = m.Outputs[:n-1]
		return n > 1
	}},
	{"outputs in another order", "", func(_ *rand.Rand, m *onnx.Model) bool { slices.Reverse(m.Outputs); return len(m.Outputs) > 1 }},
	{"an output of another name", "", func(_ *rand.Rand, m *onnx.Model) bool {
		old := m.Outputs[0].Name
		m.Outputs[0].Name = "y"
		m.Nodes = append(m.Nodes, onnx.Node{Op: "Identity", Inputs: []string{old}, Outputs: []string{"y"}})
		return true
	}},
	{"an output doubled", "", func(_ *rand.Rand, m *onnx.Model) bool {
		last := m.Outputs[len(m.Outputs)-1].Name
		for i, n := range m.Nodes {
			if n.Outputs[0] == last {
				m.Nodes[i].Outputs = []string{"half"}
				m.Nodes = append(m.Nodes, onnx.Node{Op: "Add", Inputs: []string{"half", "half"}, Outputs: []string{last}})
				return true
			}
		}
		return false
	}},
	{"an output of another shape", "", func(_ *rand.Rand, m *onnx.Model) bool { m.Outputs[0].Dims = []int{onnx.Batch, 3}; return true }},
	{"the last time of the grid", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return m.Name == "sampler" && numbers(m, "ts", func(v []float32) []float32 { v[len(v)-1] = .99; return v })
	}},
	{"a time of the grid of a sampler", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return m.Name == "sampler" && numbers(m, "ts", func(v []float32) []float32 { v[1] += 1e-6; return v })
	}},
	{"a time of the grid of log densities", "times", func(_ *rand.Rand, m *onnx.Model) bool {
		return m.Name == "density" && numbers(m, "ts", func(v []float32) []float32 { v[1] += 1e-6; return v })
	}},
	{"a longer grid", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return numbers(m, "ts", func(v []float32) []float32 { return append(v, v[len(v)-1]) })
	}},
	{"steps of a constant length", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return node(m.Nodes, "Sub", "h", func(n *onnx.Node) {
			ts := values(m, "ts")
			m.Initializers = append(m.Initializers, onnx.Initializer{Name: "length", Data: []float32{ts[1] - ts[0]}}, onnx.Initializer{Name: "none", Data: []float32{0}})
			n.Outputs = []string{"varying"}
			m.Nodes = slices.Insert(m.Nodes, 1+slices.IndexFunc(m.Nodes, func(n onnx.Node) bool { return n.Outputs[0] == "varying" }),
				onnx.Node{Op: "Mul", Inputs: []string{"varying", "none"}, Outputs: []string{"zero"}},
				onnx.Node{Op: "Add", Inputs: []string{"zero", "length"}, Outputs: []string{"h"}})
		})
	}},
	{"a constant trip count", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return node(m.Nodes, "Loop", "", func(n *onnx.Node) {
			m.Initializers = append(m.Initializers, onnx.Initializer{Name: "trips", Data: []int64{int64(len(values(m, "ts")) - 1)}})
			n.Inputs[0] = "trips"
		})
	}},
	{"times that stand still", "", inBody("Gather", "from/i", func(_ *onnx.Model, n *onnx.Node) { n.Inputs[1] = "one" })},
	{"another number of the tableau", "", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "0.5", r, func(v float32) float32 { return v + 1e-5 })
	}},
	{"a weight of a multistep solver in the graph", "", func(r *rand.Rand, m *onnx.Model) bool {
		return tweak(m, "weights/u1", r, func(v float32) float32 { return v + 1e-3 })
	}},
	{"a coefficient of a tuned solver in the metadata", "", func(_ *rand.Rand, m *onnx.Model) bool { return replace(m, "coefficients", `"u":[`, `"u":[1`) }},
	{"a coefficient of a tuned solver in the graph and in the metadata", "coefficients", recoefficient},
	{"another solver of one call a step", "", func(_ *rand.Rand, m *onnx.Model) bool { return replace(m, "solver", "ab2", "ab3") }},
	{"another teacher", ofData, func(_ *rand.Rand, m *onnx.Model) bool {
		_, ok := m.Metadata["teacher"]
		return ok && set(m, "teacher", "0123456789abcdef")
	}},
	{"a teacher of a net that has none", ofData, func(_ *rand.Rand, m *onnx.Model) bool {
		_, ok := m.Metadata["teacher"]
		return !ok && set(m, "teacher", "0123456789abcdef")
	}},
	{"an idle node", "", func(_ *rand.Rand, m *onnx.Model) bool {
		m.Nodes = append(m.Nodes, onnx.Node{Op: "Identity", Inputs: []string{m.Inputs[0].Name}, Outputs: []string{"idle"}})
		return true
	}},
	{"an idle constant", "", func(_ *rand.Rand, m *onnx.Model) bool {
		m.Initializers = append(m.Initializers, onnx.Initializer{Name: "message", Dims: []int{2}, Data: []float32{1, 2}})
		return true
	}},
	{"constants in another order", "", func(_ *rand.Rand, m *onnx.Model) bool { slices.Reverse(m.Initializers); return true }},
	{"points clipped far out", "", func(_ *rand.Rand, m *onnx.Model) bool { return clip(m, 50) }},
	{"points clipped farther out than is tried", "", func(_ *rand.Rand, m *onnx.Model) bool { return clip(m, 1e9) }},
	{"a node of another operation", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return node(m.Nodes, "Add", "", func(n *onnx.Node) { n.Op = "Sub" })
	}},
	{"inputs of a node swapped", "", func(_ *rand.Rand, m *onnx.Model) bool {
		return node(m.Nodes, "Sub", "", func(n *onnx.Node) { slices.Reverse(n.Inputs) })
	}},
}

// tweak changes one random number of the named constant.
func tweak(m *onnx.Model, name string, r *rand.Rand, change func(v float32) float32) bool {
	return numbers(m, name, func(v []float32) []float32 {
		i := r.IntN(len(v))
		v[i] = change(v[i])
		return v
	})
}

// numbers changes the numbers of the named constant.
func numbers(m *onnx.Model, name string, change func(v []float32) []float32) bool {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == name })
	if i < 0 {
		return false
	}
	t := &m.Initializers[i]
	v := change(slices.Clone(t.Data.([]float32)))
	if len(t.Dims) == 1 {
		t.Dims = []int{len(v)}
	}
	t.Data = v
	return true
}

func values(m *onnx.Model, name string) (v []float32) {
	numbers(m, name, func(have []float32) []float32 { v = have; return have })
	return v
}

// write sets a property that the file has, or a new one.
func write(key, text string) func(*rand.Rand, *onnx.Model) bool {
	return func(_ *rand.Rand, m *onnx.Model) bool { return set(m, key, text) }
}

func set(m *onnx.Model, key, text string) bool {
	if m.Metadata[key] == text {
		return false
	}
	m.Metadata[key] = text
	return true
}

func replace(m *onnx.Model, key, from, to string) bool {
	return set(m, key, strings.Replace(m.Metadata[key], from, to, 1))
}

// double doubles the first number of a property.
func double(m *onnx.Model, key string) bool {
	first, rest, ok := strings.Cut(strings.TrimPrefix(m.Metadata[key], "["), ",")
	x, err := strconv.ParseFloat(first, 64)
	return ok && err == nil && set(m, key, fmt.Sprintf("[%v,%s", 2*x, rest))
}

// node changes the first node of an operation, and of an output if that is named.
func node(nodes []onnx.Node, op, output string, change func(n *onnx.Node)) bool {
	i := slices.IndexFunc(nodes, func(n onnx.Node) bool { return n.Op == op && (output == "" || n.Outputs[0] == output) })
	if i < 0 {
		return false
	}
	nodes[i].Inputs = slices.Clone(nodes[i].Inputs)
	change(&nodes[i])
	return true
}

// inBody is node in the body of the loop.
func inBody(op, output string, change func(m *onnx.Model, n *onnx.Node)) func(*rand.Rand, *onnx.Model) bool {
	return func(_ *rand.Rand, m *onnx.Model) (done bool) {
		node(m.Nodes, "Loop", "", func(loop *onnx.Node) {
			body := loop.Attributes[0].Value.(onnx.Graph)
			done = node(body.Nodes, op, output, func(n *onnx.Node) { change(m, n) })
		})
		return done
	}
}

// clip limits the first input that is not the time.
func clip(m *onnx.Model, limit float32) bool {
	in := m.Inputs[0].Name
	if in == "t" {
		in = m.Inputs[1].Name
	}
	for i := range m.Nodes {
		m.Nodes[i].Inputs = slices.Clone(m.Nodes[i].Inputs)
		for k, name := range m.Nodes[i].Inputs {
			if name == in {
				m.Nodes[i].Inputs[k] = "held"
			}
		}
	}
	m.Initializers = append(m.Initializers, onnx.Initializer{Name: "limit", Data: []float32{limit}})
	m.Nodes = append([]onnx.Node{{Op: "Min", Inputs: []string{in, "limit"}, Outputs: []string{"held"}}}, m.Nodes...)
	return true
}

// recoefficient changes one coefficient of a tuned solver by 1e-3 wherever the file has it, as somebody would who writes it with the program.
func recoefficient(r *rand.Rand, m *onnx.Model) bool {
	p, err := export.Dissect(m.Marshal())
	if err != nil || !p.Solver.Fitted {
		return false
	}
	table := p.Solver.Table(p.Times)
	row := table.Points[r.IntN(len(table.Points))]
	row.U[r.IntN(len(row.U))] += 1e-3
	p.Solver = p.Solver.With(table)
	text, err := json.Marshal(table.Points)
	if err != nil {
		return false
	}
	p.About.Properties["recommended_coefficients"] = string(text)
	file, err := p.Write()
	if err != nil {
		return false
	}
	*m, err = onnx.Read(file)
	return err == nil
}

// sealedAgain returns the file of a model with its checksum made again, as somebody would who has read the program.
func sealedAgain(m onnx.Model) []byte {
	m.Metadata = maps.Clone(m.Metadata)
	delete(m.Metadata, "checksum")
	sum := sha256.Sum256(m.Marshal())
	m.Metadata["checksum"] = hex.EncodeToString(sum[:])
	return m.Marshal()
}

const mutantsSpec = `name: mutants
target: {name: gaussians, means: [[-2, 0, 1], [2, 1, 0]], std: 0.3}
net: {width: 6, depth: 1, activation: silu}
train: {steps: 20, batch: 16, rate: 1e-2}
sample: {solver: heun, steps: 3, count: 32}
reference: {count: 32}
metrics: [mmd]
`

// program runs the program and returns its exit code and all that it prints.
func program(args ...string) (code int, output string) {
	var out bytes.Buffer
	code = pipeline.Main(args, nil, &out, &out)
	return code, out.String()
}

// mutantFiles returns files of two stores by name, of data in units of their own and of a target in closed form. The first word
// of a name is that of the store.
func mutantFiles(t *testing.T, dir string) map[string][]byte {
	files := map[string][]byte{}
	data := "a,b\n"
	for i := range 24 {
		data += fmt.Sprintf("%d,%g\n", 1000+37*i%101, .001*float64(i*i%17))
	}
	csv := filepath.Join(dir, "data.csv")
	own := strings.Replace(mutantsSpec, "target: {name: gaussians, means: [[-2, 0, 1], [2, 1, 0]], std: 0.3}", "target: {file: data.csv}", 1)
	for name, text := range map[string]string{"data": own, "law": mutantsSpec} {
		spec, db, out := filepath.Join(dir, name+".yaml"), filepath.Join(dir, name+".db"), filepath.Join(dir, name)
		for path, content := range map[string]string{csv: data, spec: text} {
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if code, text := program("sweep", spec, "--db", db, "--out", out, "--engine", "go"); code != 0 {
			t.Fatal(text)
		}
		sampler, err := os.ReadFile(filepath.Join(out, "sampler.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := onnx.Read(sampler)
		if err != nil {
			t.Fatal(err)
		}
		whole := filepath.Join(dir, name+"-whole")
		if code, text := program("export", "--run", m.Metadata["run"], "--db", db, "--out", whole, "--portable", "--trajectory", "--log-prob"); code != 0 {
			t.Fatal(text)
		}
		for _, file := range []string{"velocity.onnx", "sampler.onnx", "-whole/sampler.onnx", "-whole/logp.onnx"} {
			path := filepath.Join(out, file)
			if strings.HasPrefix(file, "-") {
				path = out + file
			}
			if files[name+" "+file], err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
		fewCallFiles(t, files, name, spec, db, strings.Replace(text, "mutants", "few", 1))
	}
	return files
}

// fewCallFiles adds samplers of multistep solvers and of a student to the files of a store, all from its spec but for that.
func fewCallFiles(t *testing.T, files map[string][]byte, name, spec, db, text string) {
	text = strings.Replace(text, "solver: heun", "solver: [ab2, tuned]", 1) + "coupling: [independent, {name: reflow, steps: 2, pairs: 64}]\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, text := program("sweep", spec, "--db", db, "--out", spec+"-few", "--engine", "go"); code != 0 {
		t.Fatal(text)
	}
	var runs []struct{ Run, Solver, Teacher string }
	code, text := program("runs", "--sweep", "few", "--db", db, "--json")
	if err := json.Unmarshal([]byte(text), &runs); code != 0 || err != nil || len(runs) != 4 {
		t.Fatalf("%d runs, want 4: %s", len(runs), text)
	}
	for _, r := range runs {
		kind, flags := r.Solver, []string{}
		if r.Teacher != "" {
			kind, flags = "student of "+kind, []string{"--portable"}
		}
		out := spec + "-" + r.Run
		if code, text := program(append([]string{"export", "--run", r.Run, "--db", db, "--out", out}, flags...)...); code != 0 {
			t.Fatal(text)
		}
		file, err := os.ReadFile(filepath.Join(out, "sampler.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		files[name+" "+kind] = file
	}
}

// stride goes through the kinds in an order in which neighbours differ. It has no factor in common with their number.
const stride = 7

// TestMutants changes exported files in every way of the list, with the checksum made again. With the store that they are of,
// verify accepts none. Without, it accepts only changes of what it says that it takes as it is. FLOWSWEEP_MUTANTS sets how many
// there are; without it, a test takes some kinds.
func TestMutants(t *testing.T) {
	t.Parallel()
	count := 20
	if text := os.Getenv("FLOWSWEEP_MUTANTS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	files := mutantFiles(t, dir)
	own := func(file string) string { return filepath.Join(dir, strings.Fields(file)[0]+".db") }
	names := slices.Sorted(maps.Keys(files))
	if count < len(mutations) { // the others take longer
		names = slices.DeleteFunc(names, func(name string) bool { return strings.Contains(name, "-whole") })
	}
	for _, name := range names {
		path := filepath.Join(dir, "whole.onnx")
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			t.Fatal(err)
		}
		for _, db := range [][]string{{"--db", own(name)}, nil} {
			if code, text := program(append([]string{"verify", path}, db...)...); code != 0 {
				t.Fatalf("%s as it is: exit %d: %s", name, code, text)
			}
		}
	}
	r := rand.New(rand.NewPCG(14, 0))
	for _, kind := range mutations {
		if _, file := mutant(t, r, kind, files, slices.Sorted(maps.Keys(files))); file == nil {
			t.Errorf("%s: fits no file", kind.name)
		}
	}
	accepted, kinds := map[string]int{}, map[string]bool{}
	tried := 0
	for i := 0; tried < count; i++ {
		kind := mutations[(i*stride)%len(mutations)]
		name, file := mutant(t, r, kind, files, names)
		if file == nil {
			continue // it fits only files that are left out
		}
		tried++
		kinds[kind.name] = true
		path := filepath.Join(dir, "mutant.onnx")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if code, text := program("verify", path, "--db", own(name)); code != 3 && !strings.Contains(text, "the store holds no run") {
			t.Errorf("%s of %s, with the store: exit %d, want 3: %s", kind.name, name, code, text)
		}
		code, text := program("verify", path) // with the store runs.db of this folder, if any, which does not have the run
		free := kind.free != "" && (kind.free != ofData || strings.HasPrefix(name, "data"))
		if code != 3 && (code != 0 || !free) && !strings.Contains(text, "an earlier version") {
			t.Errorf("%s of %s, without the store: exit %d, want 3: %s", kind.name, name, code, text)
		}
		if code == 0 {
			accepted[kind.name+" ("+kind.free+")"]++
		}
	}
	t.Logf("%d mutants of %d kinds: 0 accepted with the store; without it", tried, len(kinds))
	if count >= len(mutations) && len(kinds) < len(mutations) {
		t.Errorf("%d of %d kinds were tried: choose another stride", len(kinds), len(mutations))
	}
	for _, kind := range slices.Sorted(maps.Keys(accepted)) {
		t.Logf("%4d accepted: %s", accepted[kind], kind)
	}
}

// mutant applies a mutation to one of the files that it fits, and returns none if there is none.
func mutant(t *testing.T, r *rand.Rand, kind mutation, files map[string][]byte, names []string) (name string, file []byte) {
	t.Helper()
	for _, i := range r.Perm(len(names)) {
		m, err := onnx.Read(files[names[i]])
		if err != nil {
			t.Fatal(err)
		}
		if !kind.apply(r, &m) {
			continue
		}
		if file := sealedAgain(m); !bytes.Equal(file, files[names[i]]) {
			return names[i], file
		}
	}
	return "", nil
}
