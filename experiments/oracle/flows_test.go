package oracle_test

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// These tests solve the exact flow of moons with noise 0.1 with the solvers of ode. Each package has tests of its own;
// here they must agree on a strongly curved field.

func moonsFlow(t *testing.T, p flow.Path) oracle.Oracle {
	t.Helper()
	return oracle.Oracle{Law: lawOf(t, target.Moons{Noise: .1}), Path: p}
}

func noise(n int) flow.Batch {
	x0 := flow.NewBatch(n, 2)
	flow.NewStream(3, "noise").Normal(x0, 0)
	return x0
}

// maxDistance returns the largest distance between a row of a and the same row of b.
func maxDistance(a, b flow.Batch) float64 {
	largest := 0.
	for i := range a.Len() {
		largest = max(largest, math.Hypot(a.Row(i)[0]-b.Row(i)[0], a.Row(i)[1]-b.Row(i)[1]))
	}
	return largest
}

// solved returns where the exact flow moves the points, within about 1e-9, from tolerances of 1e-11 per step.
func solved(t *testing.T, o oracle.Oracle, x0 flow.Batch) flow.Batch {
	t.Helper()
	x, _, err := ode.SolveAdaptive(o.RowField(), ode.Dopri5, ode.Tolerance{Atol: 1e-11, Rtol: 1e-11}, x0)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestEveryPathLeadsToTheSamePoints: X1 is the same function of X0 for every path from pure noise (arXiv 2412.06264,
// section 4.6.2). VP is omitted because it does not start at pure noise.
func TestEveryPathLeadsToTheSamePoints(t *testing.T) {
	t.Parallel()
	x0 := noise(12)
	want := solved(t, moonsFlow(t, flow.CondOT), x0)
	var list []flow.Path
	for _, p := range defaults(t, flow.PathFamilies) {
		if p.Alpha(0) == 0 && p.Name != flow.CondOT.Name {
			list = append(list, p)
		}
	}
	for _, m := range []flow.Maker[flow.Path]{flow.Polynomial{Power: 3}, flow.Custom{Alpha: "smoothstep", Sigma: "quadratic"}} {
		p, err := m.Make()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 5 {
		t.Fatalf("only %d paths start from pure noise", len(list))
	}
	for _, p := range list {
		if d := maxDistance(solved(t, moonsFlow(t, p), x0), want); !(d <= 1e-6) {
			t.Errorf("%s ends up to %g away from where condot ends", p, d)
		}
	}
}

// TestAdaptiveSolversMeetTheirTolerance on the exact velocity: the error at the end is at most 20 tolerances. It may
// exceed the tolerance because a flow that separates points across a gap amplifies errors.
func TestAdaptiveSolversMeetTheirTolerance(t *testing.T) {
	t.Parallel()
	o, x0 := moonsFlow(t, flow.CondOT), noise(60)
	want := solved(t, o, x0)
	for _, s := range []ode.Solver{ode.Dopri5, ode.Tsit5} {
		for _, tol := range []float64{1e-3, 1e-5, 1e-7} {
			x, _, err := ode.SolveAdaptive(o.RowField(), s, ode.Tolerance{Atol: tol, Rtol: tol}, x0)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.
			for i, v := range x.Data {
				sum += (v - want.Data[i]) * (v - want.Data[i]) / float64(len(x.Data))
			}
			if rms := math.Sqrt(sum); !(rms <= 20*tol) {
				t.Errorf("%s at %g ends %g away (root mean square), want at most 20 times the tolerance", s.Name, tol, rms)
			}
		}
	}
}

// TestLikelihoodIsTheLawsDensity: log p_1 by the change of variables along the exact flow equals the closed form within
// 1e-4 at 200 steps of rk4. The error is of order 4: it is 16 times as large at 100 steps.
func TestLikelihoodIsTheLawsDensity(t *testing.T) {
	t.Parallel()
	for _, p := range []flow.Path{flow.CondOT, flow.Cosine} {
		o := moonsFlow(t, p)
		x1 := flow.NewBatch(30, 2)
		stream := flow.NewStream(1, "data")
		for i := range x1.Len() {
			o.Law.Draw(stream.At(uint64(i)), x1.Row(i))
		}
		want, err := o.LogDensity(1, x1)
		if err != nil {
			t.Fatal(err)
		}
		got, _, _, err := ode.LogLikelihood(o.DivField(), ode.RK4, ode.Uniform(200), x1, ode.StandardNormal)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if !(math.Abs(got[i]-w) <= 1e-4) {
				t.Errorf("%s: log p_1 at %.2f is %.6f, want %.6f", p, x1.Row(i), got[i], w)
			}
		}
	}
}

// differencedVJP returns the field with e J by central differences along e. They give J e, which equals e J because the
// exact velocity is a gradient field.
func differencedVJP(field flow.Field) ode.VJPField {
	return func(t float64, x, e flow.Batch) (u, ej flow.Batch, err error) {
		const h = 1e-5
		near := func(h float64) (flow.Batch, error) {
			y := x.Clone()
			for i, v := range e.Data {
				y.Data[i] += h * v
			}
			return field(t, y)
		}
		if u, err = field(t, x); err != nil {
			return u, ej, err
		}
		up, err := near(h)
		if err != nil {
			return u, ej, err
		}
		down, err := near(-h)
		if err != nil {
			return u, ej, err
		}
		for i := range up.Data {
			up.Data[i] = (up.Data[i] - down.Data[i]) / (2 * h)
		}
		return u, up, nil
	}
}

// TestHutchinsonsLikelihood: with random probes log p_1 is the same within its standard errors. Over 20 points and 64
// probes no deviation should exceed 4 of them, and the mean square of the deviations is near 1: Student's t for 64
// probes gives 1.03, with a standard deviation of 0.33 over 20 points.
func TestHutchinsonsLikelihood(t *testing.T) {
	t.Parallel()
	o := moonsFlow(t, flow.CondOT)
	x1 := flow.NewBatch(20, 2)
	stream := flow.NewStream(2, "data")
	for i := range x1.Len() {
		o.Law.Draw(stream.At(uint64(i)), x1.Row(i))
	}
	exact, _, _, err := ode.LogLikelihood(o.DivField(), ode.RK4, ode.Uniform(24), x1, ode.StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	got, stderr, _, _, err := ode.EstimateLogLikelihood(differencedVJP(o.Field()), ode.RK4, ode.Uniform(24), x1, ode.StandardNormal,
		ode.Probes{Count: 32, Stream: flow.NewStream(4, "probes")})
	if err != nil {
		t.Fatal(err)
	}
	square := 0.
	for i, e := range exact {
		z := (got[i] - e) / stderr[i]
		square += z * z / float64(len(exact))
		if !(math.Abs(z) <= 4) {
			t.Errorf("point %d: %.4f ± %.4f, want %.4f", i, got[i], stderr[i], e)
		}
	}
	if square < .2 || square > 2.2 {
		t.Errorf("the mean square of the deviations, in standard errors, is %.2f", square)
	}
}
