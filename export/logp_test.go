package export

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// density returns the file of log densities of given points of a net with weights of its own.
func density(t *testing.T, n net.Net, s ode.Solver, ts []float64, about About) []byte {
	t.Helper()
	file, err := Density(n, velocity.Init(n, 3), s, ts, about)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDensityOfALinearFlow: v = A x + b with a diagonal A = diag(a_j) carries N(0, I) to independent normals of mean
// m_j = b_j (e^(a_j) - 1) / a_j and standard deviation e^(a_j). 8 steps of rk4 are exact to 1e-7, and sums of terms of order
// 1 in 32 bits to 1e-6.
func TestDensityOfALinearFlow(t *testing.T) {
	t.Parallel()
	linear := net.Spec{Architecture: net.MLP, Activation: net.SiLU}.On(2)
	a, b := []float64{.5, -.25}, []float64{1, -1}
	weights := []float32{0, 0 /* of t */, .5, 0, 0, -.25 /* of x */, 1, -1}
	points := drawn(9, 2)
	for _, units := range []flow.Units{{}, {Scale: []float64{2, -1. / 3}, Shift: []float64{5, 0}}} {
		file, err := Density(linear, weights, ode.RK4, ode.Uniform(8), About{Units: units})
		if err != nil {
			t.Fatal(err)
		}
		out := run(t, open(t, file, ort.SessionOptions{Optimise: ort.All}), points)
		for i := range 9 {
			want := -units.LogVolumes(flow.NewBatch(1, 2))[0] - math.Log(2*math.Pi)
			x := units.Undo(flow.Batch{Dim: 2, Data: []float64{float64(points.Data[2*i]), float64(points.Data[2*i+1])}})
			for j, v := range x.Data {
				z := (v - b[j]*math.Expm1(a[j])/a[j]) / math.Exp(a[j])
				want -= z*z/2 + a[j]
				if got := float64(out[0].Data[2*i+j]); math.Abs(got-z) > 3e-6*(1+math.Abs(z)) {
					t.Errorf("%+v: noise %g, want %g", units, got, z)
				}
			}
			if got := float64(out[1].Data[i]); math.Abs(got-want) > 5e-6*(1+math.Abs(want)) {
				t.Errorf("%+v: log density %g, want %g", units, got, want)
			}
		}
	}
}

// TestDensityIsTheLikelihood compares with ode.LogLikelihood for every architecture.
func TestDensityIsTheLikelihood(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(3)
	for _, n := range nets() {
		if n.Architecture.Images {
			continue // TestFilesOfImages
		}
		if n.Activation.Kinked {
			continue
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			points := drawn(7, n.Dim())
			x := flow.NewBatch(7, n.Dim())
			for i, v := range points.Data {
				x.Data[i] = float64(v)
			}
			logp, noise, _, err := ode.LogLikelihood(densities(t, n, velocity.Init(n, 3)), ode.Midpoint, ts, x, ode.StandardNormal)
			if err != nil {
				t.Fatal(err)
			}
			out := run(t, open(t, density(t, n, ode.Midpoint, ts, About{}), ort.SessionOptions{Optimise: ort.All}), points)
			near(t, "noise", out[0].Data, noise.Data)
			near(t, "log densities", out[1].Data, logp)
		})
	}
}

// TestDensityThereAndBack: at the samples of a sampler file, the way back gives its noise and its log densities, up to the
// errors of both solvers, which for 64 steps of rk4 are below the rounding.
func TestDensityThereAndBack(t *testing.T) {
	t.Parallel()
	n, ts, noise := example, ode.Uniform(64), drawn(16, 2)
	about := About{Units: flow.Units{Scale: []float64{3, .5}, Shift: []float64{-1, 2}}}
	there, err := Sampler(n, velocity.Init(n, 3), ode.RK4, ts, about, SamplerOptions{LogProb: true})
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, open(t, there, ort.SessionOptions{Optimise: ort.All}), noise)
	back := run(t, open(t, density(t, n, ode.RK4, ts, about), ort.SessionOptions{Optimise: ort.All}), out[0])
	for i, z := range noise.Data {
		if math.Abs(float64(back[0].Data[i]-z)) > 2e-5 {
			t.Errorf("noise %g comes back as %g", z, back[0].Data[i])
		}
	}
	for i, l := range out[1].Data {
		if math.Abs(float64(back[1].Data[i]-l)) > 5e-5 {
			t.Errorf("log density %g there, %g back", l, back[1].Data[i])
		}
	}
}

