package job

import (
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// LikelihoodSolver returns the dense solve, from noise to data, that log densities are computed with.
func LikelihoodSolver() (ode.Solver, []float64) { return ode.RK4, ode.Uniform(likelihoodSteps) }

// scoredTogether is the number of points whose log densities are computed at once, to bound the memory.
const scoredTogether = 4096

// ExactDimensions is the most dimensions in which log densities are exact, up to the error of the solver. In more, the
// divergence is estimated.
const ExactDimensions = exactDimensions

// LogDensities returns the log densities of the points, (n), on the scale that the net was trained on, as nll computes them.
func (f *Fitted) LogDensities(x flow.Batch) (logp []float64, err error) {
	for from := 0; from < x.Len(); from += scoredTogether {
		part, err := f.logDensities(x.Slice(from, min(from+scoredTogether, x.Len())))
		if err != nil {
			return nil, err
		}
		logp = append(logp, part...)
	}
	return logp, nil
}
