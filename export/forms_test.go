package export

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// TestPortableIsBounded finds the largest number of steps that is written out.
func TestPortableIsBounded(t *testing.T) {
	t.Parallel()
	last := 0
	for _, steps := range []int{4, 16, 64, 256} {
		file, absent, err := Portable(small, velocity.Init(small, 3), ode.Heun, ode.Uniform(steps), About{}, SamplerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if (file == nil) != (absent != "") || strings.Contains(absent, fmt.Sprint(2*steps, " velocity calls")) != (absent != "") {
			t.Errorf("%d steps: %d bytes, absent: %q", steps, len(file), absent)
		}
		if file == nil {
			continue
		}
		last = steps
		m, err := onnx.Read(file)
		if err != nil || len(m.Nodes) > MaxUnrolled || len(m.Inputs) != 1 {
			t.Errorf("%d steps: %d operations, %d inputs (%v)", steps, len(m.Nodes), len(m.Inputs), err)
		}
	}
	if last != 16 {
		t.Errorf("the largest file has %d steps, want 16", last)
	}
}

// TestSamplerAlongAnotherPath compares with ode.Solve and ode.Push along the converted field.
func TestSamplerAlongAnotherPath(t *testing.T) {
	t.Parallel()
	weights := velocity.Init(small, 3)
	vp, err := flow.VP{BetaMin: .1, BetaMax: 20}.Make()
	if err != nil {
		t.Fatal(err)
	}
	grid, noise := []float64{0, .2, .5, .6, 1}, Noise(2, 64, 0)
	for _, c := range []flow.PathConversion{{From: flow.CondOT, To: flow.Cosine}, {From: flow.Cosine, To: flow.CondOT}, {From: flow.CondOT, To: flow.LinearVP}, {From: vp, To: flow.CondOT}} {
		for _, o := range []SamplerOptions{{Along: &c}, {Along: &c, Trajectory: true, LogProb: true}, {Along: &c, Portable: true, LogProb: true}} {
			file, err := Sampler(small, weights, ode.RK4, grid, About{}, o)
			if err != nil {
				t.Fatal(err)
			}
			check := VerifySampler(file, ode.RK4, grid, flow.Reschedule(field(t), c.From, c.To), flow.Units{}, noise)
			if o.LogProb {
				check = VerifyDensity(file, ode.RK4, grid, flow.RescheduleDiv(densities(t, small, weights), c.From, c.To), flow.Units{}, noise)
			}
			if !check.OK {
				t.Errorf("from %s to %s, %+v: %+v", c.From, c.To, o, check)
			}
			if m, err := onnx.Read(file); err != nil || len(m.Inputs) != 1 || m.Metadata["sampling_path"] != c.To.String() {
				t.Errorf("from %s to %s: %d inputs, metadata %v (%v)", c.From, c.To, len(m.Inputs), m.Metadata, err)
			}
			if o.LogProb {
				continue
			}
			if check := VerifySampler(file, ode.RK4, grid, field(t), flow.Units{}, noise); check.OK {
				t.Errorf("from %s to %s: verified along the net's own path", c.From, c.To)
			}
		}
	}
}
