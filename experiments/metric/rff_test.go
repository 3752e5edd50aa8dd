package metric

import (
	"fmt"
	"math"
	"testing"
)

// TestMMDRFFEqualsItsFeatures writes out the feature kernel, the mean of cos(w (x - y)) over all frequencies. The
// tolerance allows for the rounding of angles doubled four times and of sums of 1e7 numbers up to 1.
func TestMMDRFFEqualsItsFeatures(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 3} {
		x, y := normal(20, dim, .5, "x"), normal(25, dim, 0, "y")
		l, err := Bandwidth(y)
		if err != nil {
			t.Fatal(err)
		}
		w := frequencies(dim, 4*l)
		k := func(p, q []float64) (mean float64) {
			for i := range w.n {
				angle := 0.
				for d := range p {
					angle += w.col[d][i] * (p[d] - q[d])
				}
				for _, times := range []float64{1, 2, 4, 8, 16} {
					mean += math.Cos(times*angle) / (5 * rffFrequencies)
				}
			}
			return mean
		}
		want := 0.
		for i := range x.Len() {
			for j := range x.Len() {
				if i != j {
					want += k(x.Row(i), x.Row(j)) / (20 * 19)
				}
			}
			for j := range y.Len() {
				want -= 2 * k(x.Row(i), y.Row(j)) / (20 * 25)
			}
		}
		for i := range y.Len() {
			for j := range y.Len() {
				if i != j {
					want += k(y.Row(i), y.Row(j)) / (25 * 24)
				}
			}
		}
		near(t, fmt.Sprint("mmd-rff in dimension ", dim), mustMeasure(t, MMDRFF, y, x).Value, want, 1e-12)
	}
}

// TestMMDRFFIsNearMMD: each of 512 frequencies contributes a value between 0 and 4, whose mean is about a quarter of
// its spread, so their mean is accurate within 4 sqrt(1/512) = 18 %. SE has similar errors.
func TestMMDRFFIsNearMMD(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2, 10} {
		x, y := normal(1500, dim, .4, "x"), normal(1300, dim, 0, "y")
		got, want := mustMeasure(t, MMDRFF, y, x), mustMeasure(t, MMD, y, x)
		near(t, fmt.Sprint("mmd-rff in dimension ", dim), got.Value, want.Value, .18*want.Value)
		near(t, fmt.Sprint("its SE in dimension ", dim), got.SE, want.SE, .4*want.SE)
	}
}
