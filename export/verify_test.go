package export

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

var example = net.Spec{Architecture: net.MLP, Width: 32, Depth: 3, Activation: net.ELU}.On(2)

func model(t *testing.T) (*velocity.Model, []float32) {
	t.Helper()
	weights := velocity.Init(example, 3)
	m, err := velocity.Compile(engine.Go, example, weights)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, weights
}

func exported(t *testing.T, weights []float32) []byte {
	t.Helper()
	file, err := Velocity(example, weights, About{Version: "test", Doc: "a net", Properties: map[string]string{"run": "abc", "seed": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestVerifyPasses(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	c := Verify(exported(t, weights), Points(example, 4096, 0), m.RowField())
	if !c.OK || c.Error != "" || c.Points != 4096 || len(c.Batches) < 3 || !slices.Equal(c.Levels, []string{"off", "basic", "all"}) || !slices.Equal(c.Threads, []int{1, 2}) || c.MaxAbs <= 0 {
		t.Errorf("check %+v, want one that passes", c)
	}
	if c.MaxAbsDiff == 0 {
		t.Log("the difference is exactly 0 on this machine")
	}
}

// TestVerifyFindsOneWrongWeight changes one weight in the file, by 1 % of the weights' scale and then by its sign.
func TestVerifyFindsOneWrongWeight(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := exported(t, weights)
	for _, at := range []int{0, 200, len(weights) / 2, len(weights) - 1} {
		for _, change := range []float32{.01 / float32(math.Sqrt(32)), -2 * weights[at]} {
			if math.Abs(float64(change)) < 1e-3 {
				change = 1e-3
			}
			c := Verify(perturbed(t, file, weights[at], change), Points(example, 4096, 0), m.RowField())
			if c.OK || c.Error != "" {
				t.Errorf("weight %d changed by %g passes: %+v", at, change, c)
			}
		}
	}
}

// perturbed returns the file with the weight changed. The bytes of the weight must be unique in the file.
func perturbed(t *testing.T, file []byte, weight, change float32) []byte {
	t.Helper()
	old := binary.LittleEndian.AppendUint32(nil, math.Float32bits(weight))
	i := bytes.Index(file, old)
	if i < 0 || bytes.Count(file, old) != 1 {
		t.Fatalf("the weight %g is in the file %d times, want once", weight, bytes.Count(file, old))
	}
	out := bytes.Clone(file)
	binary.LittleEndian.PutUint32(out[i:], math.Float32bits(weight+change))
	return out
}

func TestVerifyFindsNonFinite(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := exported(t, weights)
	if c := Verify(perturbed(t, file, weights[5], float32(math.NaN())), Points(example, 64, 0), m.RowField()); c.OK {
		t.Errorf("a weight that is NaN passes: %+v", c)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		spoiled := func(times []float64, x flow.Batch) (flow.Batch, error) {
			v, err := m.RowField()(times, x)
			if err == nil {
				v.Data[0] = bad
			}
			return v, err
		}
		if c := Verify(file, Points(example, 64, 0), spoiled); c.OK || !strings.Contains(c.Error, "not finite") {
			t.Errorf("a reference with a %g passes: %+v", bad, c)
		}
	}
}

func TestVerifyOfAnotherNet(t *testing.T) {
	t.Parallel()
	m, _ := model(t)
	other := net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.Tanh}.On(3)
	file, err := Velocity(other, velocity.Init(other, 1), About{})
	if err != nil {
		t.Fatal(err)
	}
	if c := Verify(file, Points(example, 64, 0), m.RowField()); c.OK || c.Error == "" {
		t.Errorf("a file of dimension 3 passes in dimension 2: %+v", c)
	}
	if c := Verify([]byte("no model"), Points(example, 64, 0), m.RowField()); c.OK || c.Error == "" {
		t.Errorf("a file that is not a model passes: %+v", c)
	}
}

// TestVerifyChecksTheNames renames an input, as other runtimes find inputs by name.
func TestVerifyChecksTheNames(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	file := exported(t, weights)
	renamed := bytes.ReplaceAll(file, []byte("\x0a\x01t"), []byte("\x0a\x01s")) // the input's name, wherever it is used
	if bytes.Equal(file, renamed) {
		t.Fatal("the file does not contain the name of the input t")
	}
	if c := Verify(renamed, Points(example, 64, 0), m.RowField()); c.OK || !strings.Contains(c.Error, "maps s[batch,1] x[batch,2] to v[batch,2], not t") {
		t.Errorf("a file whose input is called s passes: %+v", c)
	}
}

func TestExportIsReproducible(t *testing.T) {
	t.Parallel()
	_, weights := model(t)
	a, b := exported(t, weights), exported(t, weights)
	if !bytes.Equal(a, b) {
		t.Error("the same net gives different bytes")
	}
	for _, want := range []string{"layers.2.weight", "batch", "time_convention", "velocity", "flowsweep"} {
		if !bytes.Contains(a, []byte(want)) {
			t.Errorf("the file does not hold %q", want)
		}
	}
}

func TestPointsCoverTheTimes(t *testing.T) {
	t.Parallel()
	p := Points(example, 1000, 0)
	if p.T[0] != 0 || p.T[1] != 1 {
		t.Errorf("the first times are %g and %g, want 0 and 1", p.T[0], p.T[1])
	}
	for _, v := range p.T {
		if v < 0 || v > 1 {
			t.Errorf("time %g", v)
		}
	}
}

func TestVectorsHoldTheNet(t *testing.T) {
	t.Parallel()
	m, _ := model(t)
	text, err := Vectors(example, guided.Model{}, m.RowField(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	x := flow.Batch{Dim: 2, Data: []float64{float64(v.X[7][0]), float64(v.X[7][1])}}
	want, err := m.Field()(float64(v.T[7][0]), x)
	if err != nil || len(v.T) != vectorCount || !slices.Equal(v.V[7], flow.Narrow(nil, want.Data)) || v.Tolerance <= 0 || v.Sampler != nil {
		t.Errorf("vector 7 of %d is %v, want %v (%v)", len(v.T), v.V[7], want.Data, err)
	}
}

// TestVectorsHoldTheSampler runs both forms of the file on the vectors.
func TestVectorsHoldTheSampler(t *testing.T) {
	t.Parallel()
	m, _ := model(t)
	s := Steps{Field: m.Field(), Solver: ode.Heun, Times: ode.Uniform(5)}
	text, err := Vectors(example, guided.Model{}, m.RowField(), &s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil || len(v.Sampler.Noise) != vectorCount {
		t.Fatal(err, v.Sampler)
	}
	for _, o := range []SamplerOptions{{}, {Portable: true}} {
		noise := ort.Tensor{Dims: []int{vectorCount, 2}, Data: slices.Concat(v.Sampler.Noise...)}
		got := run(t, open(t, sampler(t, example, s.Solver, s.Times, o), ort.SessionOptions{}), noise)[0].Data
		for i, want := range slices.Concat(v.Sampler.Samples...) {
			if d := math.Abs(float64(got[i] - want)); !(d <= v.Sampler.Tolerance && v.Sampler.Tolerance < 1e-3) {
				t.Fatalf("number %d is %g, vectors.json has %g with tolerance %g", i, got[i], want, v.Sampler.Tolerance)
			}
		}
	}
}

// TestVectorsHoldDensitiesAndTrajectories runs both files on the vectors.
func TestVectorsHoldDensitiesAndTrajectories(t *testing.T) {
	t.Parallel()
	m, weights := model(t)
	s := Steps{Field: m.Field(), Solver: ode.Heun, Times: ode.Uniform(5), Density: densities(t, example, weights), Trajectory: true}
	text, err := Vectors(example, guided.Model{}, m.RowField(), &s, &s)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	compare := func(what string, got ort.Tensor, want []float32, tolerance float64) {
		t.Helper()
		if len(got.Data) != len(want) || !(tolerance > 0 && tolerance < 1e-2) {
			t.Fatalf("%s: %d numbers, want %d within %g", what, len(got.Data), len(want), tolerance)
		}
		for i, w := range want {
			if d := math.Abs(float64(got.Data[i] - w)); !(d <= tolerance) {
				t.Fatalf("%s: number %d is %g, vectors.json has %g with tolerance %g", what, i, got.Data[i], w, tolerance)
			}
		}
	}
	file, err := Sampler(example, weights, s.Solver, s.Times, About{}, SamplerOptions{Trajectory: true, LogProb: true})
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, open(t, file, ort.SessionOptions{}), ort.Tensor{Dims: []int{vectorCount, 2}, Data: slices.Concat(v.Sampler.Noise...)})
	compare("log_prob", out[1], v.Sampler.LogProb, v.Sampler.LogProbTolerance)
	compare("trajectory", out[2], slices.Concat(slices.Concat(v.Sampler.Trajectory...)...), v.Sampler.Tolerance)
	if file, err = Density(example, weights, s.Solver, s.Times, About{}); err != nil {
		t.Fatal(err)
	}
	out = run(t, open(t, file, ort.SessionOptions{}), ort.Tensor{Dims: []int{vectorCount, 2}, Data: slices.Concat(v.Density.Data...)})
	compare("noise", out[0], slices.Concat(v.Density.Noise...), v.Density.Tolerance)
	compare("log_prob of data", out[1], v.Density.LogProb, v.Density.LogProbTolerance)
}

func TestCardSaysWhetherItIsVerified(t *testing.T) {
	t.Parallel()
	about := About{Doc: "A net", Properties: map[string]string{"pipe": "a|b"}}
	card := string(Card(about, []int{2}, experiments.Check{File: "velocity.onnx", OK: true}, experiments.Check{File: "sampler.onnx"}))
	for _, want := range []string{`a\|b`, "## velocity.onnx", "## sampler.onnx", "**verified**", "do not use", "`noise[batch,d]`", "`t[batch,1]`"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card does not say %q:\n%s", want, card)
		}
	}
	about.Source = "two rings"
	if card := string(Card(about, []int{2}, experiments.Check{File: "velocity.onnx"}, experiments.Check{File: "sampler.onnx"})); strings.Count(card, "(two rings)") != 2 || strings.Contains(card, "(standard normal)") || !strings.Contains(card, "source, two rings.") {
		t.Errorf("the card does not name the source:\n%s", card)
	}
	if card := string(Card(about, []int{2}, experiments.Check{File: "sampler.onnx", Error: "no library"})); !strings.Contains(card, "no library") {
		t.Errorf("card\n%s", card)
	}
}
