package export

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// conditions are what files may be conditional on, with and without a guidance.
func conditions() map[string]guided.Model {
	species := given.Classes("species", []string{"Adelie", "Chinstrap", "Gentoo"}, []float64{.5, .2, .3})
	doses := given.Condition{Numbers: []given.Number{{Name: "dose", Mean: 40, Std: 12.5}, {Name: "age", Mean: -.5, Std: .01}}}
	return map[string]guided.Model{
		"classes":                {Given: species, Guidance: flow.Guided(2), Whole: true},
		"classes without none":   {Given: species, Guidance: flow.Guided(1)},
		"numbers":                {Given: doses, Guidance: flow.Guided(1.5), Whole: true},
		"numbers without none":   {Given: doses, Guidance: flow.Guided(1)},
		"the whole distribution": {Given: species, Guidance: flow.Guided(0), Whole: true},
	}
}

// conditionalNet is a net for a condition, with its weights, compiled.
func conditionalNet(t *testing.T, a net.Architecture, g guided.Model) (net.Net, []float32, *velocity.Model) {
	t.Helper()
	n := net.Spec{Architecture: a, Width: 8, Depth: 1, Activation: net.SiLU}.On(3)
	if a.Heads {
		n.Heads = 2
	}
	if a.Images {
		n.Shape = []int{1, 2, 2}
	}
	n.Given = g.Given.Width()
	weights := velocity.Init(n, 3)
	m, err := velocity.Compile(engine.Go, n, weights)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return n, weights, m
}

// conditionalSteps are the steps of a sampler of a net.
func conditionalSteps(m *velocity.Model, g guided.Model) Steps {
	guide := func(w flow.Guidance) flow.Field { return m.RowField().Guide(w).Field() }
	return Steps{Field: guide(g.Guidance), Solver: ode.Heun, Times: ode.Uniform(2), Conditional: g, Guide: guide}
}

// TestConditionalFiles: files of every architecture, conditional on classes or numbers, agree with Go over every class and several
// weights, and say what they are conditional on, so that their parts make the same bytes again.
func TestConditionalFiles(t *testing.T) {
	t.Parallel()
	for name, g := range conditions() {
		for _, a := range net.Architectures {
			// The condition enters nets in two ways: a perceptron at its first layer, and all others in the embedding of the time.
			all := name == "classes" && !testing.Short()
			if !all && a.Name != net.MLP.Name && (a.Name != net.Residual.Name || name != "numbers") {
				continue
			}
			t.Run(name+" "+a.Name, func(t *testing.T) {
				t.Parallel()
				n, weights, m := conditionalNet(t, a, g)
				about := About{Conditional: g}
				v, err := Velocity(n, weights, about)
				if err != nil {
					t.Fatal(err)
				}
				if c := Verify(v, Points(n, 60, 0).Under(g), m.RowField()); !c.OK {
					t.Errorf("velocity: %+v", c)
				}
				for _, o := range []SamplerOptions{{}, {Portable: true}} {
					s, err := Sampler(n, weights, ode.Heun, ode.Uniform(2), about, o)
					if err != nil {
						t.Fatal(err)
					}
					if c := VerifySteps(s, conditionalSteps(m, g), Noise(n.Dim(), 30, 0)); !c.OK {
						t.Errorf("sampler %+v: %+v", o, c)
					}
					p, err := Dissect(s)
					if err != nil {
						t.Fatal(err)
					}
					if again, err := p.Write(); err != nil || !slices.Equal(again, s) || fmt.Sprint(p.About.Conditional) != fmt.Sprint(g) {
						t.Errorf("the parts of the sampler make another file (%v), conditional on %v", err, p.About.Conditional)
					}
				}
			})
		}
	}
}

