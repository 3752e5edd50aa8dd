package flow

import (
	"math"
	"testing"
)

// bent is a curve through (0, 0), (1, 10) and (3, 210), with slope 5 beyond.
func bent(t *testing.T) Curve {
	t.Helper()
	c, err := NewCurve([]float64{0, 1, 3}, []float64{0, 10, 210}, 5)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCurve(t *testing.T) {
	t.Parallel()
	c := bent(t)
	for x, y := range map[float64]float64{-2: -10, 0: 0, .25: 2.5, 1: 10, 2: 110, 3: 210, 5: 220} {
		if got := c.At(x); got != y {
			t.Errorf("at %g it is %g, want %g", x, got, y)
		}
		if got := c.Inverse(y); got != x {
			t.Errorf("it is %g at %g, want %g", y, got, x)
		}
	}
	if v := c.At(math.NaN()); !math.IsNaN(v) {
		t.Errorf("at NaN it is %g", v)
	}
}

func TestInvalidCurves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		x, y []float64
		tail float64
	}{
		"no knots":      {nil, nil, 1},
		"y is missing":  {[]float64{0, 1}, []float64{0}, 1},
		"equal x":       {[]float64{0, 0}, []float64{0, 1}, 1},
		"falling":       {[]float64{0, 1}, []float64{1, 0}, 1},
		"no slope":      {[]float64{0, 1}, []float64{0, 1}, 0},
		"an endless y":  {[]float64{0, 1}, []float64{0, math.Inf(1)}, 1},
		"a NaN":         {[]float64{0, math.NaN()}, []float64{0, 1}, 1},
		"a single knot": {[]float64{math.Inf(-1)}, []float64{0}, 1},
	} {
		if _, err := NewCurve(c.x, c.y, c.tail); err == nil {
			t.Errorf("%s: there is a curve", name)
		}
	}
}
