package export

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// This file contains negative controls: files that are wrong in one way and must not pass.

// small is a net whose sampler is quick to verify.
var small = net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.SiLU}.On(2)

func field(t *testing.T) flow.Field {
	t.Helper()
	m, err := velocity.Compile(engine.Go, small, velocity.Init(small, 3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m.Field()
}

func TestVerifySamplerPasses(t *testing.T) {
	t.Parallel()
	noise := Noise(2, 64, 0)
	for _, s := range []ode.Solver{ode.Euler, ode.Dopri5} {
		for _, o := range []SamplerOptions{{}, {Trajectory: true}, {Portable: true}, {Portable: true, Trajectory: true}} {
			c := VerifySampler(sampler(t, small, s, ode.Uniform(4), o), s, ode.Uniform(4), field(t), flow.Units{}, noise)
			if !c.OK || c.Error != "" || c.Points != 64 || c.MaxAbsDiff < c.MeanAbsDiff || c.MaxAbs <= 0 || !strings.Contains(c.Reason, "factor") {
				t.Errorf("%s %+v: check %+v, want one that passes", s.Name, o, c)
			}
		}
	}
}

// edited returns the file with its model changed and a new checksum.
func edited(t *testing.T, file []byte, edit func(m *onnx.Model)) []byte {
	t.Helper()
	m, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	edit(&m)
	delete(m.Metadata, checksum)
	out, err := seal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// body returns the body of the model's loop.
func body(m *onnx.Model) onnx.Graph {
	i := slices.IndexFunc(m.Nodes, func(n onnx.Node) bool { return n.Op == "Loop" })
	return m.Nodes[i].Attributes[0].Value.(onnx.Graph)
}

// swap swaps the inputs of the first node with that operation.
func swap(nodes []onnx.Node, op string) {
	i := slices.IndexFunc(nodes, func(n onnx.Node) bool { return n.Op == op })
	slices.Reverse(nodes[i].Inputs)
}

// set changes the named constant.
func set[T float32 | int64](m *onnx.Model, name string, change func(v []T)) {
	i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == name })
	change(m.Initializers[i].Data.([]T))
}

func TestVerifySamplerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(8)
	noise := Noise(2, 64, 0)
	whole := SamplerOptions{Trajectory: true}
	for name, c := range map[string]struct {
		options SamplerOptions
		edit    func(m *onnx.Model)
		want    string // in the error; empty if the numbers differ
	}{
		"a weight, by 3 % of its scale": {SamplerOptions{}, func(m *onnx.Model) { set(m, "layers.1.weight", func(v []float32) { v[40] += .005 }) }, ""},
		"a weight that is NaN":          {SamplerOptions{}, func(m *onnx.Model) { set(m, "layers.1.weight", func(v []float32) { v[40] = float32(math.NaN()) }) }, ""},
		"a bias":                        {SamplerOptions{}, func(m *onnx.Model) { set(m, "layers.2.bias", func(v []float32) { v[1] += .001 }) }, ""},
		"a number of the tableau":       {SamplerOptions{}, func(m *onnx.Model) { set(m, "0.5", func(v []float32) { v[0] = .5001 }) }, ""},
		"time and point swapped":        {SamplerOptions{}, func(m *onnx.Model) { swap(body(m).Nodes, "Concat") }, ""},
		"steps backwards":               {SamplerOptions{}, func(m *onnx.Model) { swap(m.Nodes, "Sub") }, ""},
		"a step too few":                {SamplerOptions{}, func(m *onnx.Model) { set(m, "one", func(v []int64) { v[0] = 2 }) }, ""},
		"another grid": {SamplerOptions{}, func(m *onnx.Model) {
			set(m, "ts", func(v []float32) { v[3] += 1e-7 })
		}, "time grid"},
		"a longer grid": {SamplerOptions{}, func(m *onnx.Model) {
			i := slices.IndexFunc(m.Initializers, func(t onnx.Initializer) bool { return t.Name == "ts" })
			m.Initializers[i] = onnx.Initializer{Name: "ts", Dims: []int{10}, Data: append(m.Initializers[i].Data.([]float32), 1)}
		}, "time grid"},
		"another grid, written out": {SamplerOptions{Portable: true}, func(m *onnx.Model) { set(m, "0.375", func(v []float32) { v[0] = .38 }) }, ""},
		"a trajectory upside down":  {whole, func(m *onnx.Model) { swap(m.Nodes[len(m.Nodes)-1:], "Concat") }, ""},
		"an output of another size": {SamplerOptions{}, func(m *onnx.Model) { m.Outputs[0].Dims = []int{onnx.Batch, 3} }, "maps noise[batch,2] ts[times] to samples[batch,3]"},
		"an input of another name":  {SamplerOptions{Portable: true}, func(m *onnx.Model) { m.Inputs[0].Name = "z"; m.Nodes = rename(m.Nodes, "noise", "z") }, "maps z[batch,2]"},
	} {
		file := sampler(t, small, ode.Heun, ts, c.options)
		check := VerifySampler(edited(t, file, c.edit), ode.Heun, ts, field(t), flow.Units{}, noise)
		if check.OK || (check.Error == "") != (c.want == "") || !strings.Contains(check.Error, c.want) {
			t.Errorf("%s: check %+v, want an error that contains %q, or a difference", name, check, c.want)
		}
	}
	file := sampler(t, small, ode.Heun, ts, SamplerOptions{})
	if c := VerifySampler(file, ode.Midpoint, ts, field(t), flow.Units{}, noise); c.OK || !strings.Contains(c.Error, `"heun", not "midpoint"`) {
		t.Errorf("another solver passes: %+v", c)
	}
	disguised := edited(t, file, func(m *onnx.Model) { m.Metadata["solver"] = "euler" })
	if c := VerifySampler(disguised, ode.Euler, ts, field(t), flow.Units{}, noise); c.OK || c.Error != "" {
		t.Errorf("another solver under a false name passes: %+v", c)
	}
}

