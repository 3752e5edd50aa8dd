package ode

import (
	"fmt"
	"math"
)

// Tolerance bounds the error that an adaptive solver lets a sample make in one step, in the root mean square over the
// dimensions i of x:
//
//	|error_i| <= Atol + Rtol |x_i|
//
// The error at the end is of the same size unless the flow pulls points far apart, and falls in proportion.
type Tolerance struct {
	Atol float64 `json:"atol" above:"0" doc:"absolute error a step, in units of x"`
	Rtol float64 `json:"rtol" min:"0" doc:"error a step relative to x"`
}

// check returns an error unless the tolerances can be met.
func (tol Tolerance) check() error {
	if !(tol.Atol > 0) || math.IsInf(tol.Atol, 1) {
		return fmt.Errorf("atol: %g: give a finite number above 0", tol.Atol)
	}
	if !(tol.Rtol >= 0) || math.IsInf(tol.Rtol, 1) {
		return fmt.Errorf("rtol: %g: give a finite number, at least 0", tol.Rtol)
	}
	return nil
}

// norm returns the size of v at a step from x to y, all (d), in units of the tolerance (Hairer, Norsett and Wanner,
// equation II.4.11):
//
//	sqrt(1/d sum_i (v_i / (Atol + Rtol max(|x_i|, |y_i|)))^2)
func (tol Tolerance) norm(v, x, y []float64) float64 {
	sum := 0.
	for i, vi := range v {
		e := vi / (tol.Atol + float64(tol.Rtol*max(math.Abs(x[i]), math.Abs(y[i]))))
		sum += float64(e * e)
	}
	return math.Sqrt(sum / float64(len(v)))
}
