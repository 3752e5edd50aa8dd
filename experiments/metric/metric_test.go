package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

func normal(n, dim int, shift float64, name string) flow.Batch {
	b := flow.NewBatch(n, dim)
	flow.NewStream(1, name).Normal(b, 0)
	for i := range b.Data {
		b.Data[i] += shift
	}
	return b
}

func mustJudge(t *testing.T, m Metric, reference flow.Batch) Judge {
	t.Helper()
	j, err := m.Judge(reference)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustMeasure(t *testing.T, m Metric, reference, samples flow.Batch) float64 {
	t.Helper()
	v, err := mustJudge(t, m, reference)(samples)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// plainMMD is equation 3 of Gretton et al. 2012 written out with five exponentials.
func plainMMD(x, y flow.Batch, l float64) float64 {
	k := func(a, b []float64) float64 {
		d2, sum := 0., 0.
		for i := range a {
			d2 += (a[i] - b[i]) * (a[i] - b[i])
		}
		for _, s := range []float64{.25, .5, 1, 2, 4} {
			sum += math.Exp(-d2/(2*s*s*l*l)) / 5
		}
		return sum
	}
	n, m := float64(x.Len()), float64(y.Len())
	sum := 0.
	for i := range x.Len() {
		for j := range x.Len() {
			if i != j {
				sum += k(x.Row(i), x.Row(j)) / (n * (n - 1))
			}
		}
		for j := range y.Len() {
			sum -= 2 * k(x.Row(i), y.Row(j)) / (n * m)
		}
	}
	for i := range y.Len() {
		for j := range y.Len() {
			if i != j {
				sum += k(y.Row(i), y.Row(j)) / (m * (m - 1))
			}
		}
	}
	return sum
}

// TestMMDEqualsItsDefinition allows for the rounding of about 1e5 sums of order 1 and of the powers by squaring.
func TestMMDEqualsItsDefinition(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2, 10} {
		reference, samples := normal(90, dim, 0, "reference"), normal(70, dim, .5, "samples")
		var distances []float64
		for i := range reference.Len() {
			for j := range i {
				distances = append(distances, math.Sqrt(squaredDistance(reference.Row(i), reference.Row(j))))
			}
		}
		slices.Sort(distances)
		l := distances[len(distances)/2] // an odd number of pairs
		if len(distances)%2 == 0 {
			t.Fatal("the test wants an odd number of pairs")
		}
		got, want := mustMeasure(t, MMD, reference, samples), plainMMD(samples, reference, l)
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("dimension %d: mmd = %.15g, want %.15g", dim, got, want)
		}
	}
}

// TestMMDIsUnbiased: over 200 fresh pairs of samples of one distribution the mean is 0 within 5 standard errors, and
// about half of the values are negative, as they cannot be for the biased form.
func TestMMDIsUnbiased(t *testing.T) {
	t.Parallel()
	reference := normal(50, 2, 0, "bandwidth")
	k := kernel{rate: 1 / (32 * math.Pow(medianDistance(reference), 2))}
	var values []float64
	negative := 0
	for i := range 200 {
		x, y := normal(50, 2, 0, fmt.Sprint("x", i)), normal(50, 2, 0, fmt.Sprint("y", i))
		v := k.meanWithin(x) + k.meanWithin(y) - 2*k.meanBetween(x, y)
		values = append(values, v)
		if v < 0 {
			negative++
		}
	}
	mean, half := MeanInterval(values)
	if math.Abs(mean) > 5*half/1.97 {
		t.Errorf("mean %g ± %g over equal distributions, want 0", mean, half)
	}
	if negative < 60 {
		t.Errorf("%d of 200 values are negative: biased", negative)
	}
}

// TestSlicedW2OfAShift: moving every point by delta moves every projection by <w, delta>, so the distance is
// |delta| / sqrt(dim) averaged over all directions, exact for even angles in 2-D.
func TestSlicedW2OfAShift(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2} {
		x := normal(500, dim, 0, "x")
		y := x.Clone()
		for i := range y.Len() {
			y.Row(i)[0] += 3
		}
		want := 3 / math.Sqrt(float64(dim))
		if got := mustMeasure(t, SlicedW2, x, y); math.Abs(got-want) > 1e-12 {
			t.Errorf("dimension %d: sliced-w2 = %.15g, want %.15g", dim, got, want)
		}
	}
	// Above, 128 random directions leave an error: the mean of w_1^2 = 1/10 has standard deviation
	// sqrt(2 9 / (100 12)) / sqrt(128) = 0.011, so 5 of those in the square are 0.27 of it and 0.13 in the root.
	x := normal(100, 10, 0, "x")
	y := x.Clone()
	for i := range y.Len() {
		y.Row(i)[0] += 3
	}
	want := 3 / math.Sqrt(10)
	if got := mustMeasure(t, SlicedW2, x, y); math.Abs(got/want-1) > .27 {
		t.Errorf("dimension 10: sliced-w2 = %g, want about %g", got, want)
	}
}