// rename renames a value wherever it is used.
func rename(nodes []onnx.Node, from, to string) []onnx.Node {
	for _, n := range nodes {
		for i, in := range n.Inputs {
			if in == from {
				n.Inputs[i] = to
			}
		}
	}
	return nodes
}

// TestVerifyFindsASwappedInput swaps t and x inside a file whose signature and checksum are right.
func TestVerifyFindsASwappedInput(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := edited(t, exported(t, weights), func(m *onnx.Model) { swap(m.Nodes, "Concat") })
	if c := Verify(file, Points(example, 64, 0), m.RowField()); c.OK || c.Error != "" {
		t.Errorf("check %+v, want a difference", c)
	}
}

// TestVerifyFindsOneFlippedBit flips the last bit of a weight, which only the checksum can reveal.
func TestVerifyFindsOneFlippedBit(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := exported(t, weights)
	at := bytes.Index(file, []byte("layers.2.weight\x4a")) + len("layers.2.weight\x4a\x80\x20") + 40
	file[at] ^= 1
	if c := Verify(file, Points(example, 64, 0), m.RowField()); c.OK || c.MaxAbsDiff > c.Tolerance || c.Error != "" || !slices.Equal(c.Edited, []string{"its checksum does not match"}) {
		t.Errorf("check %+v, want one that complains of the checksum alone", c)
	}
}

// TestVerifyFindsWhatIsWrongFarOut clips points at 100, far outside the data.
func TestVerifyFindsWhatIsWrongFarOut(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := edited(t, exported(t, weights), func(m *onnx.Model) {
		m.Initializers = append(m.Initializers, onnx.Initializer{Name: "limit", Data: []float32{100}})
		m.Nodes = append([]onnx.Node{{Op: "Min", Inputs: []string{"x", "limit"}, Outputs: []string{"held"}}}, rename(m.Nodes, "x", "held")...)
	})
	if c := Verify(file, Points(example, 64, 0), m.RowField()); c.OK || c.MaxAbsDiff > c.Tolerance || !strings.Contains(c.Error, "far outside") {
		t.Errorf("check %+v, want an error about far points alone", c)
	}
}

// TestVerifyFindsNaN changes a weight to NaN in an otherwise correct file.
func TestVerifyFindsNaN(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := edited(t, exported(t, weights), func(m *onnx.Model) { set(m, "layers.2.weight", func(v []float32) { v[9] = float32(math.NaN()) }) })
	if c := Verify(file, Points(example, 8, 0), m.RowField()); c.OK || c.Error != "" || !math.IsNaN(float64(c.MaxAbsDiff)) {
		t.Errorf("check %+v, want a difference that is NaN", c)
	}
}

// TestVerifyFindsANarrowOutput checks a file that declares two numbers per point and returns one.
func TestVerifyFindsANarrowOutput(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := edited(t, exported(t, weights), func(m *onnx.Model) {
		for i, init := range m.Initializers {
			switch data, _ := init.Data.([]float32); init.Name {
			case "layers.3.weight":
				m.Initializers[i].Dims, m.Initializers[i].Data = []int{32, 1}, data[:32]
			case "layers.3.bias":
				m.Initializers[i].Dims, m.Initializers[i].Data = []int{1}, data[:1]
			}
		}
	})
	if c := Verify(file, Points(example, 8, 0), m.RowField()); c.OK || c.Error == "" {
		t.Errorf("check %+v, want an error about the output", c)
	} else {
		t.Log(c.Error)
	}
}

