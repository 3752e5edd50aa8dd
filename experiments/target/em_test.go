package target

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// TestFitMixtureFindsItsParts: from 4,000 draws of three Gaussians far apart, weights are known to .008, means to .01 a
// coordinate and widths to 2 %, one standard deviation each.
func TestFitMixtureFindsItsParts(t *testing.T) {
	t.Parallel()
	law := oracle.Mixture{
		Weights: []float64{.5, .3, .2}, Std: []float64{.3, .5, .2},
		Means: flow.Batch{Dim: 3, Data: []float64{0, 0, 0, 4, 0, 0, 0, 5, 5}},
	}
	rows := flow.NewBatch(4000, 3)
	for i := range rows.Len() {
		law.Draw(flow.NewStream(1, "rows").At(uint64(i)), rows.Row(i))
	}
	m := fitMixture(rows, 3)
	for i, w := range law.Weights {
		mean := law.Means.Row(i)
		j := slices.IndexFunc([]int{0, 1, 2}, func(j int) bool { return squaredDistance(m.Means.Row(j), mean) < 1 })
		if j < 0 {
			t.Fatalf("no part near %v: %+v", mean, m)
		}
		if math.Abs(m.Weights[j]-w) > .025 || math.Abs(m.Std[j]/law.Std[i]-1) > .06 || squaredDistance(m.Means.Row(j), mean) > 3*.04*.04 {
			t.Errorf("part %d: weight %.4f, width %.4f, mean %v; want %g, %g, %v", i, m.Weights[j], m.Std[j], m.Means.Row(j), w, law.Std[i], mean)
		}
	}
}

// TestFitMixtureRises: no round makes the rows less likely, which is what expectation maximisation promises.
func TestFitMixtureRises(t *testing.T) {
	t.Parallel()
	rows := flow.NewBatch(300, 2)
	flow.NewStream(2, "rows").Normal(rows, 0)
	m := oracle.Mixture{Weights: []float64{.25, .25, .25, .25}, Means: spreadRows(rows, 4), Std: []float64{1, 1, 1, 1}}
	shares, last := flow.NewBatch(300, 4), math.Inf(-1)
	for round := range 50 {
		likelihood := expect(m, rows, shares)
		if likelihood < last-1e-12 {
			t.Fatalf("round %d: %g after %g", round, likelihood, last)
		}
		last = likelihood
		maximise(&m, rows, shares, 1e-6)
	}
}

// TestFitMixtureOfEqualRows: parts of equal rows keep a width, so that the law has a density, and more parts than different
// rows are no harm.
func TestFitMixtureOfEqualRows(t *testing.T) {
	t.Parallel()
	rows := flow.Batch{Dim: 2, Data: slices.Repeat([]float64{0, 0, 1, 1}, 10)}
	m := fitMixture(rows, 4)
	for i, s := range m.Std {
		if !(s > 0) || !flow.Finite(s) || !(m.Weights[i] >= 0) {
			t.Errorf("part %d: weight %g, width %g", i, m.Weights[i], s)
		}
	}
	if e, _ := m.Entropy(1000, 1); !flow.Finite(e) {
		t.Errorf("entropy %g", e)
	}
}