// TestSquaredW2OfUnequalSizes is worked by hand: quantiles 0, 0, 6, 6 (in thirds of halves) against 0, 3, 6.
func TestSquaredW2OfUnequalSizes(t *testing.T) {
	t.Parallel()
	// On [0, 1/3]: 0 - 0; on [1/3, 1/2]: 0 - 3; on [1/2, 2/3]: 6 - 3; on [2/3, 1]: 6 - 6.
	got, want := squaredW2([]float64{0, 6}, []float64{0, 3, 6}), 9./6+9./6
	if math.Abs(got-want) > 1e-15 {
		t.Errorf("squared W2 = %g, want %g", got, want)
	}
	// Repeating every point changes no distribution.
	r := rand.New(rand.NewPCG(1, 2))
	var a, b, twice []float64
	for range 30 {
		a, b = append(a, r.NormFloat64()), append(b, r.NormFloat64()+1)
	}
	slices.Sort(a)
	slices.Sort(b)
	for _, v := range b {
		twice = append(twice, v, v)
	}
	if got, want := squaredW2(a, twice), squaredW2(a, b); math.Abs(got-want) > 1e-13 {
		t.Errorf("squared W2 with every point twice = %g, want %g", got, want)
	}
}

func TestMetricsGrowWithTheDistance(t *testing.T) {
	t.Parallel()
	reference := normal(300, 2, 0, "reference")
	for _, m := range Metrics {
		last := math.Inf(-1)
		for _, shift := range []float64{0, .3, 1, 3} {
			v := mustMeasure(t, m, reference, normal(300, 2, shift, "samples"))
			if v <= last {
				t.Errorf("%s at shift %g is %g, not above %g", m.Name, shift, v, last)
			}
			last = v
		}
	}
}

func TestMetricsOfBrokenSamples(t *testing.T) {
	t.Parallel()
	reference := normal(50, 2, 0, "reference")
	for _, m := range Metrics {
		judge := mustJudge(t, m, reference)
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			samples := normal(50, 2, 0, "samples")
			samples.Data[7] = bad
			if v, err := judge(samples); err != nil || !math.IsNaN(v) {
				t.Errorf("%s of a sample with a %g is %g (%v), want NaN", m.Name, bad, v, err)
			}
		}
		if _, err := judge(normal(50, 3, 0, "wide")); err == nil || !strings.Contains(err.Error(), "3 columns") {
			t.Errorf("%s of samples of another dimension: error %v", m.Name, err)
		}
		if _, err := judge(normal(1, 2, 0, "one")); err == nil {
			t.Errorf("%s of one point: no error", m.Name)
		}
		if _, err := m.Judge(normal(1, 2, 0, "one")); err == nil {
			t.Errorf("%s with a reference of one point: no error", m.Name)
		}
	}
	if _, err := MMD.Judge(flow.NewBatch(10, 2)); err == nil || !strings.Contains(err.Error(), "distinct") {
		t.Errorf("mmd with a constant reference: error %v", err)
	}
}

// TestMeanInterval is the textbook case of Student's t: the 97.5 % quantile with 2 degrees of freedom is 4.302653.
func TestMeanInterval(t *testing.T) {
	t.Parallel()
	mean, half := MeanInterval([]float64{1, 2, 3})
	if want := 4.302653 / math.Sqrt(3); mean != 2 || math.Abs(half-want) > 1e-6 {
		t.Errorf("mean %g ± %g, want 2 ± %g", mean, half, want)
	}
	if mean, half := MeanInterval([]float64{5}); mean != 5 || !math.IsNaN(half) {
		t.Errorf("one value: %g ± %g, want 5 ± NaN", mean, half)
	}
	if mean, _ := MeanInterval(nil); !math.IsNaN(mean) {
		t.Errorf("no values: mean %g, want NaN", mean)
	}
}

func BenchmarkMMD(b *testing.B) {
	reference, samples := normal(2000, 2, 0, "reference"), normal(2000, 2, 0, "samples")
	judge, err := MMD.Judge(reference)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := judge(samples); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleSlicedW2() {
	reference := flow.Batch{Dim: 1, Data: []float64{0, 1, 2, 3}}
	judge, _ := SlicedW2.Judge(reference)
	value, _ := judge(flow.Batch{Dim: 1, Data: []float64{7, 5, 6, 8}})
	fmt.Println(value)
	// Output: 5
}
