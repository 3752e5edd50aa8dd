package reports

import (
	"math"
	"testing"

	"flowsweep/reports/figure"
)

// TestUpperLimit knows the answers: 1000 times the reference of a logarithmic axis; on a linear one, 30 times the reference or the distance
// below it, whichever is larger, above the reference.
func TestUpperLimit(t *testing.T) {
	t.Parallel()
	inf, nan := math.Inf(1), math.NaN()
	for name, c := range map[string]struct {
		values, always, chain []float64
		linear                bool
		want                  float64
	}{
		"nothing":                     {nil, nil, nil, false, inf},
		"nothing that an axis shows":  {[]float64{0, -1, nan, inf}, nil, nil, false, inf},
		"lower quartile":              {[]float64{4, 2, 1, 3, 5}, nil, nil, false, 2000},
		"the same and a diverged one": {[]float64{4, 2, 1, 3, 1e32}, nil, nil, false, 2000},
		"three of four diverged":      {[]float64{1e32, .5, inf, 1e30, nan, 1e31}, nil, nil, false, 500},
		"chosen":                      {[]float64{1, 2, 3, 4}, []float64{7}, nil, false, 7000},
		"chosen diverged":             {[]float64{1, 2, 3, 4}, []float64{1e32}, nil, false, 1e35},
		"front":                       {[]float64{1, 2, 3, 4}, nil, []float64{1e5, 900, 1}, false, 1e8},
		"front that diverged":         {[]float64{1, 2, 3, 4}, nil, []float64{1e32, 900, 1}, false, 9e5},
		"no negatives":                {[]float64{-5, -4, 2, 3}, nil, nil, false, 2000},
		"linear":                      {[]float64{2, 3, 4, 5, 1e32}, nil, nil, true, 3 + 30*3},
		"linear around 0":             {[]float64{-9, 1, 4, 5, 1e32}, nil, nil, true, 1 + 30*10},
		"linear, chosen":              {[]float64{2, 3, 4, 5, 1e32}, []float64{6}, nil, true, 6 + 30*6},
		"linear, front that diverged": {[]float64{2, 3, 4, 5, 1e32}, nil, []float64{2, 1e32}, true, 3 + 30*3},
	} {
		if got := figure.UpperLimit(c.values, c.always, c.chain, c.linear); got != c.want {
			t.Errorf("%s: got %g, want %g", name, got, c.want)
		}
	}
}

func TestTrimmed(t *testing.T) {
	t.Parallel()
	var even []float64
	for i := range 200 {
		even = append(even, float64(i))
	}
	for name, c := range map[string]struct {
		values []float64
		want   figure.Span
	}{
		"nothing":       {nil, figure.Span{Low: math.Inf(1), High: math.Inf(-1)}},
		"two":           {[]float64{1, 1e32}, figure.Span{Low: 1, High: 1e32}},
		"even":          {even, figure.Span{Low: 0, High: 199}},
		"an outlier":    {append([]float64{1e32}, even...), figure.Span{Low: 0, High: 199}},
		"two outliers":  {append([]float64{1e32, -1e32}, even...), figure.Span{Low: 0, High: 199}},
		"a tail":        {append([]float64{5000}, even...), figure.Span{Low: 0, High: 5000}},
		"nearly 0 only": {append(make([]float64, 200), 1e32), figure.Span{Low: 0, High: 1e32}}, // there is no scale to judge by
	} {
		if got := figure.Trimmed(c.values); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
