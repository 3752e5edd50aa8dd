package ode

import "math"

// controller chooses the next step of a sample from the error of the last, with the constants of the code DOPRI5
// (Hairer, Norsett and Wanner, "Solving Ordinary Differential Equations I", II.4 and appendix):
//
//	h_new = h min(10, max(1/5, 0.9 err^-(1/k - 3/4 beta) before^beta)),  beta = 1/(5k)
//
// err is the error of the step in units of the tolerance, before that of the last one that passed, and k the power of h
// that err goes with. The power of before, which makes it a proportional-integral controller, steadies the steps.
type controller struct {
	k, exponent, beta float64
}

const (
	safety       = .9
	mostShrink   = .2
	mostGrowth   = 10.
	leastError   = 1e-4 // stands for smaller errors of the last step, which say little about the next
	smallMeasure = 1e-5 // below it x or u is too near 0 to tell the size of the first step
)

// newController returns the controller for a solver whose embedded method is of order Order - 1, so that its local error
// goes with h^Order.
func newController(s Solver) controller {
	k := float64(s.Order)
	return controller{k: k, exponent: 1/k - .75*.2/k, beta: .2 / k}
}

// passed returns the factor from a step that passed, with err <= 1, to the next. After a rejected attempt it is at most 1:
// what failed a moment ago would fail again.
func (c controller) passed(err, before float64, rejected bool) float64 {
	most := mostGrowth
	if rejected {
		most = 1
	}
	factor := safety * math.Pow(err, -c.exponent) * math.Pow(before, c.beta) // +Inf where err is 0
	return min(most, max(mostShrink, factor))
}

// failed returns the factor from a step that failed, with err > 1 or not a number, to the next attempt.
func (c controller) failed(err float64) float64 {
	if math.IsNaN(err) {
		return mostShrink
	}
	return max(mostShrink, safety*math.Pow(err, -c.exponent))
}

// trial returns the length of an Euler step that changes x by a hundredth, from the norms of x and of u, as the start of
// the search for the first step.
func (c controller) trial(x, u float64) float64 {
	if x < smallMeasure || u < smallMeasure {
		return 1e-6
	}
	return .01 * x / u
}

// first returns the length of the first step, one whose error is about a hundredth of the tolerance: u is the norm of the
// velocity and du that of its derivative along the trial step.
func (c controller) first(trial, u, du float64) float64 {
	rate := max(u, du)
	if !(rate > 1e-15) || math.IsInf(rate, 1) { // also where it is not a number
		return min(100*trial, max(1e-6, 1e-3*trial))
	}
	return min(100*trial, math.Pow(.01/rate, 1/c.k))
}
