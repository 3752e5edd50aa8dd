package metric

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// normal returns n points of N(shift, I).
func normal(n, dim int, shift float64, name string) flow.Batch {
	b := flow.NewBatch(n, dim)
	flow.NewStream(1, name).Normal(b, 0)
	for i := range b.Data {
		b.Data[i] += shift
	}
	return b
}

func mustJudge(t testing.TB, m Metric, reference flow.Batch) Judge {
	t.Helper()
	j, err := m.Judge(reference)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustMeasure(t testing.TB, m Metric, reference, samples flow.Batch) Measurement {
	t.Helper()
	v, err := mustJudge(t, m, reference)(samples)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// near fails unless got is within tol of want.
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.17g, want %.17g within %.2g (off by %.2g)", what, got, want, tol, got-want)
	}
}

func TestMetricsAreNamedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range Metrics {
		text, err := m.MarshalText()
		if err != nil || string(text) != m.Name || seen[m.Name] || !strings.HasSuffix(m.Doc, ".") {
			t.Errorf("%q marshals as %q (%v), is listed twice, or has no Doc", m.Name, text, err)
		}
		seen[m.Name] = true
	}
	for _, name := range []string{"mmd", "mmd-rff", "sliced-w2", "energy", "w1", "w2", "nll", "excess-loss", "npe", "path-rmse"} {
		if !seen[name] {
			t.Errorf("no metric %q", name)
		}
	}
}

func TestMetricsGrowWithTheDistance(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2, 10} {
		reference := normal(200, dim, 0, "reference")
		for _, m := range sampleMetrics() {
			judge, last := mustJudge(t, m, reference), math.Inf(-1)
			for _, shift := range []float64{0, .3, 1, 3} {
				v, err := judge(normal(200, dim, shift, "samples"))
				if err != nil || !(v.Value > last) || !(v.SE > 0) {
					t.Errorf("%s in %d-D at shift %g is %+v (%v), not above %g with an SE", m.Name, dim, shift, v, err, last)
				}
				last = v.Value
			}
		}
	}
}

// TestMetricsDoNotKnowOrder: the order of the points, the order of the samples and the origin make no difference beyond
// rounding, which is 1e-12 for about 1e4 additions of numbers of order 1 and a shift by 8. For mmd-rff, whose angles
// and bandwidth depend on the origin and the reference, it checks only the order of the points. The dual solution of an
// assignment, from which w1 and w2 take their SE, is not unique, so 15 % is allowed there.
func TestMetricsDoNotKnowOrder(t *testing.T) {
	t.Parallel()
	const tol = 1e-12
	for _, dim := range []int{1, 2, 10} {
		x, y := normal(90, dim, .3, "x"), normal(90, dim, 0, "y")
		backwards, moved, movedTo := x.Clone(), x.Clone(), y.Clone()
		for i := range x.Len() {
			copy(backwards.Row(i), x.Row(x.Len()-1-i))
		}
		for i := range moved.Data {
			moved.Data[i] += 8
			movedTo.Data[i] += 8
		}
		for _, m := range sampleMetrics() {
			want := mustMeasure(t, m, y, x)
			same := mustMeasure(t, m, y, backwards)
			near(t, m.Name+" backwards", same.Value, want.Value, tol)
			if m.Name == MMDRFF.Name { // its SE is from blocks of the sample
				continue
			}
			seTol := 1e-9
			if dim > 1 && (m.Name == W1.Name || m.Name == W2.Name) {
				seTol = .15 * want.SE
			}
			near(t, m.Name+" backwards, SE", same.SE, want.SE, seTol)
			near(t, m.Name+" moved", mustMeasure(t, m, movedTo, moved).Value, want.Value, tol)
			if m.Name != MMD.Name {
				swapped := mustMeasure(t, m, x, y)
				near(t, m.Name+" swapped", swapped.Value, want.Value, tol)
				near(t, m.Name+" swapped, SE", swapped.SE, want.SE, seTol)
			}
		}
	}
}

// TestMetricsDoNotKnowTurns: distances are invariant under rotations of both samples by a multiple of sliced-w2's
// angles, here 9 of 128 in half a turn, and for the other metrics by any angle.
func TestMetricsDoNotKnowTurns(t *testing.T) {
	t.Parallel()
	turn := func(b flow.Batch) flow.Batch {
		s, c := math.Sincos(9 * math.Pi / 128)
		b = b.Clone()
		for i := range b.Len() {
			r := b.Row(i)
			r[0], r[1] = c*r[0]-s*r[1], s*r[0]+c*r[1]
		}
		return b
	}
	x, y := normal(90, 2, .3, "x"), normal(70, 2, 0, "y")
	for _, m := range sampleMetrics() {
		if m.Name == MMDRFF.Name { // its frequencies are random
			continue
		}
		near(t, m.Name, mustMeasure(t, m, turn(y), turn(x)).Value, mustMeasure(t, m, y, x).Value, 1e-12)
	}
}

// TestMetricsDoNotKnowProcessors compares to the last bit.
func TestMetricsDoNotKnowProcessors(t *testing.T) {
	x, y := normal(700, 2, .3, "x"), normal(600, 2, 0, "y")
	sameOnAll(t, func() (all []any) {
		for _, m := range sampleMetrics() {
			all = append(all, mustMeasure(t, m, y, x))
		}
		return all
	})
}

