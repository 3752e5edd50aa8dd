package oracle_test

import (
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// TestParts: weights are up to a common factor, and one width is that of all.
func TestParts(t *testing.T) {
	t.Parallel()
	means := flow.NewBatch(2, 3)
	for _, c := range []struct {
		law          oracle.Mixture
		shares, stds []float64
	}{
		{oracle.Mixture{Means: means, Std: []float64{.5}}, []float64{.5, .5}, []float64{.5, .5}},
		{oracle.Mixture{Means: means, Std: []float64{0, 2}, Weights: []float64{3, 1}}, []float64{.75, .25}, []float64{0, 2}},
	} {
		if got := c.law.Shares(); !slices.Equal(got, c.shares) {
			t.Errorf("the shares of %v are %v, want %v", c.law.Weights, got, c.shares)
		}
		if got := c.law.Stds(); !slices.Equal(got, c.stds) {
			t.Errorf("the widths of %v are %v, want %v", c.law.Std, got, c.stds)
		}
	}
}
