package metric

import (
	"math"
	"testing"
)

// TestMeanInterval is a textbook case of Student's t: the 97.5 % quantile with 2 degrees of freedom is 4.302653.
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
