package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"flowsweep/experiments/flow"
)

// linear is the field A x with its divergence, the trace of A. A is (d, d), in row-major order.
func linear(a []float64, dim int) flow.DivField {
	return func(_ float64, x flow.Batch) (flow.Batch, []float64, error) {
		u, div := flow.NewBatch(x.Len(), dim), make([]float64, x.Len())
		for i := range div {
			for j := range dim {
				u.Row(i)[j] = dot(a[j*dim:(j+1)*dim], x.Row(i))
				div[i] += a[j*dim+j]
			}
		}
		return u, div, nil
	}
}

// skewed is a matrix without symmetry and with trace -0.1.
var skewed = []float64{.5, -1.2, .3, .9, -.4, .2, -.7, .6, -.2}

// normal returns n standard normal points.
func normal(n, dim int) flow.Batch {
	x := flow.NewBatch(n, dim)
	flow.NewStream(5, "normal").Normal(x, 0)
	return x
}

// linearLogp is the log density of exp(A) X at x for standard normal X: that of X at exp(-A) x, minus the trace of A.
func linearLogp(a []float64, x flow.Batch) []float64 {
	var back, m mat.Dense
	m.Scale(-1, mat.NewDense(x.Dim, x.Dim, a))
	back.Exp(&m)
	x0 := flow.NewBatch(x.Len(), x.Dim)
	for i := range x.Len() {
		mat.NewVecDense(x.Dim, x0.Row(i)).MulVec(&back, mat.NewVecDense(x.Dim, x.Row(i)))
	}
	logp := StandardNormal(x0)
	for i := range logp {
		logp[i] += mat.Trace(&m)
	}
	return logp
}

// TestPushOfALinearFlow compares the densities with the closed form and the points with Solve. The tolerance is that of
// TestLikelihoodOfALinearFlow.
func TestPushOfALinearFlow(t *testing.T) {
	t.Parallel()
	x0 := normal(20, 3)
	x1, logp, nfe, err := Push(linear(skewed, 3), Dopri5, Uniform(100), x0, StandardNormal)
	if err != nil || nfe != Dopri5.Calls(100) {
		t.Fatalf("%d calls, %v", nfe, err)
	}
	for i, want := range linearLogp(skewed, x1) {
		if !(math.Abs(logp[i]-want) <= 1e-9) {
			t.Errorf("log density %g, want %g", logp[i], want)
		}
	}
	field := func(t float64, x flow.Batch) (flow.Batch, error) { u, _, err := linear(skewed, 3)(t, x); return u, err }
	if want, _, _ := Solve(field, Dopri5, Uniform(100), x0); !slices.Equal(x1.Data, want.Data) {
		t.Error("the points do not end where Solve ends")
	}
	if _, _, _, err := Push(linear(skewed, 3), Euler, Uniform(1), x0, func(flow.Batch) []float64 { return nil }); err == nil {
		t.Error("missing densities of the noise are accepted")
	}
}

// TestLikelihoodOfALinearFlow: 100 steps of the fifth-order pairs, or 400 of the fourth-order methods, are within 1e-9
// of the closed form.
func TestLikelihoodOfALinearFlow(t *testing.T) {
	t.Parallel()
	x1 := normal(20, 3)
	want := linearLogp(skewed, x1)
	for _, c := range []struct {
		s     Solver
		steps int
	}{{Dopri5, 100}, {Tsit5, 100}, {RK4, 400}, {RK438, 400}} {
		logp, _, nfe, err := LogLikelihood(linear(skewed, 3), c.s, Uniform(c.steps), x1, StandardNormal)
		if err != nil || nfe != c.s.Calls(c.steps) {
			t.Fatalf("%s: nfe %d (%v), want %d", c.s.Name, nfe, err, c.s.Calls(c.steps))
		}
		for i, got := range logp {
			if !(math.Abs(got-want[i]) <= 1e-9) {
				t.Errorf("%s: log p of point %d is %.12f, want %.12f", c.s.Name, i, got, want[i])
			}
		}
	}
}

