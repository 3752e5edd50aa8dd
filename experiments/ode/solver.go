// Package ode solves dx/dt = u(t, x) for batches of points with explicit Runge-Kutta methods given as Butcher tableaus.
//
//	x1, nfe, err := ode.Solve(field, ode.Heun, ode.Uniform(16), x0)
package ode

// Solver is an explicit Runge-Kutta method as a Butcher tableau (Hairer, Norsett and Wanner, "Solving Ordinary
// Differential Equations I", II.1):
//
//	k_i = u(t + C_i h, x + h sum_{j<i} A_ij k_j),  x(t + h) = x + h sum_i B_i k_i
type Solver struct {
	Name  string
	Order int         // of the global error in h
	A     [][]float64 // row i holds A_i0 .. A_i(i-1)
	B, C  []float64   // one a stage
}

// Stages returns the velocity calls one step makes.
func (s Solver) Stages() int { return len(s.B) }

// MarshalText returns the name of the solver, its form in a spec.
func (s Solver) MarshalText() ([]byte, error) { return []byte(s.Name), nil }

// The solvers. Heun is the explicit trapezoidal rule (Karras et al. 2022, algorithm 1, without churn); RK4 is Kutta's
// classical method of 1901.
var (
	Euler    = Solver{Name: "euler", Order: 1, A: [][]float64{{}}, B: []float64{1}, C: []float64{0}}
	Midpoint = Solver{Name: "midpoint", Order: 2, A: [][]float64{{}, {.5}}, B: []float64{0, 1}, C: []float64{0, .5}}
	Heun     = Solver{Name: "heun", Order: 2, A: [][]float64{{}, {1}}, B: []float64{.5, .5}, C: []float64{0, 1}}
	RK4      = Solver{
		Name: "rk4", Order: 4,
		A: [][]float64{{}, {.5}, {0, .5}, {0, 0, 1}},
		B: []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6},
		C: []float64{0, .5, .5, 1},
	}
)

// Solvers lists every solver by name.
var Solvers = []Solver{Euler, Midpoint, Heun, RK4}
