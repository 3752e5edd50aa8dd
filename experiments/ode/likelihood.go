package ode

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// LogLikelihood returns log p_1 at the points x1, (n, d), in nats, (n): the density that the flow makes of p_0 (Chen et
// al., arXiv 1806.07366, theorem 1). The points go back along the field to x0, (n, d), and the divergence is integrated
// on their way:
//
//	log p_1(x1) = log p_0(x0) - integral_0^1 div u_t(x_t) dt
//
// The grid ts is the one that sampling takes, from noise to data; it is walked backwards. logp0 returns log p_0, (n), as
// StandardNormal does. nfe counts the calls of the field a sample.
func LogLikelihood(field flow.DivField, s Solver, ts []float64, x1 flow.Batch, logp0 func(x flow.Batch) []float64) (logp []float64, x0 flow.Batch, nfe int, err error) {
	back := slices.Clone(ts)
	slices.Reverse(back)
	x0, gain, nfe, err := solveIntegral(field, s, back, x1)
	if err != nil {
		return nil, x0, nfe, err
	}
	logp = slices.Clone(logp0(x0))
	if len(logp) != len(gain) {
		return nil, x0, nfe, fmt.Errorf("log p_0 of %d points has %d values: return one a point", len(gain), len(logp))
	}
	for i, g := range gain { // the integral from 1 to 0
		logp[i] += g
	}
	return logp, x0, nfe, nil
}

// Push returns where Solve carries the points x0, (n, d), and log p there in nats, (n), the density that the flow makes of
// p_0 on the way:
//
//	log p_1(x1) = log p_0(x0) - integral_0^1 div u_t(x_t) dt
//
// logp0 returns log p_0, (n), as StandardNormal does. nfe counts the calls of the field a sample. LogLikelihood of x1 is
// another number: it finds another way back, by as much as the solver's error.
func Push(field flow.DivField, s Solver, ts []float64, x0 flow.Batch, logp0 func(x flow.Batch) []float64) (x1 flow.Batch, logp []float64, nfe int, err error) {
	x1, spread, nfe, err := solveIntegral(field, s, ts, x0)
	if err != nil {
		return x1, nil, nfe, err
	}
	logp = slices.Clone(logp0(x0))
	if len(logp) != len(spread) {
		return x1, nil, nfe, fmt.Errorf("log p_0 of %d points has %d values: return one a point", len(spread), len(logp))
	}
	for i, v := range spread {
		logp[i] -= v
	}
	return x1, logp, nfe, nil
}

// StandardNormal returns the log density of N(0, I) at the points x, (n, d), in nats, (n):
//
//	log p(x) = -d/2 log(2 pi) - ||x||^2 / 2
func StandardNormal(x flow.Batch) []float64 {
	logp := rowDots(x, x)
	for i, square := range logp {
		logp[i] = -float64(x.Dim)/2*math.Log(2*math.Pi) - square/2
	}
	return logp
}