// sameOnAll fails unless the measurements are the same on one processor and on five. Tests that call it are not
// parallel, since it changes the number of processors for all tests.
func sameOnAll(t *testing.T, measure func() []any) {
	t.Helper()
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	one := measure()
	runtime.GOMAXPROCS(5)
	if five := measure(); fmt.Sprintf("%b", one) != fmt.Sprintf("%b", five) {
		t.Errorf("on one processor %v, on five %v", one, five)
	}
}

func TestMetricsOfBrokenSamples(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2} {
		reference := normal(50, dim, 0, "reference")
		for _, m := range sampleMetrics() {
			judge := mustJudge(t, m, reference)
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				samples := normal(50, dim, 0, "samples")
				samples.Data[7] = bad
				if v, err := judge(samples); err != nil || !math.IsNaN(v.Value) || !math.IsNaN(v.SE) {
					t.Errorf("%s of a sample with a %g is %v (%v), want NaN", m.Name, bad, v, err)
				}
				// With a reference that is not finite, mmd has no bandwidth and the others have no value.
				if judge, err := m.Judge(samples); err == nil {
					if v, err := judge(reference); err != nil || !math.IsNaN(v.Value) {
						t.Errorf("%s against a reference with a %g is %v (%v), want NaN", m.Name, bad, v, err)
					}
				}
			}
			if _, err := judge(normal(50, 3, 0, "wide")); err == nil || !strings.Contains(err.Error(), "3 columns") {
				t.Errorf("%s of samples of another dimension: error %v", m.Name, err)
			}
			if _, err := judge(normal(1, dim, 0, "one")); err == nil {
				t.Errorf("%s of one point: no error", m.Name)
			}
			if _, err := m.Judge(normal(1, dim, 0, "one")); err == nil {
				t.Errorf("%s with a reference of one point: no error", m.Name)
			}
			if _, err := m.Judge(flow.Batch{}); err == nil {
				t.Errorf("%s with an empty reference: no error", m.Name)
			}
		}
	}
}

// TestMetricsOfFarSamples: if squared distances overflow, the value is not finite, or that of samples infinitely far
// away, which for mmd is 1 + mean k(y, y'). Otherwise it is accurate.
func TestMetricsOfFarSamples(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2} {
		reference := normal(20, dim, 0, "reference")
		huge, far := flow.NewBatch(20, dim), flow.NewBatch(20, dim)
		for i := range huge.Data {
			huge.Data[i], far.Data[i] = 1e200, 1e100
		}
		for _, m := range sampleMetrics() {
			v := mustMeasure(t, m, reference, huge).Value
			if m.Name == MMD.Name {
				near(t, m.Name+" infinitely far away", v, mustMeasure(t, m, reference, far).Value, 0)
			} else if v == 0 || m.Name != MMDRFF.Name && v < 1e199 {
				t.Errorf("%s in %d-D of samples at 1e200 is %g", m.Name, dim, v)
			}
			if v := mustMeasure(t, m, reference, far).Value; math.IsNaN(v) || v < .3 {
				t.Errorf("%s in %d-D of samples at 1e100 is %g", m.Name, dim, v)
			}
		}
	}
}

// TestMetricsOfEqualPoints uses samples of one repeated point, at distances 5 and 0 from that of the reference.
func TestMetricsOfEqualPoints(t *testing.T) {
	t.Parallel()
	at := func(n int, x, y float64) flow.Batch {
		b := flow.NewBatch(n, 2)
		for i := range n {
			b.Row(i)[0], b.Row(i)[1] = x, y
		}
		return b
	}
	reference, far := at(40, 1, 1), at(30, 4, 5)
	for _, c := range []struct {
		metric Metric
		want   float64
	}{{Energy, 10}, {W1, 5}, {W2, 5}, {SlicedW2, 5 / math.Sqrt2}} {
		near(t, c.metric.Name, mustMeasure(t, c.metric, reference, far).Value, c.want, 1e-12)
		near(t, c.metric.Name+" at 0", mustMeasure(t, c.metric, reference, at(30, 1, 1)).Value, 0, 1e-15)
	}
	for _, m := range []Metric{MMD, MMDRFF} {
		if _, err := m.Judge(reference); err == nil || !strings.Contains(err.Error(), "distinct") {
			t.Errorf("%s with a constant reference: error %v", m.Name, err)
		}
	}
}

// TestMetricsOfFewPoints: two points have a value, but a standard error only for transport distances.
func TestMetricsOfFewPoints(t *testing.T) {
	t.Parallel()
	for _, m := range sampleMetrics() {
		for _, n := range []int{2, 3, 4, 5} {
			v := mustMeasure(t, m, normal(n, 2, 0, "y"), normal(n, 2, 1, "x"))
			pairs := m.Name == MMD.Name || m.Name == MMDRFF.Name || m.Name == Energy.Name
			if math.IsNaN(v.Value) || math.IsNaN(v.SE) != (pairs && n < 3) {
				t.Errorf("%s of %d points is %v", m.Name, n, v)
			}
		}
	}
}

func ExampleMetric() {
	reference := flow.Batch{Dim: 1, Data: []float64{0, 1, 2, 3}}
	judge, _ := SlicedW2.Judge(reference)
	m, _ := judge(flow.Batch{Dim: 1, Data: []float64{7, 5, 6, 8}})
	fmt.Println(m.Value)
	// Output: 5
}

// sampleMetrics returns the metrics that need two samples and nothing else.
func sampleMetrics() []Metric {
	var metrics []Metric
	for _, m := range Metrics {
		if m.Judge != nil {
			metrics = append(metrics, m)
		}
	}
	return metrics
}
