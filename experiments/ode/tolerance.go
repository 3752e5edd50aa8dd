package ode

import (
	"fmt"
	"math"
)

// Tolerance bounds the error of a sample in one step of an adaptive solver, as a root mean square over the dimensions
// i:
//
//	|error_i| <= Atol + Rtol |x_i|
//
// The error at the end is proportional to it, and of the same size unless the flow pulls points far apart.
type Tolerance struct {
	Atol float64 `json:"atol" above:"0" doc:"absolute error per step, in units of x"`
	Rtol float64 `json:"rtol" min:"0" doc:"error per step relative to x"`
}

// check returns an error unless the tolerances are valid.
func (tol Tolerance) check() error {
	if !(tol.Atol > 0) || math.IsInf(tol.Atol, 1) {
		return fmt.Errorf("atol: %g: must be positive and finite", tol.Atol)
	}
	if !(tol.Rtol >= 0) || math.IsInf(tol.Rtol, 1) {
		return fmt.Errorf("rtol: %g: must be finite and at least 0", tol.Rtol)
	}
	return nil
}

// norm returns the size of v in a step from x to y, all (d), in units of the tolerance (Hairer, Norsett and Wanner,
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
