package ode

import "math"

// controller chooses the next step of a sample from the error of the last one, with the constants of the code DOPRI5
// (Hairer, Norsett and Wanner, "Solving Ordinary Differential Equations I", II.4 and appendix):
//
//	h_new = h min(10, max(1/5, 0.9 err^-(1/k - 3/4 beta) before^beta)),  beta = 1/(5k)
//
// err is the error of the step in units of the tolerance and grows like h^k; before is that of the last accepted step.
// The factor before^beta makes it a proportional-integral controller, whose steps vary more smoothly.
type controller struct {
	k, exponent, beta float64
}

const (
	safety    = .9
	minFactor = .2
	maxFactor = 10.
	minError  = 1e-4 // replaces smaller errors of the last step, which say little about the next
	minNorm   = 1e-5 // if x or u is smaller, it is too near 0 to choose the first step from
)

// newController returns the controller for a solver whose embedded method has order Order - 1, so its local error grows
// like h^Order.
func newController(s Solver) controller {
	k := float64(s.Order)
	return controller{k: k, exponent: 1/k - .75*.2/k, beta: .2 / k}
}

// passed returns the ratio of the next step to an accepted one, whose err is at most 1. Right after a rejection it is
// at most 1, since a longer step has just failed.
func (c controller) passed(err, before float64, rejected bool) float64 {
	limit := maxFactor
	if rejected {
		limit = 1
	}
	factor := safety * math.Pow(err, -c.exponent) * math.Pow(before, c.beta) // +Inf if err is 0
	return min(limit, max(minFactor, factor))
}

// failed returns the ratio of the next attempt to a rejected step, whose err is above 1 or NaN.
func (c controller) failed(err float64) float64 {
	if math.IsNaN(err) {
		return minFactor
	}
	return max(minFactor, safety*math.Pow(err, -c.exponent))
}

// trial returns the length of an Euler step that changes x by a hundredth, given the norms of x and u. The search for
// the first step starts from it.
func (c controller) trial(x, u float64) float64 {
	if x < minNorm || u < minNorm {
		return 1e-6
	}
	return .01 * x / u
}

// first returns the length of the first step, whose error is about a hundredth of the tolerance. u is the norm of the
// velocity and du that of its derivative along the trial step.
func (c controller) first(trial, u, du float64) float64 {
	rate := max(u, du)
	if !(rate > 1e-15) || math.IsInf(rate, 1) { // also if it is NaN
		return min(100*trial, max(1e-6, 1e-3*trial))
	}
	return min(100*trial, math.Pow(.01/rate, 1/c.k))
}
