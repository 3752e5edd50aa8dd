package rank

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
)

// TestRanks: a rank is how many draws are smaller; of a truth that equals all its draws it is uniform.
func TestRanks(t *testing.T) {
	t.Parallel()
	r := flow.NewStream(1, "ties").At(0)
	got, ok := Of([]float64{0, 5, -5}, []float64{-1, 1, 2, -1, 1, 2, -1, 1, 2}, r)
	if !ok || got[0] != 1 || got[1] != 3 || got[2] != 0 {
		t.Errorf("ranks %v, want 1, 3 and 0", got)
	}
	counts := make([]int, 4)
	for range 4000 {
		tied, _ := Of([]float64{1}, []float64{1, 1, 1}, r)
		counts[tied[0]]++
	}
	for k, n := range counts {
		if math.Abs(float64(n)-1000) > 5*math.Sqrt(750) { // 5 standard errors
			t.Errorf("of 4000 tied ranks %d are %d, want about 1000", n, k)
		}
	}
	if _, ok := Of([]float64{math.NaN()}, []float64{1}, r); ok {
		t.Error("NaN has a rank")
	}
}

// TestBinomialTails: of 2 throws of a coin, none, one and two heads have the two-sided p-values 1/2, 1 and 1/2; and of many, that of the
// normal law within the correction for continuity.
func TestBinomialTails(t *testing.T) {
	t.Parallel()
	for c, want := range []float64{.5, 1, .5} {
		if got := binomialTails(2, .5)[c]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%d of 2: p %g, want %g", c, got, want)
		}
	}
	if got := binomialTails(10_000, .5)[4900]; math.Abs(got-math.Erfc(1.99/math.Sqrt2)) > 1e-4 {
		t.Errorf("4900 of 10000: p %g, want that of 1.99 standard deviations, %g", got, math.Erfc(1.99/math.Sqrt2))
	}
}

// TestBand: for 250 ranks of 100 values, Säilynoja et al. adjust pointwise intervals of the level gamma to hold all at once with
// 95 %. gamma is between that of one point, .05, and that of 99 independent ones, .0005; the normal law at its middle gives the width
// 2 z sqrt(n)/2 in counts.
func TestBand(t *testing.T) {
	t.Parallel()
	u := NewUniform(250, 99)
	low, high := u.Band(.95)
	width := high[49] - low[49]
	if one, all := 2*1.96*math.Sqrt(250)/2, 2*3.48*math.Sqrt(250)/2; float64(width) < one || float64(width) > all {
		t.Errorf("the band is %d wide in its middle, want between %.1f and %.1f", width, one, all)
	}
	inside, uniform := 0, 0
	const sets = 2000
	stream := flow.NewStream(7, "sets")
	for i := range sets {
		r, ranks := stream.At(uint64(i)), make([]int, 250)
		for j := range ranks {
			ranks[j] = r.IntN(100)
		}
		within := true
		for k, c := range Cumulative(ranks, 99) {
			within = within && c >= low[k] && c <= high[k]
		}
		p := u.P(ranks)
		if within {
			inside++
		}
		if p > .5 {
			uniform++
		}
		// The band and the test agree, but for the one simulation that is counted beside them.
		if within != (p > .05) && math.Abs(p-.05) > .001 {
			t.Errorf("set %d: within the band is %v, and p %g", i, within, p)
		}
	}
	// Both are binomial; 4 standard errors of 2,000 sets.
	if share := float64(inside) / sets; math.Abs(share-.95) > 4*math.Sqrt(.95*.05/sets) {
		t.Errorf("%.3f of the sets of uniform ranks are within the band, want .95", share)
	}
	if share := float64(uniform) / sets; math.Abs(share-.5) > 4*math.Sqrt(.25/sets) {
		t.Errorf("%.3f of the p-values are above .5", share)
	}
}

// TestHistogram: uniform ranks stay within the band of a histogram in at least 95 % of cases; ranks that pile up at the ends do not.
func TestHistogram(t *testing.T) {
	t.Parallel()
	within := 0
	stream := flow.NewStream(3, "sets")
	for i := range 1000 {
		r, ranks := stream.At(uint64(i)), make([]int, 250)
		for j := range ranks {
			ranks[j] = r.IntN(100)
		}
		if HistogramOf(ranks, 99, 20, .95).Within() {
			within++
		}
	}
	if within < 930 || within > 995 { // at least .95, less 3 standard errors, and not so wide that it says nothing
		t.Errorf("%d of 1000 histograms are within the band", within)
	}
	ends := make([]int, 250)
	for i := range ends {
		ends[i] = 99 * (i % 2)
	}
	if HistogramOf(ends, 99, 20, .95).Within() || NewUniform(250, 99).P(ends) > 2e-4 {
		t.Error("ranks that are all at the ends pass")
	}
	if d, _ := Distance(ends, 99); math.Abs(d-.49) > 1e-12 {
		t.Errorf("their distance from uniform is %g, want .5 - .01", d)
	}
}
