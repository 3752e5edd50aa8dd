package export

import (
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// metres are units of two columns that differ by a factor of a billion; one column is far from 0.
var metres = flow.Units{Scale: []float64{1e-3, 2e6}, Shift: []float64{-.25, 3e7}}

func inMetres(t *testing.T, about About, ts []float64, o SamplerOptions) []byte {
	t.Helper()
	about.Units = metres
	if about.Properties == nil {
		about.Properties = map[string]string{"run": "abc"}
	}
	file, err := Sampler(small, velocity.Init(small, 3), ode.Heun, ts, about, o)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestSamplerInTheUsersUnits checks that a sampler with units returns x scale + shift, bit for bit, where x is what it
// returns without units. It checks every form, with trajectories too.
func TestSamplerInTheUsersUnits(t *testing.T) {
	t.Parallel()
	noise := drawn(7, 2)
	for _, o := range []SamplerOptions{{}, {Trajectory: true}, {Portable: true}, {Portable: true, Trajectory: true}} {
		plain := run(t, open(t, sampler(t, small, ode.Heun, ode.Uniform(4), o), ort.SessionOptions{}), noise)
		file := inMetres(t, About{}, ode.Uniform(4), o)
		got := run(t, open(t, file, ort.SessionOptions{}), noise)
		if len(got) != len(plain) {
			t.Fatalf("%+v: %d outputs, want %d", o, len(got), len(plain))
		}
		for k := range got {
			want := slices.Clone(plain[k].Data)
			for i, v := range want {
				want[i] = float32(v*float32(metres.Scale[i%2])) + float32(metres.Shift[i%2])
			}
			if !identical(got[k].Data, want) || !slices.Equal(got[k].Dims, plain[k].Dims) {
				t.Errorf("%+v: output %d is %v, want %v", o, k, got[k].Data[:4], want[:4])
			}
		}
		m, err := onnx.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if unused := idle(m.Graph); len(unused) > 0 {
			t.Errorf("%+v: nothing depends on %v", o, unused)
		}
		if !strings.Contains(m.Outputs[0].Doc, "units of the data") || m.Metadata["scale"] != "[0.001,2000000]" || m.Metadata["shift"] != "[-0.25,30000000]" {
			t.Errorf("%+v: says %q, %v", o, m.Outputs[0].Doc, m.Metadata)
		}
	}
}

func TestVerifySamplerInTheUsersUnits(t *testing.T) {
	t.Parallel()
	noise, ts := Noise(2, 64, 0), ode.Uniform(4)
	check := func(file []byte, units flow.Units) experiments.Check {
		return VerifySampler(file, ode.Heun, ts, field(t), units, noise)
	}
	for _, o := range []SamplerOptions{{}, {Portable: true, Trajectory: true}} {
		if c := check(inMetres(t, About{}, ts, o), metres); !c.OK {
			t.Errorf("%+v: %+v, want one that passes", o, c)
		}
	}
	// A column so far from 0 that the rounding of its shift alone exceeds the tolerance.
	far := flow.Units{Scale: []float64{1, .1}, Shift: []float64{0, 9e3}}
	file, err := Sampler(small, velocity.Init(small, 3), ode.Heun, ts, About{Units: far}, SamplerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c := check(file, far); !c.OK {
		t.Errorf("far from 0: %+v, want one that passes", c)
	}
	if c := check(file, flow.Units{Scale: far.Scale, Shift: []float64{0, 9e3 + .02}}); c.OK {
		t.Errorf("a shift off by a fifth of a standard deviation passes: %+v", c)
	}
	// Units that must not pass: each is wrong in one number, by little compared with the other column.
	file = inMetres(t, About{}, ts, SamplerOptions{})
	column := func(j int, scale, shift float64) flow.Units {
		u := flow.Units{Scale: slices.Clone(metres.Scale), Shift: slices.Clone(metres.Shift)}
		u.Scale[j] *= scale
		u.Shift[j] += shift
		return u
	}
	for name, units := range map[string]flow.Units{
		"no units":                     {},
		"the first scale by 1 in 1000": column(0, 1.001, 0),
		"the other scale":              column(1, 1.001, 0),
		"the first shift by 0.01 std":  column(0, 1, 1e-5),
		"the other shift":              column(1, 1, 2e4),
		"the sign of a scale":          column(0, -1, 0),
		"the columns exchanged":        {Scale: []float64{2e6, 1e-3}, Shift: []float64{3e7, -.25}},
	} {
		if c := check(file, units); c.OK || !(c.MaxAbsDiff > c.Tolerance) {
			t.Errorf("%s passes: %+v", name, c)
		}
	}
	if c := check(sampler(t, small, ode.Heun, ts, SamplerOptions{}), metres); c.OK {
		t.Errorf("a sampler on the scale of the net passes: %+v", c)
	}
	for _, name := range []string{"units/scale", "units/shift"} {
		wrong := edited(t, file, func(m *onnx.Model) { set(m, name, func(v []float32) { v[0] *= 1.01 }) })
		if c := check(wrong, metres); c.OK {
			t.Errorf("another %s passes: %+v", name, c)
		}
	}
}

// TestVelocitySaysItsUnits checks that a velocity works on the scale of the net and tells how to convert to the data's.
func TestVelocitySaysItsUnits(t *testing.T) {
	t.Parallel()
	plain, err := Velocity(small, velocity.Init(small, 3), About{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := Velocity(small, velocity.Init(small, 3), About{Units: metres, Columns: []string{"length", "a|b"}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := onnx.Read(plain)
	if err != nil {
		t.Fatal(err)
	}
	b, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Nodes) != len(b.Nodes) || strings.Contains(a.Inputs[1].Doc, "scale") {
		t.Errorf("the graph changes with the units: %d nodes and %d", len(a.Nodes), len(b.Nodes))
	}
	for key, want := range map[string]string{
		"scale": "[0.001,2000000]", "shift": "[-0.25,30000000]", "columns": `["length","a|b"]`, "units": "standardised: data = scale x + shift",
	} {
		if b.Metadata[key] != want || a.Metadata[key] != "" {
			t.Errorf("the property %s is %q, want %q, and %q without units", key, b.Metadata[key], want, a.Metadata[key])
		}
	}
	open := func(file []byte) *Opened {
		o, err := Open(file, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { o.Close() })
		return o
	}
	// Metadata outlive a program that rewrites the file under its own name.
	for name, file := range map[string][]byte{"as written": file, "rewritten": edited(t, file, func(m *onnx.Model) { m.Producer = "another" })} {
		if o := open(file); !slices.Equal(o.Units.Scale, metres.Scale) || !slices.Equal(o.Units.Shift, metres.Shift) || len(o.Columns) != 2 {
			t.Errorf("%s: read back as %v of %q", name, o.Units, o.Columns)
		}
	}
	// Samplers already return points in the user's units, and files of other programs have none.
	foreign := func(m *onnx.Model) {
		m.Producer, m.Metadata = "another", map[string]string{"scale": "[2,2]", "shift": "[0,0]"}
	}
	for name, other := range map[string][]byte{
		"a sampler": inMetres(t, About{}, ode.Uniform(2), SamplerOptions{}), "a velocity without units": plain,
		"another program's": edited(t, file, foreign),
	} {
		if o := open(other); !o.Units.Identity() {
			t.Errorf("%s has the units %v, want none", name, o.Units)
		}
	}
	damaged := edited(t, file, func(m *onnx.Model) { m.Metadata["scale"] = "[2]" })
	if _, err := Open(damaged, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "metadata are damaged") {
		t.Errorf("one scale for two coordinates: error %v", err)
	}
	if !strings.Contains(b.Inputs[1].Doc, "data = scale x + shift") {
		t.Errorf("x is %q", b.Inputs[1].Doc)
	}
	card := string(Card(About{Units: metres, Columns: []string{"length", "a|b"}}, []int{2}))
	for _, want := range []string{"| length | 0.001 | -0.25 |", `| a\|b | 2000000 | 30000000 |`, "data = scale x + shift"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card does not contain %q:\n%s", want, card)
		}
	}
	if card := string(Card(About{}, []int{2})); strings.Contains(card, "## Units") {
		t.Errorf("a card without units has a section on them:\n%s", card)
	}
}

func TestInvalidUnits(t *testing.T) {
	t.Parallel()
	for name, units := range map[string]flow.Units{
		"of another dimension": {Scale: []float64{1}, Shift: []float64{0}},
		"no shift":             {Scale: []float64{1, 1}},
		"a scale of 0":         {Scale: []float64{1, 0}, Shift: []float64{0, 0}},
		"too small a scale":    {Scale: []float64{1e-50, 1}, Shift: []float64{0, 0}},
		"too large a scale":    {Scale: []float64{1e50, 1}, Shift: []float64{0, 0}},
		"too large a shift":    {Scale: []float64{1, 1}, Shift: []float64{0, -1e50}},
		"a shift that is NaN":  {Scale: []float64{1, 1}, Shift: []float64{0, math.NaN()}},
	} {
		if _, err := Sampler(small, velocity.Init(small, 3), ode.Euler, ode.Uniform(1), About{Units: units}, SamplerOptions{}); err == nil {
			t.Errorf("%s: a sampler is exported", name)
		}
		if _, err := Velocity(small, velocity.Init(small, 3), About{Units: units}); err == nil {
			t.Errorf("%s: a velocity is exported", name)
		}
	}
}
