package metric

import (
	"fmt"
	"math"
	"testing"

	"flowsweep/experiments/flow"
)

func squaredDistance(x, y []float64) (sum float64) {
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return sum
}

// TestSumsEqualDoubleLoops uses sizes around those of tiles, with odd and even numbers of tiles.
func TestSumsEqualDoubleLoops(t *testing.T) {
	t.Parallel()
	k := func(d2 float64) float64 { return 1 / (1 + d2) }
	cauchy := kernel(func(v []float64) {
		for i, d2 := range v {
			v[i] = k(d2)
		}
	})
	for _, size := range [][2]int{{2, 1}, {5, 200}, {127, 128}, {129, 3}, {256, 257}, {300, 520}, {513, 128}} {
		for _, dim := range []int{1, 2, 3, 10} {
			x, y := normal(size[0], dim, 0, "x"), normal(size[1], dim, .5, "y")
			what := fmt.Sprintf("%d points against %d in %d-D", size[0], size[1], dim)
			compare(t, what, cauchy.between(columnsOf(x), columnsOf(y)), naiveSums(x, y, k, false))
			compare(t, what+", within", cauchy.within(columnsOf(x)), naiveSums(x, x, k, true))
		}
	}
}

func naiveSums(x, y flow.Batch, k func(d2 float64) float64, same bool) sums {
	s := sums{rows: make([]float64, x.Len()), cols: make([]float64, y.Len())}
	for i := range x.Len() {
		for j := range y.Len() {
			if same && i == j {
				continue
			}
			v := k(squaredDistance(x.Row(i), y.Row(j)))
			s.rows[i] += v
			s.cols[j] += v
		}
	}
	return s
}

// compare allows for the rounding of up to 1e5 additions of numbers up to 1.
func compare(t *testing.T, what string, got, want sums) {
	t.Helper()
	off := func(a, b float64) bool { return math.Abs(a-b) > 1e-11*(1+b) }
	if len(got.rows) != len(want.rows) || len(got.cols) != len(want.cols) {
		t.Fatalf("%s: %d rows and %d columns, want %d and %d", what, len(got.rows), len(got.cols), len(want.rows), len(want.cols))
	}
	for i := range want.rows {
		if off(got.rows[i], want.rows[i]) {
			t.Fatalf("%s: row %d sums to %g, want %g", what, i, got.rows[i], want.rows[i])
		}
	}
	for i := range want.cols {
		if off(got.cols[i], want.cols[i]) {
			t.Fatalf("%s: column %d sums to %g, want %g", what, i, got.cols[i], want.cols[i])
		}
	}
}
