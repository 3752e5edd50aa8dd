package ode

import (
	"math"
	"testing"
)

// TestController compares with the formula worked out by hand for the fifth-order pairs: k = 5, beta = 0.04, exponent
// 0.17.
func TestController(t *testing.T) {
	t.Parallel()
	c := newController(Dopri5)
	for _, v := range []struct {
		name      string
		got, want float64
	}{
		{"the whole tolerance", c.passed(1, 1, false), .9},
		{"after a small error", c.passed(1, 1e-4, false), .9 * math.Pow(10, -.16)},
		{"a hundredth", c.passed(.01, 1, false), .9 * math.Pow(10, .34)},
		{"no error", c.passed(0, 1e-4, false), 10},
		{"no error after a rejection", c.passed(0, 1e-4, true), 1},
		{"a large error after a rejection", c.passed(1, 1, true), .9},
		{"barely failed", c.failed(1.01), .9 * math.Pow(1.01, -.17)},
		{"ten times too much", c.failed(10), .9 * math.Pow(10, -.17)},
		{"far too much", c.failed(1e9), .2},
		{"infinite", c.failed(math.Inf(1)), .2},
		{"not a number", c.failed(math.NaN()), .2},
		{"trial step", c.trial(50, 2), .25},
		{"trial step from 0", c.trial(0, 2), 1e-6},
		{"trial step at rest", c.trial(2, 0), 1e-6},
		{"first step by the velocity", c.first(1, 320, 1), math.Pow(.01/320, .2)},
		{"first step by its derivative", c.first(1, 1, 320), math.Pow(.01/320, .2)},
		{"first step after a short trial", c.first(1e-6, 1, 1), 1e-4},
		{"first step at rest", c.first(1e-2, 0, 0), 1e-5},
		{"first step without a derivative", c.first(1e-2, 1, math.NaN()), 1e-5},
	} {
		if !(math.Abs(v.got/v.want-1) <= 1e-14) {
			t.Errorf("%s: %g, want %g", v.name, v.got, v.want)
		}
	}
}
