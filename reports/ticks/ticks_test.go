package ticks

import "testing"

func TestTicks(t *testing.T) {
	labels := func(low, high float64) (got []string) {
		for _, tick := range (Log{}).Ticks(low, high) {
			if tick.Label != "" {
				got = append(got, tick.Label)
			}
		}
		return got
	}
	for _, c := range []struct{ low, high float64 }{
		{.8, 1.9}, {.01, .02}, {.3, 40}, {1e-7, 1}, {1e-300, 1e300}, {1e-301, 1.3e-300}, {1e5, 1e9}, {.99, 1.01},
	} {
		if n := len(labels(c.low, c.high)); n < 2 || n > 12 {
			t.Errorf("from %g to %g: %d labels: %q", c.low, c.high, n, labels(c.low, c.high))
		}
	}
}

// TestEvenTicks checks that axes of any range have two to seven labels, at round numbers.
func TestEvenTicks(t *testing.T) {
	t.Parallel()
	for span := 1e-3; span < 1e4; span *= 1.07 {
		for _, low := range []float64{0, -span / 3} {
			n := len(Even{}.Ticks(low, low+span))
			if n < 2 || n > 7 {
				t.Errorf("from %g to %g: %d ticks", low, low+span, n)
			}
		}
	}
	for i, tick := range (Even{}).Ticks(0, .385) {
		if want := []string{"0", "0.1", "0.2", "0.3"}[i]; tick.Label != want {
			t.Errorf("tick %d is %q, want %q", i, tick.Label, want)
		}
	}
}