// TestVerifyCatchesWrongConditions: a file that takes classes in another order, or guides the wrong way, is found out, and so is one whose
// default is another weight.
func TestVerifyCatchesWrongConditions(t *testing.T) {
	t.Parallel()
	g := conditions()["classes"]
	n, weights, m := conditionalNet(t, net.MLP, g)
	v, err := Velocity(n, weights, About{Conditional: g})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Sampler(n, weights, ode.Heun, ode.Uniform(2), About{Conditional: g}, SamplerOptions{Portable: true})
	if err != nil {
		t.Fatal(err)
	}
	constant := func(m *onnx.Model, name string, data any) {
		for i := range m.Initializers {
			if m.Initializers[i].Name == name {
				m.Initializers[i].Data = data
			}
		}
	}
	for name, edit := range map[string]func(m *onnx.Model){
		"classes in another order": func(m *onnx.Model) { constant(m, "given/classes", []int64{1, 0, 2}) },
		"the other sign": func(m *onnx.Model) {
			for i, node := range m.Nodes {
				if strings.HasSuffix(node.Outputs[0], "guided/difference") {
					m.Nodes[i].Inputs = []string{node.Inputs[1], node.Inputs[0]}
				}
			}
		},
		"weights counted from -1": func(m *onnx.Model) {
			for i, node := range m.Nodes {
				if node.Op == "Add" && strings.HasSuffix(node.Inputs[0], "guided/none") {
					m.Nodes[i].Inputs = []string{strings.Replace(node.Inputs[0], "none", "given", 1), node.Inputs[1]}
				}
			}
		},
		"another default": func(m *onnx.Model) { constant(m, guided.Guidance, []float32{1}) },
	} {
		if c := Verify(edited(t, v, edit), Points(n, 60, 0).Under(g), m.RowField()); c.OK {
			t.Errorf("%s: the velocity passes", name)
		}
		if c := VerifySteps(edited(t, s, edit), conditionalSteps(m, g), Noise(n.Dim(), 30, 0)); c.OK {
			t.Errorf("%s: the sampler passes", name)
		}
	}
	other := g
	other.Given.Classes = []string{"Adelie", "Gentoo", "Chinstrap"}
	if p, err := Dissect(v); err != nil || fmt.Sprint(p.About.Conditional) == fmt.Sprint(other) {
		t.Errorf("classes %v, %v", p.About.Conditional, err)
	}
}

// TestOpenedConditionalFiles: an opened file gives what Go gives, a velocity for points given nothing too, and says what it lacks.
func TestOpenedConditionalFiles(t *testing.T) {
	t.Parallel()
	for name, g := range conditions() {
		n, weights, m := conditionalNet(t, net.Residual, g)
		v, err := Velocity(n, weights, About{Conditional: g})
		if err != nil {
			t.Fatal(err)
		}
		opened, err := Open(v, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		p := Points(n, 50, 0)
		check := func(what string, x flow.Batch) {
			got, err := opened.Velocity(p.T, x)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, what, err)
			}
			want, err := m.RowField()(p.T, x)
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range want.Data {
				if math.Abs(got.Data[i]-w) > 1e-5*(1+math.Abs(w)) {
					t.Fatalf("%s: %s: %g, want %g", name, what, got.Data[i], w)
				}
			}
		}
		x := p.X.Clone()
		x.Given = g.Rows(50)
		check("given something", x)
		nothing := x.Unconditional()
		if g.Whole {
			check("given nothing", nothing)
		} else if _, err := opened.Velocity(p.T, nothing); err == nil || !strings.Contains(err.Error(), "has not learnt the whole distribution") {
			t.Errorf("%s: points given nothing: %v", name, err)
		}
		if _, err := opened.Velocity(p.T, p.X); err == nil || !strings.Contains(err.Error(), "say what its samples are given") {
			t.Errorf("%s: points that are not said to be given anything: %v", name, err)
		}
		s, err := Sampler(n, weights, ode.Heun, ode.Uniform(2), About{Conditional: g}, SamplerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sampler, err := Open(s, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer sampler.Close()
		for _, w := range append(g.Weights(), g.Guidance) {
			sampler.Guide(w.Weight())
			got, err := sampler.Sampler(x)
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := ode.Solve(m.RowField().Guide(w).Field(), ode.Heun, ode.Uniform(2), x)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range want.Data {
				if math.Abs(got.Data[i]-v) > 1e-4*(1+math.Abs(v)) {
					t.Fatalf("%s: guidance %s: a sample is %g, want %g", name, w, got.Data[i], v)
				}
			}
		}
	}
}

// TestDamagedConditions: metadata that do not fit together are refused.
func TestDamagedConditions(t *testing.T) {
	t.Parallel()
	g := conditions()["classes"]
	n, weights, _ := conditionalNet(t, net.MLP, g)
	v, err := Velocity(n, weights, About{Conditional: g})
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"classes": `["a"]`, "class_shares": "[1]", "guidance": "NaN", "conditions": "[]", "label": ""} {
		bad := edited(t, v, func(m *onnx.Model) { m.Metadata[key] = value })
		if _, err := Open(bad, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "export the file again") {
			t.Errorf("%s %q: %v", key, value, err)
		}
	}
	if _, err := Sampler(n, weights, ode.Heun, ode.Uniform(2), About{Conditional: g}, SamplerOptions{LogProb: true}); err == nil ||
		!strings.Contains(err.Error(), "use flowsweep logp --label") {
		t.Errorf("log densities: %v", err)
	}
}
