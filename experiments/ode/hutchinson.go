package ode

import (
	"errors"
	"math"
	"math/rand/v2"

	"flowsweep/experiments/flow"
)

// VJPField is a velocity and its vector-Jacobian product. For points x and vectors e, (n, d), it returns u, (n, d), and
// eJ, (n, d), with eJ_j = sum_i e_i du_i/dx_j for each point. Reverse-mode differentiation computes it at the cost of
// about two velocities. It must not be called from several goroutines at once.
type VJPField func(t float64, x, e flow.Batch) (u, eJ flow.Batch, err error)

// Hutchinson returns the field with an estimate of its divergence from one probe e per point, (n, d), which is the same
// at all times (FFJORD, arXiv 1810.01367, section 3.1):
//
//	div u = E[e J e] for any e with E[e e^T] = I
func Hutchinson(field VJPField, e flow.Batch) flow.DivField {
	return func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		if err := flow.CheckLike(e, x); err != nil {
			return flow.Batch{}, nil, err
		}
		u, eJ, err := field(t, x, e)
		if err == nil {
			err = flow.CheckLike(eJ, e)
		}
		if err != nil {
			return u, nil, err
		}
		return u, rowDots(eJ, e), nil
	}
}

// Probes describes the random vectors that estimate divergences: Count >= 2 independent ones per point. Those of point
// i are drawn from the stream's generator First + i. A larger Count adds probes and leaves the first ones unchanged.
type Probes struct {
	Count  int
	Stream *flow.Stream
	First  uint64
	Draw   func(r *rand.Rand) float64 // one number of mean 0 and variance 1; nil for Rademacher
}

// Rademacher draws -1 or 1. Of all distributions of variance 1 it gives Hutchinson's estimate the smallest variance,
// and the estimate is exact for a diagonal Jacobian.
func Rademacher(r *rand.Rand) float64 {
	if r.Uint64()>>63 == 0 {
		return -1
	}
	return 1
}

// batches returns the probes of n points, (n, dim) each.
func (p Probes) batches(n, dim int) []flow.Batch {
	draw := p.Draw
	if draw == nil {
		draw = Rademacher
	}
	es := make([]flow.Batch, p.Count)
	for k := range es {
		es[k] = flow.NewBatch(n, dim)
	}
	for i := range n {
		r := p.Stream.At(p.First + uint64(i))
		for _, e := range es {
			for j := range e.Row(i) {
				e.Row(i)[j] = draw(r)
			}
		}
	}
	return es
}

// EstimateLogLikelihood is LogLikelihood with an estimated divergence: it solves once per probe and returns the mean of
// the log densities, (n), and its standard error, (n), both in nats. The mean is an unbiased estimate of the log
// density; its exponential is a biased estimate of the density. nfe counts the calls of the field per sample, over all
// probes.
func EstimateLogLikelihood(field VJPField, s Solver, ts []float64, x1 flow.Batch, logp0 func(x flow.Batch) []float64, p Probes) (logp, stderr []float64, x0 flow.Batch, nfe int, err error) {
	if p.Count < 2 {
		return nil, nil, x0, 0, errors.New("a standard error needs at least 2 probes")
	}
	var each [][]float64
	for _, e := range p.batches(x1.Len(), x1.Dim) {
		one, x, calls, err := LogLikelihood(Hutchinson(field, e), s, ts, x1, logp0)
		nfe += calls
		if err != nil {
			return nil, nil, x, nfe, err
		}
		each, x0 = append(each, one), x
	}
	logp, stderr = make([]float64, x1.Len()), make([]float64, x1.Len())
	values := make([]float64, p.Count)
	for i := range logp {
		for k := range values {
			values[k] = each[k][i]
		}
		logp[i], stderr[i] = meanError(values)
	}
	return logp, stderr, x0, nfe, nil
}

// meanError returns the mean of at least two values and its standard error. It works with differences from the first
// value, so that equal values give exactly that value and an error of 0.
func meanError(values []float64) (mean, stderr float64) {
	n, shift := float64(len(values)), 0.
	for _, v := range values {
		shift += (v - values[0]) / n
	}
	square := 0.
	for _, v := range values {
		d := v - values[0] - shift
		square += float64(d * d)
	}
	return values[0] + shift, math.Sqrt(square / (n - 1) / n)
}
