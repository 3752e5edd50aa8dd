package export

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// TestPartsMakeTheFile: the parts of every kind of file, in every form and of every architecture, give its bytes again.
func TestPartsMakeTheFile(t *testing.T) {
	t.Parallel()
	same := func(name string, file []byte) {
		p, err := Dissect(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		again, err := p.Write()
		if err != nil || !bytes.Equal(again, file) {
			d, _ := Differences(file, again)
			t.Errorf("%s: other bytes (%v) in %v", name, err, d)
		}
	}
	about := About{Version: "test", Doc: "samples", Properties: map[string]string{"run": "abc", "licence": "free"}, Columns: []string{"a", "b"}}
	inUnits := about
	inUnits.Units = metres
	for _, n := range nets() {
		for i, a := range []About{about, inUnits} {
			if n.Dim() != 2 {
				a = About{Version: "test", Properties: map[string]string{"run": "abc"}}
			}
			name, weights := fmt.Sprint(n, " ", i), velocity.Init(n, 3)
			file, err := Velocity(n, weights, a)
			if err != nil {
				t.Fatal(err)
			}
			same(name, file)
			a.Properties["path"] = "condot"
			by := &flow.PathConversion{From: flow.CondOT, To: flow.Cosine}
			for _, o := range []SamplerOptions{{}, {Portable: true}, {Along: by}, {Portable: true, Along: by}, {Trajectory: true, LogProb: true}, {Portable: true, Trajectory: true, LogProb: true}} {
				if o.LogProb && n.Activation.Kinked {
					continue
				}
				for _, s := range []ode.Solver{ode.Euler, ode.Dopri5} {
					if file, err = Sampler(n, weights, s, []float64{0, .1, .7, 1}, a, o); err != nil {
						t.Fatal(err)
					}
					same(fmt.Sprintf("%s %s %+v", name, s.Name, o), file)
				}
			}
			if !n.Activation.Kinked {
				if file, err = Density(n, weights, ode.RK4, ode.Uniform(3), a); err != nil {
					t.Fatal(err)
				}
				same(name+" density", file)
			}
		}
	}
}

// TestDissectErrors: what is missing is named.
func TestDissectErrors(t *testing.T) {
	t.Parallel()
	file := sampler(t, small, ode.Heun, ode.Uniform(4), SamplerOptions{})
	for want, edit := range map[string]func(m *onnx.Model){
		"architecture": func(m *onnx.Model) { m.Metadata["architecture"] = "mlp of 3 layers" },
		"weights": func(m *onnx.Model) {
			m.Metadata["architecture"] = strings.Replace(m.Metadata["architecture"], "width 8", "width 9", 1)
		},
		`solver "rk9"`:      func(m *onnx.Model) { m.Metadata["solver"] = "rk9" },
		`written by "other`: func(m *onnx.Model) { m.Producer = "other" },
		"scale":             func(m *onnx.Model) { m.Metadata["scale"] = "[1," },
		"1 shifts":          func(m *onnx.Model) { m.Metadata["scale"], m.Metadata["shift"] = "[1,2]", "[1]" },
		`but "net"`:         func(m *onnx.Model) { m.Name = "net" },
	} {
		if _, err := Dissect(edited(t, file, edit)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
}