// TestVerifyChecksBeforeItOpens checks that a file with an unknown operation is never given to onnxruntime.
func TestVerifyChecksBeforeItOpens(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	odd, err := onnx.Read(exported(t, weights))
	if err != nil {
		t.Fatal(err)
	}
	odd.Nodes[0].Op = "Softplus"
	if c := Verify(odd.Marshal(), Points(example, 8, 0), m.RowField()); c.OK || !strings.Contains(c.Error, `unknown operation "Softplus"`) {
		t.Errorf("check %+v, want an error that names the operation", c)
	}
}

// TestVerifySamplerNeedsNumbers verifies with a field that returns NaN, and with one that returns an error.
func TestVerifySamplerNeedsNumbers(t *testing.T) {
	t.Parallel()
	file := sampler(t, small, ode.Euler, ode.Uniform(2), SamplerOptions{})
	nowhere := func(_ float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		u.Data[0] = math.NaN()
		return u, nil
	}
	if c := VerifySampler(file, ode.Euler, ode.Uniform(2), nowhere, flow.Units{}, Noise(2, 8, 0)); c.OK || !strings.Contains(c.Error, "not finite") {
		t.Errorf("check %+v, want an error about numbers that are not finite", c)
	}
	broken := func(_ float64, x flow.Batch) (flow.Batch, error) { return x, errors.New("broken") }
	if c := VerifySampler(file, ode.Euler, ode.Uniform(2), broken, flow.Units{}, Noise(2, 8, 0)); c.OK || !strings.Contains(c.Error, "broken") {
		t.Errorf("check %+v, want the field's error", c)
	}
}

// TestSolveMeasuresGrowth uses dx/dt = a x, which spreads points by e^a: for a = 2 the tolerance grows, for a = -2 it does
// not. RK4 with 50 steps is within 1e-5 of the exact factor, and the size of the nudge does not matter in a linear field.
func TestSolveMeasuresGrowth(t *testing.T) {
	t.Parallel()
	for _, a := range []float64{2, -2} {
		linear := func(_ float64, x flow.Batch) (flow.Batch, error) {
			u := x.Clone()
			for i := range u.Data {
				u.Data[i] *= a
			}
			return u, nil
		}
		s, err := solve(Steps{Field: linear, Solver: ode.RK4, Times: ode.Uniform(50)}, nil, flow.Batch{Dim: 1, Data: []float64{-3, 1}})
		if err != nil {
			t.Fatal(err)
		}
		maxAbs := max(3, 3*math.Exp(a))
		if math.Abs(s.growth/math.Exp(a)-1) > 1e-5 || math.Abs(s.maxAbs/maxAbs-1) > 1e-5 {
			t.Errorf("a = %g: growth %g, want %g, at most %g, want %g", a, s.growth, math.Exp(a), s.maxAbs, maxAbs)
		}
		if want := 1e-5 * (1 + maxAbs) * max(1, math.Exp(a)); math.Abs(s.tolerance()/want-1) > 1e-4 {
			t.Errorf("a = %g: tolerance %g, want %g", a, s.tolerance(), want)
		}
	}
}

// TestSolveCountsRoundings: a step of Runge and Kutta rounds its points once and so does one of Adams and Bashforth; a state with a
// weight is multiplied and added; noise is added besides.
func TestSolveCountsRoundings(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(8)
	noisy := &SDE{ode.SDE{Noise: .5}, flow.CondOT}
	rows := slices.Repeat([]ode.Row{{X: []float64{2}, U: []float64{1}}}, 8)
	for _, c := range []struct {
		s    Steps
		want int
	}{
		{Steps{Solver: ode.RK4, Times: ts}, 8},
		{Steps{Solver: ode.Heun, Times: ts, SDE: noisy}, 16},
		{Steps{Solver: ode.AB2, Times: ts}, 8},
		{Steps{Solver: ode.Tuned.With(ode.TableOf(ts, rows)), Times: ts}, 16},
	} {
		if got := c.s.roundings(); got != c.want {
			t.Errorf("%s: %d roundings, want %d", c.s.Solver.Name, got, c.want)
		}
	}
}

