package export

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// TestLogProbOfALinearFlow uses v = a t + A x + b, whose divergence is the trace of A, so that for any solver
// log p_1 = log p_0(noise) - tr A. Units of 2 and -1/3 scale areas by 2/3, which subtracts log 2/3. A sum of three terms of
// order 1 in 32 bits is accurate to about 1e-6.
func TestLogProbOfALinearFlow(t *testing.T) {
	t.Parallel()
	linear := net.Spec{Architecture: net.MLP, Activation: net.SiLU}.On(2)
	weights := []float32{.3, -.2 /* of t */, .5, -1, 2, .25 /* of x */, 1, -1}
	const trace = .75
	units := flow.Units{Scale: []float64{2, -1. / 3}, Shift: []float64{5, 0}}
	noise := drawn(9, 2)
	x0 := flow.Batch{Dim: 2, Data: make([]float64, len(noise.Data))}
	for i, v := range noise.Data {
		x0.Data[i] = float64(v)
	}
	for _, s := range ode.Solvers {
		for i, o := range []SamplerOptions{{LogProb: true}, {LogProb: true, Portable: true, Trajectory: true}} {
			about, volume := About{}, 0.
			if i == 1 {
				about, volume = About{Units: units}, math.Log(2./3)
			}
			file, err := Sampler(linear, weights, s, []float64{0, .3, 1}, about, o)
			if err != nil {
				t.Fatal(err)
			}
			out := run(t, open(t, file, ort.SessionOptions{Optimise: ort.All}), noise)
			if !slices.Equal(out[1].Dims, []int{9}) {
				t.Fatalf("%s %+v: log_prob has shape %v", s.Name, o, out[1].Dims)
			}
			for i, p0 := range ode.StandardNormal(x0) {
				if got, want := float64(out[1].Data[i]), p0-trace-volume; !(math.Abs(got-want) <= 2e-6*(1+math.Abs(want))) {
					t.Errorf("%s %+v: log density %g, want %g", s.Name, o, got, want)
				}
			}
		}
	}
}

// densities returns the velocity of the net and its divergence, computed in Go.
func densities(t *testing.T, n net.Net, weights []float32) flow.DivField {
	t.Helper()
	d, err := velocity.CompileDivergence(engine.Go, n, weights)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d.DivField()
}

// TestLogProbIsPushed compares log densities and samples with those of ode.Push, for every architecture and both forms.
func TestLogProbIsPushed(t *testing.T) {
	t.Parallel()
	ts, noise := ode.Uniform(2), drawn(7, 2)
	for _, n := range nets() {
		if n.Architecture.Images {
			continue // TestFilesOfImages
		}
		if n.Activation.Kinked {
			continue
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			noise := drawn(7, n.Dim())
			x0 := flow.NewBatch(7, n.Dim())
			for i, v := range noise.Data {
				x0.Data[i] = float64(v)
			}
			x1, logp, _, err := ode.Push(densities(t, n, velocity.Init(n, 3)), ode.Midpoint, ts, x0, ode.StandardNormal)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range []SamplerOptions{{LogProb: true}, {LogProb: true, Portable: true, Trajectory: true}} {
				out := run(t, open(t, sampler(t, n, ode.Midpoint, ts, o), ort.SessionOptions{Optimise: ort.All}), noise)
				near(t, fmt.Sprintf("samples, %+v", o), out[0].Data, x1.Data)
				near(t, fmt.Sprintf("log densities, %+v", o), out[1].Data, logp)
			}
		})
	}
	for _, o := range []SamplerOptions{{LogProb: true}, {LogProb: true, Portable: true}} { // no points
		out := run(t, open(t, sampler(t, example, ode.Midpoint, ts, o), ort.SessionOptions{}), ort.Tensor{Dims: []int{0, 2}, Data: noise.Data[:0]})
		if !slices.Equal(out[1].Dims, []int{0}) {
			t.Errorf("%+v: no points have log densities of shape %v", o, out[1].Dims)
		}
	}
}

// TestLogProbIsTheLikelihood compares the density of samples on their way to the data with ode.LogLikelihood on the way back.
// They agree up to the error of the solver, which for rk4 is 16 times smaller with twice the steps.
func TestLogProbIsTheLikelihood(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.SiLU}.On(2)
	div := densities(t, n, velocity.Init(n, 3))
	noise := drawn(16, 2)
	ts := ode.Uniform(16)
	out := run(t, open(t, sampler(t, n, ode.RK4, ts, SamplerOptions{LogProb: true}), ort.SessionOptions{Optimise: ort.All}), noise)
	x1 := flow.NewBatch(16, 2)
	for i, v := range out[0].Data {
		x1.Data[i] = float64(v)
	}
	want, _, _, err := ode.LogLikelihood(div, ode.RK4, ts, x1, ode.StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "log densities", out[1].Data, want)
}

// TestVerifyDensityFindsWrongDensities compares files with wrong divergences, units and outputs.
func TestVerifyDensityFindsWrongDensities(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.SiLU}.On(2)
	ts, noise := ode.Uniform(2), Noise(2, 64, 0)
	div := densities(t, n, velocity.Init(n, 3))
	file := sampler(t, n, ode.Heun, ts, SamplerOptions{LogProb: true})
	if c := VerifyDensity(file, ode.Heun, ts, div, flow.Units{}, noise); !c.OK {
		t.Fatalf("the file itself: %+v", c)
	}
	for name, wrong := range map[string]func(t float64, rate float64) float64{
		"sign": func(_, r float64) float64 { return -r }, "1 % more": func(_, r float64) float64 { return 1.01 * r },
		"at the end": func(t, r float64) float64 { return r + 1e-2*math.Floor(t) },
	} {
		c := VerifyDensity(file, ode.Heun, ts, func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
			v, rates, err := div(t, x)
			for i := range rates {
				rates[i] = wrong(t, rates[i])
			}
			return v, rates, err
		}, flow.Units{}, noise)
		if c.OK || !strings.Contains(c.Error, "log_prob differs") {
			t.Errorf("%s passes: %+v", name, c)
		}
	}
	if c := VerifyDensity(file, ode.Heun, ts, div, flow.Units{Scale: []float64{2, 1}, Shift: []float64{0, 0}}, noise); c.OK {
		t.Error("a file of other units passes")
	}
	velocities := func(t float64, x flow.Batch) (flow.Batch, error) { v, _, err := div(t, x); return v, err }
	if c := VerifySampler(file, ode.Heun, ts, velocities, flow.Units{}, noise); c.OK || !strings.Contains(c.Error, "log_prob") {
		t.Errorf("log densities pass without a check: %+v", c)
	}
	if c := VerifyDensity(sampler(t, n, ode.Heun, ts, SamplerOptions{}), ode.Heun, ts, div, flow.Units{}, noise); c.OK {
		t.Error("a file without log densities passes")
	}
}

func TestLogProbErrors(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.ReLU}.On(2)
	if _, err := Sampler(n, velocity.Init(n, 1), ode.Heun, ode.Uniform(2), About{}, SamplerOptions{LogProb: true}); err == nil || !strings.Contains(err.Error(), "relu") {
		t.Errorf("error %v, want one about relu", err)
	}
	if _, err := Sampler(example, velocity.Init(example, 1), ode.Heun, ode.Uniform(2), About{Source: "moons"}, SamplerOptions{LogProb: true}); err == nil || !strings.Contains(err.Error(), "moons") {
		t.Errorf("error %v, want one about the source", err)
	}
}
