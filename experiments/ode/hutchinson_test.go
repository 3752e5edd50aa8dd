package ode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// linearVJP is the field A x with its vector-Jacobian product e A.
func linearVJP(a []float64, dim int) VJPField {
	field := linear(a, dim)
	return func(t float64, x, e flow.Batch) (flow.Batch, flow.Batch, error) {
		u, _, err := field(t, x)
		eJ := flow.NewBatch(x.Len(), dim)
		for i := range x.Len() {
			for j := range dim {
				for l := range dim {
					eJ.Row(i)[j] += e.Row(i)[l] * a[l*dim+j]
				}
			}
		}
		return u, eJ, err
	}
}

func probes(count int) Probes { return Probes{Count: count, Stream: flow.NewStream(9, "probes")} }

// TestHutchinsonMeanAndError: over 1000 samples with 8 probes each, the mean error is 0 within 3 of its standard
// errors, and the mean squared error agrees with the standard errors within 15 %, which is 3 standard deviations of a
// mean of 1000 squared, nearly normal numbers.
func TestHutchinsonMeanAndError(t *testing.T) {
	t.Parallel()
	const n = 1000
	x1 := normal(n, 3)
	exact, _, calls, err := LogLikelihood(linear(skewed, 3), RK4, Uniform(8), x1, StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	for name, draw := range map[string]func(*rand.Rand) float64{"rademacher": nil, "normal": (*rand.Rand).NormFloat64} {
		p := probes(8)
		p.Draw = draw
		logp, stderr, _, nfe, err := EstimateLogLikelihood(linearVJP(skewed, 3), RK4, Uniform(8), x1, StandardNormal, p)
		if err != nil || nfe != 8*calls {
			t.Fatalf("%s: nfe %d (%v), want %d", name, nfe, err, 8*calls)
		}
		bias, square, variance := 0., 0., 0.
		for i, got := range logp {
			bias += (got - exact[i]) / n
			square += (got - exact[i]) * (got - exact[i]) / n
			variance += stderr[i] * stderr[i] / n
		}
		if !(math.Abs(bias) <= 3*math.Sqrt(variance/n)) {
			t.Errorf("%s: the mean error is %g, want 0 within 3 times %g", name, bias, math.Sqrt(variance/n))
		}
		if !(math.Abs(square/variance-1) <= .15) {
			t.Errorf("%s: mean squared error %g, mean squared standard error %g", name, square, variance)
		}
	}
}

// TestRademacherIsExactForDiagonalJacobians: the result equals that of the exact divergence to the last bit, with a
// standard error of 0.
func TestRademacherIsExactForDiagonalJacobians(t *testing.T) {
	t.Parallel()
	diagonal := []float64{.5, 0, 0, 0, -1.25, 0, 0, 0, 2}
	x1 := normal(10, 3)
	want, wantX0, _, err := LogLikelihood(linear(diagonal, 3), RK4, Uniform(7), x1, StandardNormal)
	if err != nil {
		t.Fatal(err)
	}
	logp, stderr, x0, _, err := EstimateLogLikelihood(linearVJP(diagonal, 3), RK4, Uniform(7), x1, StandardNormal, probes(3))
	if err != nil || !slices.Equal(logp, want) || slices.Max(stderr) != 0 || !slices.Equal(x0.Data, wantX0.Data) {
		t.Errorf("log p %v with errors %v (%v), want %v with none", logp, stderr, err, want)
	}
}

// TestProbesStayTheSame along the trajectory, in any part of the batch, and when there are more probes.
func TestProbesStayTheSame(t *testing.T) {
	t.Parallel()
	var seen []flow.Batch
	field := linearVJP(skewed, 3)
	watched := func(t float64, x, e flow.Batch) (flow.Batch, flow.Batch, error) {
		seen = append(seen, e.Clone())
		return field(t, x, e)
	}
	x1 := normal(10, 3)
	logp, stderr, _, _, err := EstimateLogLikelihood(watched, RK4, Uniform(3), x1, StandardNormal, probes(2))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range seen {
		if first := seen[i/12*12]; !slices.Equal(e.Data, first.Data) {
			t.Fatalf("the probe of call %d differs from that of the first call of its solve", i)
		}
	}
	if slices.Equal(seen[0].Data, seen[12].Data) || slices.Equal(seen[0].Row(0), seen[0].Row(1)) && slices.Equal(seen[0].Row(1), seen[0].Row(2)) {
		t.Error("different probes or samples have the same numbers")
	}
	p := probes(2)
	p.First = 4
	part, partErr, _, _, err := EstimateLogLikelihood(field, RK4, Uniform(3), x1.Slice(4, 7), StandardNormal, p)
	if err != nil || !slices.Equal(part, logp[4:7]) || !slices.Equal(partErr, stderr[4:7]) {
		t.Errorf("samples 4 to 6 alone: %v and %v (%v), want %v and %v", part, partErr, err, logp[4:7], stderr[4:7])
	}
	more := probes(5).batches(10, 3)
	if !slices.Equal(more[0].Data, seen[0].Data) || !slices.Equal(more[1].Data, seen[12].Data) {
		t.Error("the first two of five probes differ from the two")
	}
}

// TestRademacherIsFair: the mean of 10,000 signs is 0 within 4 standard errors.
func TestRademacherIsFair(t *testing.T) {
	t.Parallel()
	r, sum := flow.NewStream(1, "signs").At(0), 0.
	for range 10_000 {
		v := Rademacher(r)
		if v != 1 && v != -1 {
			t.Fatalf("drew %g, want -1 or 1", v)
		}
		sum += v
	}
	if !(math.Abs(sum) <= 400) {
		t.Errorf("10000 signs sum to %g", sum)
	}
}

func TestMeanError(t *testing.T) {
	t.Parallel()
	mean, stderr := meanError([]float64{1e9 + 1, 1e9 + 2, 1e9 + 6}) // spread sqrt(7)
	if mean != 1e9+3 || math.Abs(stderr-math.Sqrt(7./3)) > 1e-15 {
		t.Errorf("mean %g, standard error %g, want 1000000003 and %g", mean, stderr, math.Sqrt(7./3))
	}
}

func TestHutchinsonErrors(t *testing.T) {
	t.Parallel()
	x1 := flow.NewBatch(2, 3)
	if _, _, _, _, err := EstimateLogLikelihood(linearVJP(skewed, 3), RK4, Uniform(1), x1, StandardNormal, probes(1)); err == nil || !strings.Contains(err.Error(), "at least 2 probes") {
		t.Errorf("one probe: %v", err)
	}
	if _, _, err := Hutchinson(linearVJP(skewed, 3), flow.NewBatch(1, 3))(0, x1); err == nil {
		t.Error("1 probe for 2 points is accepted")
	}
	short := func(_ float64, x, _ flow.Batch) (flow.Batch, flow.Batch, error) { return x, flow.NewBatch(1, 3), nil }
	if _, _, err := Hutchinson(short, x1)(0, x1); err == nil {
		t.Error("a product for 1 of 2 points is accepted")
	}
}

func ExampleEstimateLogLikelihood() {
	shear := func(_ float64, x, e flow.Batch) (u, eJ flow.Batch, err error) { // dx/dt = J x with J = (1 2; 0 1)
		u, eJ = x.Clone(), e.Clone()
		for i := range x.Len() {
			u.Row(i)[0] += 2 * x.Row(i)[1]
			eJ.Row(i)[1] += 2 * e.Row(i)[0]
		}
		return u, eJ, nil
	}
	p := Probes{Count: 100, Stream: flow.NewStream(3, "probes")}
	logp, stderr, _, nfe, _ := EstimateLogLikelihood(shear, RK4, Uniform(10), flow.NewBatch(1, 2), StandardNormal, p)
	fmt.Printf("%.1f +- %.1f after %d velocity calls; exactly %.1f\n", logp[0], stderr[0], nfe, StandardNormal(flow.NewBatch(1, 2))[0]-2)
	// Output: -3.8 +- 0.2 after 4000 velocity calls; exactly -3.8
}