// TestToleranceCoversManySteps takes 1,000 steps. Far outside the data rounding alone does more than 1e-5 (1 + max |x|), which the
// tolerance allows. A bias off by .001 is found from the usual noise.
func TestToleranceCoversManySteps(t *testing.T) {
	t.Parallel()
	ts, usual := ode.Uniform(1000), Noise(2, 64, 0)
	far := usual.Clone()
	for i := range far.Data {
		far.Data[i] *= 30
	}
	for i, s := range []ode.Solver{ode.Euler, ode.AB2} {
		if testing.Short() && i > 0 {
			break // each takes 3 seconds
		}
		right := sampler(t, small, s, ts, SamplerOptions{})
		wrong := edited(t, right, func(m *onnx.Model) { set(m, "layers.2.bias", func(v []float32) { v[1] += .001 }) })
		for _, c := range []struct {
			name  string
			file  []byte
			noise flow.Batch
			least float64 // of the difference, in 1e-5 (1 + max |x|) times the growth
			ok    bool
		}{
			{"far outside", right, far, 1, true}, {"from noise", right, usual, 0, true}, {"wrong, from noise", wrong, usual, 1, false},
		} {
			want, err := solve(Steps{Field: field(t), Solver: s, Times: ts}, nil, c.noise)
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, open(t, c.file, ort.SessionOptions{Optimise: ort.All}), tensorOf(c.noise, []int{c.noise.Dim}))
			var d differences
			d.add(got[0].Data, want.trajectory[len(ts)-1].Data)
			if few := tolerance * (1 + want.maxAbs) * max(1, want.growth); d.largest < c.least*few || (d.largest <= want.tolerance()) != c.ok {
				t.Errorf("%s, %s: %.2g off, %.2g allowed, and %.2g for few steps; want OK %v", s.Name, c.name, d.largest, want.tolerance(), few, c.ok)
			}
		}
	}
}

// mutated returns the file with one random change.
func mutated(r *rand.Rand, file []byte) []byte {
	out, at := bytes.Clone(file), r.IntN(len(file))
	switch r.IntN(6) {
	case 0, 1:
		out[at] ^= 1 << r.IntN(8)
	case 2:
		out[at] += byte(1 + r.IntN(255))
	case 3:
		out = slices.Delete(out, at, min(at+1+r.IntN(8), len(out)))
	case 4:
		out = slices.Insert(out, at, byte(r.IntN(256)))
	case 5:
		from := r.IntN(len(file)) // a piece in the wrong place
		copy(out[at:], file[from:min(from+1+r.IntN(16), len(file))])
	}
	return out
}

// TestMutatedFilesDoNotPass checks that thousands of damaged files are all found out, by reading or by the checksum, and that
// verifying some of them neither passes nor crashes.
func TestMutatedFilesDoNotPass(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	u, ts := field(t), ode.Uniform(2)
	loop := sampler(t, small, ode.Heun, ts, SamplerOptions{})
	points, noise := Points(example, 3, 0), Noise(2, 3, 0)
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		file   []byte
		verify func(file []byte) experiments.Check
	}{
		{exported(t, weights), func(file []byte) experiments.Check { return Verify(file, points, m.RowField()) }},
		{loop, func(file []byte) experiments.Check { return VerifySampler(file, ode.Heun, ts, u, flow.Units{}, noise) }},
	} {
		if check := c.verify(c.file); !check.OK {
			t.Fatalf("the file as it is: %+v", check)
		}
		for i := range 3000 {
			bad := mutated(r, c.file)
			if bytes.Equal(bad, c.file) {
				continue
			}
			model, err := readAny(bad)
			if err == nil && sealed(model, bad) {
				t.Fatalf("mutation %d goes unnoticed", i)
			}
			if i%60 == 0 && c.verify(bad).OK {
				t.Fatalf("mutation %d passes", i)
			}
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	kind, run, err := Origin(sampler(t, example, ode.Heun, ode.Uniform(2), SamplerOptions{}))
	if kind != "sampler" || run != "abc" || err != nil {
		t.Errorf("a sampler is a %s of run %s (%v)", kind, run, err)
	}
	kind, _, err = Origin(exported(t, velocity.Init(example, 3)))
	if kind != "velocity" || err != nil {
		t.Errorf("a velocity net is a %s (%v)", kind, err)
	}
	nameless, err := Velocity(example, velocity.Init(example, 3), About{})
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"garbage": []byte("not a model"), "empty": nil, "no run": nameless} {
		if _, _, err := Origin(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestCheckRepeatsFindsOtherBits changes one bit of the first result.
func TestCheckRepeatsFindsOtherBits(t *testing.T) {
	t.Parallel()
	s := open(t, sampler(t, small, ode.Heun, ode.Uniform(2), SamplerOptions{}), ort.SessionOptions{})
	inputs := []ort.Tensor{drawn(3, 2)}
	out := run(t, s, inputs...)
	if err := checkRepeats(s, inputs, out); err != nil {
		t.Error(err)
	}
	out[0].Data[4] = math.Float32frombits(math.Float32bits(out[0].Data[4]) ^ 1)
	if err := checkRepeats(s, inputs, out); err == nil {
		t.Error("a flipped bit goes unnoticed")
	}
}
