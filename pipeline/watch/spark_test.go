package watch

import (
	"math"
	"testing"
)

func TestSparkline(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		values []float64
		width  int
		want   string
	}{
		{"nothing", nil, 8, ""},
		{"no room", []float64{1, 2}, 0, ""},
		{"one point", []float64{3}, 8, "▄"},
		{"constant", []float64{2, 2, 2}, 8, "▄▄▄"},
		{"all levels", []float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, "▁▂▃▄▅▆▇█"},
		{"falling", []float64{7, 3.5, 0}, 8, "█▅▁"},
		{"negative", []float64{-7, 0}, 8, "▁█"},
		{"means of pairs", []float64{0, 0, 7, 7, 3, 4, 0, 14}, 4, "▁█▅█"},
		{"NaN", []float64{0, nan, 7}, 8, "▁×█"},
		{"infinite", []float64{0, inf, -inf, 7}, 8, "▁××█"},
		{"NaN in a part", []float64{0, 0, 1, nan, 7, 7}, 3, "▁×█"},
		{"NaN alone", []float64{nan, nan}, 8, "××"},
		{"finite and nothing to compare", []float64{nan, 5}, 8, "×▄"},
		{"far apart", []float64{-math.MaxFloat64, math.MaxFloat64}, 8, "▁█"},
	} {
		if got := sparkline(c.values, c.width); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
