package metric

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// plainKernel is the kernel of mmd, written out with five exponentials.
func plainKernel(d2, l float64) (sum float64) {
	for _, s := range []float64{.25, .5, 1, 2, 4} {
		sum += math.Exp(-d2/(2*s*s*l*l)) / 5
	}
	return sum
}

// plainDiscrepancy is equation 3 of Gretton et al. 2012, written out.
func plainDiscrepancy(x, y flow.Batch, k func(d2 float64) float64) float64 {
	xx, yy, xy := naiveSums(x, x, k, true), naiveSums(y, y, k, true), naiveSums(x, y, k, false)
	n, m := float64(x.Len()), float64(y.Len())
	return sum(xx.rows)/(n*(n-1)) + sum(yy.rows)/(m*(m-1)) - 2*sum(xy.rows)/(n*m)
}

// TestMMDEqualsItsDefinition allows for the rounding of about 1e5 sums of order 1, and of powers by squaring.
func TestMMDEqualsItsDefinition(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2, 10} {
		for _, n := range []int{90, 92} { // an odd and an even number of pairs
			reference, samples := normal(n, dim, 0, "reference"), normal(170, dim, .5, "samples")
			l := plainMedian(reference)
			near(t, fmt.Sprint("bandwidth in dimension ", dim), medianDistance(reference), l, 1e-15*l)
			want := plainDiscrepancy(samples, reference, func(d2 float64) float64 { return plainKernel(d2, l) })
			near(t, fmt.Sprint("mmd in dimension ", dim), mustMeasure(t, MMD, reference, samples).Value, want, 1e-12)
		}
	}
}

func plainMedian(x flow.Batch) float64 {
	var d2 []float64
	for i := range x.Len() {
		for j := range i {
			d2 = append(d2, squaredDistance(x.Row(i), x.Row(j)))
		}
	}
	slices.Sort(d2)
	return math.Sqrt((d2[(len(d2)-1)/2] + d2[len(d2)/2]) / 2)
}

// TestGaussiansFarAway: where the narrowest kernels vanish, the sum of the others is correct to a few units in the last
// place, and finally the widest vanishes too.
func TestGaussiansFarAway(t *testing.T) {
	t.Parallel()
	for d2 := 0.; d2 < 1e5; d2 += 3.7 {
		v := []float64{d2}
		gaussians(1.3)(v)
		want := plainKernel(d2, 1.3)
		// The rate is rounded, so e^-z has a relative error of z 2^-53, before the powers by squaring.
		tol := (1024 + d2/(32*1.3*1.3)) * 0x1p-53 * want
		near(t, fmt.Sprint("kernel at squared distance ", d2), v[0], want, tol+1e-300)
	}
	v := []float64{1e308, math.Inf(1)}
	gaussians(1)(v)
	if v[0] != 0 || v[1] != 0 {
		t.Errorf("at infinity the kernel is %v", v)
	}
}

// TestRanks uses values with the same leading bits, equal values, and values far apart.
func TestRanks(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{
		{3}, {2, 1}, {0, 0, 0}, {1, 1 + 1e-12, 1 + 2e-12, 1 + 3e-12}, {1e-300, 1e300, 5, 0}, {7, 7, 7, 1e9, 1e9},
	} {
		sorted := slices.Sorted(slices.Values(values))
		for low := range values {
			high := min(low+1, len(values)-1)
			if got := ranks(values, low, high); got != [2]float64{sorted[low], sorted[high]} {
				t.Errorf("positions %d and %d of %v are %v", low, high, values, got)
			}
		}
	}
}

func TestBandwidthNeedsDistinctPoints(t *testing.T) {
	t.Parallel()
	mostly := normal(20, 2, 0, "x")
	clear(mostly.Data[:2*16]) // 120 of 190 pairs are equal
	for name, b := range map[string]flow.Batch{
		"equal": flow.NewBatch(10, 2), "mostly equal": mostly, "one": normal(1, 2, 0, "x"), "none": {},
		"infinite": {Dim: 1, Data: []float64{0, 1, 2, math.Inf(1)}}, "overflowing": {Dim: 1, Data: []float64{0, 1e200, -1e200}},
	} {
		if l, err := Bandwidth(b); err == nil {
			t.Errorf("%s points have bandwidth %g", name, l)
		}
	}
	if _, err := Bandwidth(mostly); err == nil || !strings.Contains(err.Error(), "distinct") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}

// gaussianMMD returns the squared MMD of N(0, I) and N(shift, std^2 I), with the same shift on all axes, in closed
// form. For kernels of bandwidth l and X - Y ~ N(delta, v I), E k(X, Y) is (l^2/(l^2+v))^(d/2) exp(-|delta|^2/(2
// (l^2+v))).
func gaussianMMD(dim int, shift, std, l float64) (mmd float64) {
	d := float64(dim)
	for _, s := range []float64{.25, .5, 1, 2, 4} {
		l2 := s * s * l * l
		mean := func(delta, v float64) float64 {
			return math.Pow(l2/(l2+v), d/2) * math.Exp(-d*delta*delta/(2*(l2+v)))
		}
		mmd += (mean(0, 2) + mean(0, 2*std*std) - 2*mean(shift, 1+std*std)) / 5
	}
	return mmd
}

// BenchmarkMMD measures 5,000 samples against 5,000, including the work for the reference.
func BenchmarkMMD(b *testing.B) {
	reference, samples := normal(5000, 2, 0, "reference"), normal(5000, 2, 0, "samples")
	for b.Loop() {
		mustMeasure(b, MMD, reference, samples)
	}
}

// BenchmarkMMDRFF measures 100,000 samples against 100,000.
func BenchmarkMMDRFF(b *testing.B) {
	reference, samples := normal(100_000, 2, 0, "reference"), normal(100_000, 2, 0, "samples")
	judge := mustJudge(b, MMDRFF, reference)
	for b.Loop() {
		if _, err := judge(samples); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleBandwidth() {
	l, _ := Bandwidth(flow.Batch{Dim: 2, Data: []float64{0, 0, 3, 4, 30, 40}}) // distances 5, 45 and 50
	fmt.Println(l)
	// Output: 45
}