// TestLikelihoodOfAGaussian uses a divergence that depends on time and an asymmetric grid. The closed form is
// N(m, s^2 I); 100 steps of tsit5 are within 1e-8 of it.
func TestLikelihoodOfAGaussian(t *testing.T) {
	t.Parallel()
	const m, s, dim = 1.5, .5, 2
	field := gaussian(m, s)
	withDiv := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		u, err := field(t, x)
		div := make([]float64, x.Len())
		for i := range div {
			div[i] = dim * (t*s*s - (1 - t)) / (t*t*s*s + (1-t)*(1-t))
		}
		return u, div, err
	}
	x1 := normal(20, dim)
	ts := CosineGrid.Times(100)
	before := slices.Clone(ts)
	logp, x0, _, err := LogLikelihood(withDiv, Tsit5, ts, x1, StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range logp {
		want := -dim / 2. * math.Log(2*math.Pi*s*s)
		for _, v := range x1.Row(i) {
			want -= (v - m) * (v - m) / (2 * s * s)
		}
		if !(math.Abs(got-want) <= 1e-8) {
			t.Errorf("log p of %v is %.10f, want %.10f", x1.Row(i), got, want)
		}
	}
	if !slices.Equal(ts, before) {
		t.Error("the time grid changed")
	}
	slices.Reverse(ts)
	back, _, err := Solve(field, Tsit5, ts, x1)
	if err != nil || !slices.Equal(back.Data, x0.Data) {
		t.Errorf("the points do not end where Solve ends (%v)", err)
	}
}

// TestDensityIntegratesToOne: exp(log p_1) is a density for any flow. For a density this smooth, the sum over an even
// grid is exact to 1e-9, as is dopri5; the divergence by central differences of step 1e-5 is exact to 1e-10.
func TestDensityIntegratesToOne(t *testing.T) {
	t.Parallel()
	u := func(t, x float64) float64 { return math.Sin(2*x+3*t) / 2 }
	field := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		v, div := x.Clone(), make([]float64, x.Len())
		for i, xi := range x.Data {
			const h = 1e-5
			v.Data[i], div[i] = u(t, xi), (u(t, xi+h)-u(t, xi-h))/(2*h)
		}
		return v, div, nil
	}
	const n, reach = 2000, 10.
	x1 := flow.NewBatch(n, 1)
	for i := range x1.Data {
		x1.Data[i] = -reach + 2*reach*(float64(i)+.5)/n
	}
	logp, _, _, err := LogLikelihood(field, Dopri5, Uniform(50), x1, StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.
	for _, l := range logp {
		sum += math.Exp(l) * 2 * reach / n
	}
	if !(math.Abs(sum-1) <= 1e-8) {
		t.Errorf("the density integrates to %.10f, want 1", sum)
	}
}

func TestStandardNormal(t *testing.T) {
	t.Parallel()
	logp := StandardNormal(flow.Batch{Dim: 2, Data: []float64{0, 0, 3, 4}})
	for i, want := range []float64{-1.8378770664093453, -1.8378770664093453 - 12.5} { // -log(2 pi) - ||x||^2/2
		if !(math.Abs(logp[i]-want) <= 1e-14) {
			t.Errorf("log density %d is %.16g, want %.16g", i, logp[i], want)
		}
	}
}

func TestLikelihoodErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	good := linear(skewed, 3)
	for _, c := range []struct {
		name  string
		field flow.DivField
		logp0 func(flow.Batch) []float64
		want  string
	}{
		{"the field's error", func(float64, flow.Batch) (flow.Batch, []float64, error) { return flow.Batch{}, nil, broken }, StandardNormal, "velocity at t = 1: broken"},
		{"too few points", func(float64, flow.Batch) (flow.Batch, []float64, error) { return flow.NewBatch(1, 3), nil, nil }, StandardNormal, "do not match"},
		{"too few divergences", func(_ float64, x flow.Batch) (flow.Batch, []float64, error) { return x, []float64{1}, nil }, StandardNormal, "1 rates for 2 points"},
		{"too few log densities", good, func(flow.Batch) []float64 { return []float64{1} }, "log p_0 of 2 points has 1 values"},
	} {
		if _, _, _, err := LogLikelihood(c.field, RK4, Uniform(2), flow.NewBatch(2, 3), c.logp0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func ExampleLogLikelihood() {
	grow := func(_ float64, x flow.Batch) (flow.Batch, []float64, error) { // dx/dt = x log 2: x1 = 2 x0
		u, div := x.Clone(), make([]float64, x.Len())
		for i := range u.Data {
			u.Data[i] *= math.Ln2
		}
		for i := range div {
			div[i] = float64(x.Dim) * math.Ln2
		}
		return u, div, nil
	}
	logp, x0, _, _ := LogLikelihood(grow, RK4, Uniform(20), flow.Batch{Dim: 1, Data: []float64{3}}, StandardNormal)
	fmt.Printf("from %.4f: %.4f nats\n", x0.Data[0], logp[0])
	// Output: from 1.5000: -2.7371 nats
}
