// Package oracle computes exact answers: for a distribution in closed form and an affine path from N(0, I) with
// independent ends, the velocity that a net learns and the smallest possible loss.
//
//	o := oracle.Oracle{Law: law, Path: flow.CondOT}
//	x, _, err := ode.Solve(o.Field(), ode.RK4, ode.Uniform(100), noise)
//	floor, se := o.Floor(1e5, 0) // no net has a smaller loss
//
// Everything is float64. Other couplings, such as minibatch optimal transport, have other velocities and floors, to
// which the oracle does not apply.
package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"

	"flowsweep/experiments/flow"
)

// Law is a distribution on R^Dim in closed form: a Mixture or Boxes. Both are mixtures of parts whose posterior given a
// noisy point is known, which is all that an Oracle needs.
type Law interface {
	Dim() int
	// Mean returns E[X], (Dim).
	Mean() []float64
	// Cov returns the covariance of X, (Dim, Dim).
	Cov() flow.Batch
	// Entropy returns the differential entropy in nats, -E[log q(X)], and its standard error from about n draws. It is
	// a lower bound on the mean negative log-likelihood of any model. It is exact, with standard error 0, if the parts
	// do not overlap, as for disjoint boxes and one Gaussian. It is -Inf if some point has positive probability.
	Entropy(n int, seed uint64) (nats, se float64)
	// Draw writes one point, (Dim), into dst, and returns the part that it is from.
	Draw(r *rand.Rand, dst []float64) (part int)

	parts() int
	shares() []float64
	only(parts []int) Law
	drawPart(i int, r *rand.Rand, dst []float64)
	posterior() posterior
}

// Only returns the law given that a point is from one of some parts, of which there must be at least one.
func Only(law Law, parts []int) Law { return law.only(parts) }

// PartShares returns the probability of each part, in their order.
func PartShares(law Law) []float64 { return law.shares() }

// shares returns the weights of k parts, scaled to sum to 1. It panics if they are not valid weights.
func shares(weights []float64, k int) []float64 {
	if k == 0 {
		panic("oracle: a law needs at least one part")
	}
	w := make([]float64, k)
	if weights == nil {
		for i := range w {
			w[i] = 1 / float64(k)
		}
		return w
	}
	if len(weights) != k {
		panic(fmt.Sprintf("oracle: %d weights for %d parts", len(weights), k))
	}
	sum := 0.
	for _, v := range weights {
		if !(v >= 0) {
			panic(fmt.Sprintf("oracle: a weight is %g: must be at least 0", v))
		}
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		panic(fmt.Sprintf("oracle: the weights sum to %g", sum))
	}
	for i, v := range weights {
		w[i] = v / sum
	}
	return w
}

// pick returns the first part at which the cumulative weight exceeds the fraction u of the sum.
func pick(weights []float64, k int, u float64) int {
	if weights == nil {
		return min(int(u*float64(k)), k-1)
	}
	sum, last := 0., 0
	for _, w := range weights {
		sum += w
	}
	left := u * sum
	for i, w := range weights {
		if w == 0 {
			continue
		}
		if left < w {
			return i
		}
		left -= w
		last = i // rounding may leave a remainder at the end
	}
	return last
}

// pickRandom returns a random part, drawn according to the weights.
func pickRandom(weights []float64, k int, r *rand.Rand) int {
	if weights == nil {
		return r.IntN(k)
	}
	return pick(weights, k, r.Float64())
}

// mixedMean returns the mean of a mixture, given the means of its parts, (k, d).
func mixedMean(w []float64, means flow.Batch) []float64 {
	mean := make([]float64, means.Dim)
	for i, wi := range w {
		for j, m := range means.Row(i) {
			mean[j] += wi * m
		}
	}
	return mean
}

// mixedCov returns the covariance, (d, d), of a mixture of parts with independent axes, given their means, (k, d), and
// the variance of part i on axis j.
func mixedCov(w []float64, means flow.Batch, variance func(i, j int) float64) flow.Batch {
	d := means.Dim
	cov, mean := flow.NewBatch(d, d), mixedMean(w, means)
	for i, wi := range w {
		m := means.Row(i)
		for j := range d {
			cov.Row(j)[j] += wi * variance(i, j)
			for l := range d {
				cov.Row(j)[l] += wi * (m[j] - mean[j]) * (m[l] - mean[l])
			}
		}
	}
	return cov
}

// mixedEntropy returns the entropy of a mixture, given the entropies h_i of its parts:
//
//	h(X) = sum_i w_i (h_i - log w_i) - E[H(part | X)]
//
// Only the last term, the entropy of the posterior over parts, is sampled. It varies much less than log q(X), and is 0
// if the parts do not overlap.
func mixedEntropy(law Law, weights []float64, part func(i int) float64, n int, seed uint64) (nats, se float64) {
	w := shares(weights, law.parts())
	for i, wi := range w {
		if wi > 0 {
			nats += wi * (part(i) - math.Log(wi))
		}
	}
	if math.IsInf(nats, -1) {
		return nats, 0
	}
	unclear, se := estimate(law, n, seed, "entropy", func(m *mixer, u float64, r *rand.Rand, x []float64) float64 {
		law.drawPart(pick(weights, law.parts(), u), r, x)
		m.set(observation{a: 1})
		m.weigh(x)
		return m.entropy()
	})
	return nats - unclear, se
}
