package export

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// tableNet is a net for the codes of people.
var tableNet = net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.SiLU}.On(8)

// people is the code of columns of every kind, and its units.
func people(t *testing.T) (kinds.Code, About) {
	t.Helper()
	of := func(name string, arguments ...string) kinds.Kind {
		k, err := kinds.Of(name, arguments...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	names := []string{"country", "age", "children", "income", "share", "rate", "region", "site", "height"}
	rows := flow.Batch{Dim: 9, Data: []float64{7, 18, 0, 1, 0, .1, 0, 0, 150, 7, 90, 5, 1e5, .1, .7, 2, 0, 200}}
	code := kinds.Learn(names, []kinds.Kind{
		of("constant"), of("integer"), of("integer"), of("positive"), of("bounded", "0", "0.1"), of("bounded", "0.1", "0.7"),
		of("categorical", "north", "south"), of("categorical", "here"), of("real"),
	}, rows)
	units := flow.Units{Scale: []float64{12, 1.2, .8, 1.5, 1.5, 1, 1, 10}, Shift: []float64{40, 1.1, 9, .1, -.2, 0, 0, 170}}
	return code, About{Code: code, Units: units, Columns: names, Properties: map[string]string{"run": "abc"}}
}

func tableField(t *testing.T) flow.Field {
	t.Helper()
	m, err := velocity.Compile(engine.Go, tableNet, velocity.Init(tableNet, 3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m.Field()
}

// TestSamplerOfRows: a file that decodes gives the rows that Go decodes what it gives without decoding to, in every form: values that are
// picked or rounded exactly, and others within the rounding of 32-bit floats.
func TestSamplerOfRows(t *testing.T) {
	t.Parallel()
	code, about := people(t)
	weights, noise := velocity.Init(tableNet, 3), drawn(300, 8)
	for i := range noise.Data { // far out, where values are clipped
		noise.Data[i] *= float32(1 + i%13)
	}
	for _, o := range []SamplerOptions{{}, {Trajectory: true}, {Portable: true}, {Portable: true, Trajectory: true}} {
		plain, err := Sampler(tableNet, weights, ode.Heun, ode.Uniform(4), About{Units: about.Units}, o)
		if err != nil {
			t.Fatal(err)
		}
		file, err := Sampler(tableNet, weights, ode.Heun, ode.Uniform(4), about, o)
		if err != nil {
			t.Fatal(err)
		}
		codes, rows := run(t, open(t, plain, ort.SessionOptions{}), noise), run(t, open(t, file, ort.SessionOptions{}), noise)
		for k := range rows {
			want := code.Decode(flow.Batch{Dim: 8, Data: flow.Widen(codes[k].Data)})
			if len(rows[k].Data) != len(want.Data) || rows[k].Dims[len(rows[k].Dims)-1] != 9 {
				t.Fatalf("%+v: output %d has shape %v", o, k, rows[k].Dims)
			}
			for i, x := range want.Data {
				c, got := code.Columns()[i%9], float64(rows[k].Data[i])
				allowed := 0.
				if !c.Kind.Discrete && c.Width() > 0 {
					allowed = 1e-5 * max(.1, math.Abs(x)) // a log of up to 88 is rounded by 4e-6
				}
				if !(math.Abs(got-x) <= allowed) || c.Kind.Name == "bounded" && !(got >= c.Kind.Low && got <= c.Kind.High) {
					t.Fatalf("%+v: output %d, row %d: %s is %v, want %v", o, k, i/9, c.Name, got, x)
				}
			}
		}
		if m := read1(t, file); len(idle(m.Graph)) > 0 {
			t.Errorf("%+v: nothing depends on %v", o, idle(m.Graph))
		}
	}
}

func read1(t *testing.T, file []byte) onnx.Model {
	t.Helper()
	m, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestVerifySamplerOfRows: files of rows pass, and those that are wrong in one number of their decoding do not.
func TestVerifySamplerOfRows(t *testing.T) {
	t.Parallel()
	_, about := people(t)
	field, noise, ts := tableField(t), Noise(8, 256, 0), ode.Uniform(4)
	check := func(file []byte, of About) experiments.Check {
		return VerifySteps(file, Steps{Field: field, Solver: ode.Heun, Times: ts, Units: of.Units, Code: of.Code}, noise)
	}
	file := func(of About, o SamplerOptions) []byte {
		made, err := Sampler(tableNet, velocity.Init(tableNet, 3), ode.Heun, ts, of, o)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	for _, o := range []SamplerOptions{{}, {Portable: true}, {Trajectory: true}} {
		made := file(about, o)
		if c := check(made, about); !c.OK {
			t.Errorf("%+v: %+v, want one that passes", o, c)
		}
		parts, err := Dissect(made)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parts.Write()
		if err != nil || !slices.Equal(again, made) {
			t.Errorf("%+v: the parts of the file make another one (%v)", o, err)
		}
	}
	right := file(about, SamplerOptions{})
	for j, change := range map[int]func(c *kinds.Coder){
		0: func(c *kinds.Coder) { c.Low, c.High = 8, 8 },
		1: func(c *kinds.Coder) { c.Low = 41 },
		3: func(c *kinds.Coder) { c.Kind = kinds.Real },
		5: func(c *kinds.Coder) { c.Kind.High = .71 },
		8: func(c *kinds.Coder) { c.Kind = kinds.Integer },
	} {
		wrong := about
		columns := slices.Clone(about.Code.Columns())
		change(&columns[j])
		wrong.Code = kinds.NewCode(columns)
		if c := check(file(wrong, SamplerOptions{}), about); c.OK || c.Error != "" {
			t.Errorf("a file with another column %s passes, or is not compared: %+v", columns[j].Name, c)
		}
	}
	for name, edit := range map[string]func(m *onnx.Model){
		"no rounding":  func(m *onnx.Model) { operation(m, "Round", func(n *onnx.Node) { n.Op = "Identity" }) },
		"the smallest": func(m *onnx.Model) { operation(m, "ArgMax", func(n *onnx.Node) { n.Op = "ArgMin" }) },
		"floor":        func(m *onnx.Model) { operation(m, "Round", func(n *onnx.Node) { n.Op = "Floor" }) },
	} {
		if c := check(edited(t, right, edit), about); c.OK || !(c.MaxAbsDiff > c.Tolerance) {
			t.Errorf("%s passes: %+v", name, c)
		}
	}
}

func operation(m *onnx.Model, op string, change func(n *onnx.Node)) {
	for i := range m.Nodes {
		if m.Nodes[i].Op == op {
			change(&m.Nodes[i])
		}
	}
}

// TestDifferencesOfRows: a whole number or category that is not Go's counts by how far the point is from it.
func TestDifferencesOfRows(t *testing.T) {
	t.Parallel()
	code := kinds.NewCode([]kinds.Coder{{Name: "age", Kind: kinds.Integer, Low: 0, High: 99}, {Name: "height", Kind: kinds.Real, High: 1}})
	for _, c := range []struct {
		codes []float64
		got   []float32
		want  float64
	}{
		{[]float64{41.5001, 3}, []float32{41, 3}, .0001},
		{[]float64{41.5001, 3}, []float32{42, 3}, 0},
		{[]float64{41.4, 3}, []float32{42, 3}, .1},
		{[]float64{41.4, 3}, []float32{41, 3.25}, .25},
		{[]float64{120, 3}, []float32{99, 3}, 0},
		{[]float64{120, 3}, []float32{100, 3}, math.Inf(1)},
	} {
		var d differences
		d.addRows(code, c.got, c.codes)
		if !(math.Abs(d.largest-c.want) < 1e-9 || d.largest == c.want) {
			t.Errorf("%v of %v: %g, want %g", c.got, c.codes, d.largest, c.want)
		}
	}
}

// TestVectorsOfRows: test vectors of rows are apart from the edges of rounding, and their units cover what the tolerance allows.
func TestVectorsOfRows(t *testing.T) {
	t.Parallel()
	code, about := people(t)
	steps := &Steps{Field: tableField(t), Solver: ode.Heun, Times: ode.Uniform(4), Units: about.Units, Code: code}
	text, err := Vectors(tableNet, guided.Model{}, mustRows(t), steps, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Sampler samplerVectors }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	v := got.Sampler
	if len(v.Samples) != vectorCount || len(v.Samples[0]) != 9 || len(v.Noise[0]) != 8 || len(v.Unit) != 9 {
		t.Fatalf("%d vectors of %d numbers from %d, in %d units", len(v.Samples), len(v.Samples[0]), len(v.Noise[0]), len(v.Unit))
	}
	file, err := Sampler(tableNet, velocity.Init(tableNet, 3), ode.Heun, steps.Times, about, SamplerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows := run(t, open(t, file, ort.SessionOptions{}), ort.Tensor{Dims: []int{vectorCount, 8}, Data: slices.Concat(v.Noise...)})[0].Data
	for i, x := range rows {
		if off := math.Abs(float64(x-v.Samples[i/9][i%9])) / v.Unit[i%9]; !(off <= v.Tolerance) {
			t.Errorf("row %d, column %d: %g is %.3g units from %g, of %.3g allowed", i/9, i%9, x, off, v.Samples[i/9][i%9], v.Tolerance)
		}
	}
}

func mustRows(t *testing.T) flow.RowField {
	t.Helper()
	m, err := velocity.Compile(engine.Go, tableNet, velocity.Init(tableNet, 3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m.RowField()
}

// TestNoDensityOfRows: log densities of rows are refused.
func TestNoDensityOfRows(t *testing.T) {
	t.Parallel()
	_, about := people(t)
	_, err := Sampler(tableNet, velocity.Init(tableNet, 3), ode.Heun, ode.Uniform(2), about, SamplerOptions{LogProb: true})
	_, err2 := Density(tableNet, velocity.Init(tableNet, 3), ode.Heun, ode.Uniform(2), about)
	if err == nil || err2 == nil {
		t.Errorf("got %v and %v, want errors", err, err2)
	}
}

// TestOpenSamplerOfRows: files of rows are opened with their columns, and damaged kinds are an error.
func TestOpenSamplerOfRows(t *testing.T) {
	t.Parallel()
	code, about := people(t)
	sampler, err := Sampler(tableNet, velocity.Init(tableNet, 3), ode.Heun, ode.Uniform(2), about, SamplerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	velocity, err := Velocity(tableNet, velocity.Init(tableNet, 3), about)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{sampler, velocity} {
		o, err := Open(file, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if o.Dim != 8 || !slices.Equal(o.Columns, about.Columns) || fmt.Sprint(o.Code.Coordinates()) != fmt.Sprint(code.Coordinates()) {
			t.Errorf("opened with %d coordinates, columns %v, code of %v", o.Dim, o.Columns, o.Code.Coordinates())
		}
		if o.Sampler != nil {
			if rows, err := o.Sampler(flow.NewBatch(5, 8)); err != nil || rows.Dim != 9 || rows.Len() != 5 {
				t.Errorf("rows of %d numbers (%v), want 5 of 9", rows.Dim, err)
			}
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		for _, bad := range []string{"[]", "nonsense", `[{"name":"age","kind":"integer","low":0,"high":1}]`} {
			if o, err := Open(edited(t, file, func(m *onnx.Model) { m.Metadata["kinds"] = bad }), OpenOptions{}); err == nil {
				o.Close()
				t.Errorf("kinds %q are taken", bad)
			}
		}
	}
}
