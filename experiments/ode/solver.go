// Package ode solves dx/dt = u(t, x) for batches of points with explicit Runge-Kutta methods, given as Butcher
// tableaus, and with linear multistep methods. It takes given steps, or adapts the steps of each sample to its error. It also
// integrates log densities and energies.
//
//	x1, nfe, err := ode.Solve(field, ode.Heun, ode.Uniform(16), x0)
//	x1, nfe, err := ode.SolveAdaptive(field, ode.Tsit5, ode.Tolerance{Atol: 1e-6, Rtol: 1e-6}, x0)
package ode

import (
	"slices"

	"flowsweep/experiments/flow"
)

// Solver is an explicit method: a Runge-Kutta method as a Butcher tableau (Hairer, Norsett and Wanner, "Solving Ordinary
// Differential Equations I", II.1), with the weights of its error estimate if it has one (II.4):
//
//	k_i = u(t + C_i h, x + h sum_{j<i} A_ij k_j),  x(t + h) = x + h sum_i B_i k_i,  error = h sum_i E_i k_i
//
// or a linear multistep method, which uses velocities of earlier steps.
type Solver struct {
	Name   string
	Params any         // the parameters it was made from, a TunedParams; nil if there are none
	Order  int         // of the global error in h
	A      [][]float64 // row i holds A_i0 .. A_i(i-1)
	B, C   []float64   // one per stage
	E      []float64   // B minus the weights of the embedded method, of order Order - 1; nil if there is none
	FSAL   bool        // first same as last: the last stage is the first of the next step
	Noisy  bool        // SolveSDE may add noise to its steps; every stage is at the start or the end of a step

	// Of a linear multistep method, whose tableau is that of its first step.
	Table   func(ts []float64) Table // its rows on a grid; nil for Runge-Kutta methods
	Start   int                      // velocity calls that it makes beside one a step
	Along   *flow.Path               // the path that it has to follow; nil for any
	Forward bool                     // it leads from noise to data only
	Fitted  bool                     // its table is fitted to a velocity, with Tune
}

// Stages returns the number of stages of a step.
func (s Solver) Stages() int { return len(s.B) }

// Calls returns the number of velocity calls per sample that Solve makes: Stages per step, or one fewer with FSAL, and those of
// the start.
func (s Solver) Calls(steps int) int {
	if s.Table != nil && steps > 0 {
		return steps + s.Start
	}
	if s.FSAL {
		return steps * (s.Stages() - 1)
	}
	return steps * s.Stages()
}

// Adaptive reports whether the solver estimates its error, so that it can choose its own steps under a Tolerance.
func (s Solver) Adaptive() bool { return s.E != nil }

// AtFixedSteps returns an adaptive solver for given steps: the same method without its error estimate, and with a name of its
// own, since it carries points elsewhere. Other solvers are returned as they are.
func (s Solver) AtFixedSteps() Solver {
	if s.Adaptive() {
		s.Name, s.E = s.Name+"-fixed", nil
	}
	return s
}

// MarshalJSON returns the solver as written in a spec: its name, with its parameters if it has any.
func (s Solver) MarshalJSON() ([]byte, error) { return flow.Form(s.Name, s.Params) }

// Called returns the solver with that name, with the default parameters if it has any.
func Called(name string) (s Solver, ok bool) {
	i := slices.IndexFunc(Solvers, func(s Solver) bool { return s.Name == name })
	switch {
	case i >= 0:
		return Solvers[i], true
	case name == Tuned.Name:
		return Tuned, true
	}
	return s, false
}
