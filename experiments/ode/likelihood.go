package ode

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// LogLikelihood returns log p_1 at the points x1, (n, d), in nats, (n), where p_1 is the density into which the flow
// turns p_0 (Chen et al., arXiv 1806.07366, theorem 1). It moves the points back along the field to x0, (n, d), and
// integrates the divergence along the way:
//
//	log p_1(x1) = log p_0(x0) - integral_0^1 div u_t(x_t) dt
//
// ts is the grid for sampling, from noise to data; LogLikelihood reverses it. logp0 returns log p_0, (n), for example
// StandardNormal. nfe counts the calls of the field per sample.
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

// Push moves the points x0, (n, d), as Solve does, and returns where they end, x1, with log p_1 there in nats, (n):
//
//	log p_1(x1) = log p_0(x0) - integral_0^1 div u_t(x_t) dt
//
// logp0 returns log p_0, (n), for example StandardNormal. nfe counts the calls of the field per sample. LogLikelihood
// of x1 differs from logp by the solver's error, since it takes a slightly different path back.
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
