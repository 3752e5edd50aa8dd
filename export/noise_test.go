package export

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/roles"
)

// noisy returns a net in every architecture.
func noisy() (list []net.Net) {
	for _, a := range net.Architectures {
		n := net.Spec{Architecture: a, Width: 4, Depth: 1, Activation: net.SiLU}.On(2)
		list = append(list, fitting(n))
	}
	return list
}

// TestNoisySampler: a file with noise on the way computes what ode.SolveSDE does, in both forms, with both solvers, for every
// architecture and along another path; its parts give its bytes again. Without the noise, with another one or along another
// path it is not verified.
func TestNoisySampler(t *testing.T) {
	t.Parallel()
	grid := []float64{0, .2, .5, 1}
	to := &flow.PathConversion{From: flow.CondOT, To: flow.Cosine}
	for i, n := range noisy() {
		noise, weights := Noise(n.Dim(), 64, 0), velocity.Init(n, 3)
		m, err := velocity.Compile(engine.Go, n, weights)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		for k, o := range []SamplerOptions{{}, {Portable: true, Trajectory: true}, {Trajectory: true, Along: to}, {Portable: true, Along: to}} {
			s := Steps{Field: m.Field(), Solver: ode.Heun, Times: grid, SDE: &SDE{ode.SDE{Noise: .75}, flow.CondOT}}
			if (i+k)%2 == 0 {
				s.Solver = ode.Euler
			}
			about := About{Version: "test", Properties: map[string]string{"run": "abc", "path": "condot"}}
			if k == 0 {
				s.Units = flow.Units{Scale: slices.Repeat(metres.Scale, n.Dim()/2), Shift: slices.Repeat(metres.Shift, n.Dim()/2)}
				about.Units = s.Units
			}
			if o.Along != nil {
				s.Field, s.SDE.Path = flow.Reschedule(s.Field, flow.CondOT, flow.Cosine), flow.Cosine
			}
			o.SDE = s.SDE
			name := fmt.Sprintf("%v, %s, %d", n, s.Solver.Name, k)
			file, err := Sampler(n, weights, s.Solver, grid, about, o)
			if err != nil {
				t.Fatal(err)
			}
			if c := VerifySteps(file, s, noise); !c.OK {
				t.Errorf("%s: %+v", name, c)
			}
			p, err := Dissect(file)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if again, err := p.Write(); err != nil || !bytes.Equal(again, file) {
				t.Errorf("%s: its parts give other bytes (%v)", name, err)
			}
			if i > 0 {
				continue
			}
			for _, other := range []*SDE{nil, {ode.SDE{Noise: .8}, s.SDE.Path}, {s.SDE.SDE, flow.LinearVP}} {
				wrong := s
				wrong.SDE = other
				if c := VerifySteps(file, wrong, noise); c.OK {
					t.Errorf("%s: verified with %+v", name, other)
				}
			}
		}
	}
}

// TestNoisySamplerOpens: opened, a file takes the noise of its steps, in chunks too, and gives what Go does.
func TestNoisySamplerOpens(t *testing.T) {
	t.Parallel()
	const count = roles.MaxRows + 100
	weights := velocity.Init(small, 3)
	e := &SDE{ode.SDE{Noise: 1}, flow.CondOT}
	file, err := Sampler(small, weights, ode.Heun, ode.Uniform(3), About{}, SamplerOptions{SDE: e})
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(file, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	noise := Noise(2, count, 4)
	s := Steps{Field: field(t), Solver: ode.Heun, Times: ode.Uniform(3), SDE: e}
	steps := s.stepNoise(count, 2)
	got, err := o.Sampler(noise, steps...)
	if err != nil || o.Steps != 3 || got.Dim != 2 || got.Len() != count {
		t.Fatalf("%d steps, %d points of dimension %d (%v)", o.Steps, got.Len(), got.Dim, err)
	}
	want, err := s.carry(noise)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want[3].Data {
		if !(math.Abs(got.Data[i]-v) <= 1e-4) { // 32-bit floats
			t.Fatalf("coordinate %d is %g, want %g", i, got.Data[i], v)
		}
	}
	if _, err := o.Sampler(noise); err == nil || !strings.Contains(err.Error(), "takes the noise of 3 steps, not of 0") {
		t.Errorf("without the noise of the steps: %v", err)
	}
	m, err := onnx.Read(file)
	if err != nil || slices.ContainsFunc(m.Nodes, func(n onnx.Node) bool { return strings.HasPrefix(n.Op, "Random") }) || m.Metadata[sdeNoise] != "1" {
		t.Errorf("it draws random numbers itself, or its metadata do not say its noise: %v (%v)", m.Metadata, err)
	}
}

// TestNoisySamplerRefused: log densities, and solvers that add no noise.
func TestNoisySamplerRefused(t *testing.T) {
	t.Parallel()
	e := &SDE{ode.SDE{Noise: 1}, flow.CondOT}
	for _, c := range []struct {
		s    ode.Solver
		o    SamplerOptions
		want string
	}{
		{ode.Euler, SamplerOptions{SDE: e, LogProb: true}, "no log density"},
		{ode.RK4, SamplerOptions{SDE: e}, "rk4 adds no noise to its steps: use euler or heun"},
	} {
		if _, err := Sampler(small, velocity.Init(small, 3), c.s, ode.Uniform(2), About{}, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.s.Name, err, c.want)
		}
	}
}