// TestVerifyLikelihood: a file passes, in units far from 0 too, and a wrong divergence, solver, grid, unit or kind
// of file does not.
func TestVerifyLikelihood(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 2, Activation: net.SiLU}.On(2)
	ts, points := ode.Uniform(4), Noise(2, 64, 0)
	div := densities(t, n, velocity.Init(n, 3))
	far := flow.Units{Scale: []float64{2, .01}, Shift: []float64{300, -7}}
	if c := VerifyLikelihood(density(t, n, ode.RK4, ts, About{Units: far}), ode.RK4, ts, div, far, points); !c.OK {
		t.Errorf("in other units: %+v", c)
	}
	file := density(t, n, ode.RK4, ts, About{})
	if c := VerifyLikelihood(file, ode.RK4, ts, div, flow.Units{}, points); !c.OK {
		t.Errorf("the file itself: %+v", c)
	}
	wrong := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		v, rates, err := div(t, x)
		for i := range rates {
			rates[i] *= 1.01
		}
		return v, rates, err
	}
	kind, _, err := Origin(density(t, n, ode.RK4, ts, About{Properties: map[string]string{"run": "abc"}}))
	if err != nil || kind != "density" {
		t.Errorf("the file is a %q (%v)", kind, err)
	}
	twice := flow.Units{Scale: []float64{2, 1}, Shift: []float64{0, 0}}
	there := sampler(t, n, ode.RK4, ts, SamplerOptions{LogProb: true})
	for name, passes := range map[string]bool{
		"another divergence": VerifyLikelihood(file, ode.RK4, ts, wrong, flow.Units{}, points).OK,
		"another solver":     VerifyLikelihood(file, ode.Heun, ts, div, flow.Units{}, points).OK,
		"another grid":       VerifyLikelihood(file, ode.RK4, ode.Uniform(5), div, flow.Units{}, points).OK,
		"another unit":       VerifyLikelihood(file, ode.RK4, ts, div, twice, points).OK,
		"a sampler":          VerifyLikelihood(there, ode.RK4, ts, div, flow.Units{}, points).OK,
	} {
		if passes {
			t.Errorf("%s passes", name)
		}
	}
}

func TestDensityErrors(t *testing.T) {
	t.Parallel()
	kinked := net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.ReLU}.On(2)
	if _, err := Density(kinked, velocity.Init(kinked, 1), ode.RK4, ode.Uniform(2), About{}); err == nil || !strings.Contains(err.Error(), "relu") {
		t.Errorf("error %v, want one about relu", err)
	}
	if _, err := Density(example, velocity.Init(example, 1), ode.RK4, ode.Uniform(2), About{Source: "moons"}); err == nil || !strings.Contains(err.Error(), "moons") {
		t.Errorf("error %v, want one about the source", err)
	}
}

// TestOpenDensity: a file of Density opens as one, and gives as many points as it gets their log densities.
func TestOpenDensity(t *testing.T) {
	t.Parallel()
	o, err := Open(density(t, example, ode.Heun, ode.Uniform(2), About{}), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	logp, err := o.Density(Noise(2, 1500, 0))
	if err != nil || len(logp) != 1500 || o.Sampler != nil || o.Velocity != nil || o.Dim != 2 {
		t.Errorf("%d log densities of 1,500 points in %d dimensions (%v)", len(logp), o.Dim, err)
	}
}
