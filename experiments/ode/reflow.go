package ode

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// Reflow is the coupling of rectified flow (Liu, Gong and Liu 2022, arXiv 2209.03003): a net learns from pairs of a starting point
// and the point to which the flow of an earlier net, its teacher, carries it. Paths of the new flow are straighter, so that few
// steps suffice, and end where those of the teacher do: its error is inherited. The teacher of the first round is trained on
// independent pairs, and that of each later round on the pairs of the round before.
type Reflow struct {
	Solver Solver `json:"solver" doc:"solver of the teacher's flow, one with fixed steps"`
	Steps  int    `json:"steps" min:"1" max:"1000000" doc:"steps of the solver from t = 0 to t = 1"`
	Rounds int    `json:"rounds" min:"1" max:"10" doc:"how often the flow is straightened: the teacher of round k is the net of round k - 1, and that of round 1 is trained on independent pairs"`
	Pairs  int    `json:"pairs" min:"2" max:"10000000" doc:"pairs that the teacher makes, once, from which every batch is drawn"`
}

// DefaultReflow has 128 velocity calls a pair, whose error is negligible beside that of a net, and as many pairs as cost about a
// third of the default training.
var DefaultReflow = Reflow{Solver: RK4, Steps: 32, Rounds: 1, Pairs: 20_000}

// CouplingFamilies lists the couplings whose pairs a solver makes. The others are in flow.CouplingFamilies.
var CouplingFamilies = []flow.Family[flow.Coupling]{{Name: "reflow", Default: DefaultReflow}}

// Make returns the coupling, or an error for a solver without given steps and coefficients or for parameters that are out of range.
func (c Reflow) Make() (flow.Coupling, error) {
	const instead = "use another, such as rk4"
	switch {
	case c.Solver.Adaptive():
		return flow.Coupling{}, fmt.Errorf("solver: %s adapts its steps, and pairs take fixed ones: %s", c.Solver.Name, instead)
	case c.Solver.Fitted:
		return flow.Coupling{}, fmt.Errorf("solver: %s is fitted to a net that is trained, for its samples: %s", c.Solver.Name, instead)
	case c.Solver.Along != nil:
		return flow.Coupling{}, fmt.Errorf("solver: %s follows the path %s only: %s", c.Solver.Name, c.Solver.Along, instead)
	}
	for _, n := range []struct {
		name         string
		value, least int
	}{{"steps", c.Steps, 1}, {"rounds", c.Rounds, 1}, {"pairs", c.Pairs, 2}} {
		if n.value < n.least {
			return flow.Coupling{}, fmt.Errorf("%s: %d: must be at least %d", n.name, n.value, n.least)
		}
	}
	return flow.Coupling{Name: "reflow", Params: c, Taught: true}, nil
}

// Teacher returns the coupling that the teacher of this one is trained with.
func (c Reflow) Teacher() flow.Coupling {
	if c.Rounds == 1 {
		return flow.Independent
	}
	c.Rounds--
	coupling, err := c.Make()
	if err != nil {
		panic("ode: the teacher of a valid reflow: " + err.Error())
	}
	return coupling
}

// Calls returns the velocity calls that making a pair takes.
func (c Reflow) Calls() int { return c.Solver.Calls(c.Steps) }

// reflowRows is the number of points that are carried at once. It bounds the memory of the stages, and is always the same, so
// that a pair has the same bits whatever the batches of the training.
const reflowRows = 2048

// Carry moves the points x0, (n, d), along the teacher's velocity to the data of their pairs, (n, d).
func (c Reflow) Carry(teacher flow.Field, x0 flow.Batch) (x1 flow.Batch, err error) {
	x1 = x0.Clone()
	for from := 0; from < x0.Len(); from += reflowRows {
		to := min(from+reflowRows, x0.Len())
		ends, _, err := Solve(teacher, c.Solver, Uniform(c.Steps), x0.Slice(from, to))
		if err != nil {
			return x1, err
		}
		copy(x1.Data[from*x0.Dim:], ends.Data)
	}
	if !x1.Finite() {
		return x1, fmt.Errorf("the teacher carries points to infinity: train it at a lower rate, or give its solver more steps, %d now", c.Steps)
	}
	return x1, nil
}
