package metric

import (
	"math"
	"testing"
)

// TestPairedP compares with scipy.stats.ttest_rel([1, 2, 4, 3], [0, 3, 1, 2]): p = 0.30807.
func TestPairedP(t *testing.T) {
	t.Parallel()
	near(t, "p", PairedP([]float64{1, 2, 4, 3}, []float64{0, 3, 1, 2}), 0.30807, 1e-5)
	for _, c := range [][2][]float64{{{1, 2}, {1, 2}}, {{1}, {2}}, {nil, nil}} {
		if p := PairedP(c[0], c[1]); p != 1 {
			t.Errorf("p of %v and %v is %g, want 1", c[0], c[1], p)
		}
	}
	if p := PairedP([]float64{1, 2, 3}, []float64{1.1, 2.11, 3.12}); !(p < .01) || math.IsNaN(p) {
		t.Errorf("p of numbers that differ alike is %g", p)
	}
}
