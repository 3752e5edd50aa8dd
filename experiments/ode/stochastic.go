package ode

import (
	"fmt"
	"math"
	"strings"

	"flowsweep/experiments/flow"
)

// SDE says how much noise a solve adds to the flow on its way. With the score s = grad log p_t, every
//
//	dx = (u + eps s) dt + sqrt(2 eps) dW,  eps(t) = c sigma(t)
//
// has the same marginals p_t as the flow (arXiv 2303.08797, section 2). The score follows from the velocity, for
// independent pairs from N(0, I) noise: eps s = -c E[X0 | X_t = x], which divides by nothing that vanishes.
type SDE struct {
	Noise float64 `json:"noise,omitzero" min:"0" max:"1000" doc:"c of eps(t) = c sigma(t), the noise that is added on the way (euler and heun); 0 follows the flow"`
}

// Check returns an error unless the solver can add the noise.
func (e SDE) Check(s Solver) error {
	if e.Noise == 0 || s.Noisy {
		return nil
	}
	var able []string
	for _, s := range Solvers {
		if s.Noisy {
			able = append(able, s.Name)
		}
	}
	return fmt.Errorf("%s adds no noise to its steps: use %s, or noise 0", s.Name, strings.Join(able, " or "))
}

// StepNoise fills dst, (n, d), with the standard normal numbers of a step, counted from 0.
type StepNoise func(step int, dst flow.Batch)

// NewStepNoise returns noise whose row i depends only on the seed, the name of a stream, the id first + i and the step. So a
// sample does not depend on the other samples of its batch.
func NewStepNoise(seed uint64, stream string, first uint64) StepNoise {
	return func(step int, dst flow.Batch) {
		flow.NewStream(seed, fmt.Sprintf("%s, step %d", stream, step)).Normal(dst, first)
	}
}

// SolveSDE is Solve with noise: field is the velocity of the path, and noise gives the normal numbers of every step. Without
// noise it is Solve, to the last bit. The times must rise. It panics if the solver adds no noise.
//
// The noise of the steps is additive, so Ito's and Stratonovich's integrals are equal. A step from t to t + h draws one
// increment, which all its stages share:
//
//	dW = sqrt(2 h sum_i B_i eps(t + C_i h)) z,  z ~ N(0, I)
//	k_i = b(t + C_i h, x + h sum_j A_ij k_j + C_i dW),  x(t + h) = x + h sum_i B_i k_i + dW,  b = u + eps s
//
// For Euler this is Euler-Maruyama. For Heun it is the explicit method of weak order 2 for additive noise (Kloeden and Platen,
// "Numerical Solution of Stochastic Differential Equations", 15.1): Euler-Maruyama predicts, the trapezoidal rule corrects.
func SolveSDE(field flow.Field, path flow.Path, s Solver, ts []float64, e SDE, noise StepNoise, x0 flow.Batch) (x flow.Batch, nfe int, err error) {
	return walkSDE(field, path, s, ts, e, noise, x0, func(flow.Batch) {})
}

// TrajectorySDE is SolveSDE, but returns the points at every time of the grid, as Trajectory does.
func TrajectorySDE(field flow.Field, path flow.Path, s Solver, ts []float64, e SDE, noise StepNoise, x0 flow.Batch) (xs []flow.Batch, nfe int, err error) {
	_, nfe, err = walkSDE(field, path, s, ts, e, noise, x0, func(x flow.Batch) { xs = append(xs, x.Clone()) })
	return xs, nfe, err
}

// walkSDE is SolveSDE, and calls visit with the points at every time of the grid. visit must not keep them.
//
// A step is one of Solve along x - W, whose derivative is b: with W straight from 0 to dW, its stages are those above.
func walkSDE(field flow.Field, path flow.Path, s Solver, ts []float64, e SDE, noise StepNoise, x0 flow.Batch, visit func(x flow.Batch)) (x flow.Batch, nfe int, err error) {
	if e.Noise == 0 {
		return walk(field, s, ts, x0.Dim, x0, visit)
	}
	if err := e.Check(s); err != nil {
		panic("ode: " + err.Error())
	}
	x = x0.Clone()
	dW, moved := x.Like(x.Dim), x.Like(x.Dim)
	drift := e.Drift(field, path)
	visit(x)
	for i := range len(ts) - 1 {
		noise(i, dW)
		scale(dW, e.Deviation(path, s, ts[i], ts[i+1]))
		shifted := func(t float64, x flow.Batch) (flow.Batch, error) {
			if t == ts[i] {
				return drift(t, x)
			}
			copy(moved.Data, x.Data)
			addScaled(moved, 1, []float64{1}, []flow.Batch{dW})
			return drift(t, moved)
		}
		calls := 0
		x, calls, err = walk(shifted, s, ts[i:i+2], x.Dim, x, func(flow.Batch) {})
		nfe += calls
		if err != nil {
			return x, nfe, err
		}
		addScaled(x, 1, []float64{1}, []flow.Batch{dW})
		visit(x)
	}
	return x, nfe, nil
}

// Deviation returns the standard deviation of the increment of a step.
func (e SDE) Deviation(path flow.Path, s Solver, from, to float64) float64 {
	mean := 0.
	for i, b := range s.B {
		mean += float64(b * e.Noise * path.Sigma(stageTime(from, to, s.C[i])))
	}
	return math.Sqrt(2 * (to - from) * mean)
}

// Drift returns the drift u - c E[X0 | X_t = x], with the velocity u of the path.
func (e SDE) Drift(field flow.Field, path flow.Path) flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u, err := field(t, x)
		if err == nil {
			err = flow.CheckLike(u, x)
		}
		if err != nil {
			return u, err
		}
		gain, pull := e.Weights(path, t)
		for i, v := range x.Data {
			u.Data[i] = float64(gain*u.Data[i]) - float64(pull*v)
		}
		return u, nil
	}
}

// Weights returns the weights of the drift at time t: it is gain u - pull x.
func (e SDE) Weights(path flow.Path, t float64) (gain, pull float64) {
	ofX, ofU := path.NoiseWeights(t)
	return 1 - float64(e.Noise*ofU), e.Noise * ofX
}

func scale(x flow.Batch, by float64) {
	for i := range x.Data {
		x.Data[i] *= by
	}
}
