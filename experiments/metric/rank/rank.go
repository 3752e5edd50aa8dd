// Package rank tests whether points are of the law of the draws that stand for each, by their ranks among these: simulation-based
// calibration (Talts et al. 2018, arXiv 1804.06788).
//
//	ranks, ok := rank.Of(truths, draws, r)       // (n), of numbers from 0 to l
//	law := rank.NewUniform(n, l)             // of such ranks, if all is as it should be
//	p := law.P(ranks)
//	low, high := law.Band(.95)                // that their distribution function keeps within
//
// The band is that of Säilynoja et al. 2022, "Graphical test for discrete uniformity and its applications in goodness-of-fit evaluation
// and multiple sample comparison" (arXiv 2103.10522): as wide everywhere as the binomial law is there, so that it sees tails, too.
package rank

import (
	"math"
	"math/rand/v2"
	"slices"

	"flowsweep/experiments/flow"
)

// Of returns the rank of each number, (n), among its own l draws, (n l): how many of these are smaller, from 0 to l. Ties are broken at
// random. What is not finite has no rank, and ok is false.
func Of(truths, draws []float64, r *rand.Rand) (ranks []int, ok bool) {
	if !flow.Finite(truths...) || !flow.Finite(draws...) {
		return nil, false
	}
	l := len(draws) / max(1, len(truths))
	for i, truth := range truths {
		below, equal := 0, 0
		for _, v := range draws[i*l : (i+1)*l] {
			switch {
			case v < truth:
				below++
			case v == truth:
				equal++
			}
		}
		if equal > 0 {
			below += r.IntN(equal + 1)
		}
		ranks = append(ranks, below)
	}
	return ranks, true
}

// Cumulative returns how many ranks of l draws are at most k, for k from 0 to l - 1.
func Cumulative(ranks []int, l int) []int {
	counts := make([]int, l+1)
	for _, k := range ranks {
		counts[k]++
	}
	for k := 1; k < l; k++ {
		counts[k] += counts[k-1]
	}
	return counts[:l]
}

// Distance returns the largest distance of the distribution function of n ranks from the uniform one, and its standard error there.
//
//	max over k of |F(k) - (k + 1) / (l + 1)|
func Distance(ranks []int, l int) (value, se float64) {
	n := float64(len(ranks))
	for k, c := range Cumulative(ranks, l) {
		f := float64(c) / n
		if d := math.Abs(f - float64(k+1)/float64(l+1)); d > value {
			value, se = d, math.Sqrt(f*(1-f)/n)
		}
	}
	return value, se
}

// simulations is the number of sets of ranks that a Uniform simulates. No p-value is below 1 / (simulations + 1).
const simulations = 9_999

// Uniform is the law of n independent ranks, each evenly distributed from 0 to l.
type Uniform struct {
	n, l  int
	tails [][]float64 // (l, n + 1): the two-sided p-value of so many ranks up to k, by the binomial law
	least []float64   // the least of these of simulated sets of ranks, sorted
}

// NewUniform returns the law, of which all numbers depend on n and l alone.
func NewUniform(n, l int) Uniform {
	u := Uniform{n: n, l: l}
	for k := range l {
		u.tails = append(u.tails, binomialTails(n, float64(k+1)/float64(l+1)))
	}
	stream, drawn := flow.NewStream(0, "uniform ranks"), make([]int, n)
	for i := range simulations {
		r := stream.At(uint64(i))
		for j := range drawn {
			drawn[j] = r.IntN(l + 1)
		}
		u.least = append(u.least, u.worst(drawn))
	}
	slices.Sort(u.least)
	return u
}

// worst returns the smallest p-value of how many ranks are at most k, over all k.
func (u Uniform) worst(ranks []int) float64 {
	least := 1.
	for k, c := range Cumulative(ranks, u.l) {
		least = min(least, u.tails[k][c])
	}
	return least
}

// P returns the p-value that ranks are uniform: the share of sets of uniform ranks that leave a band that these only touch. It is exact
// but for the number of simulations.
func (u Uniform) P(ranks []int) float64 {
	// Equal counts have equal tails, to the bit.
	at, equal := slices.BinarySearch(u.least, u.worst(ranks))
	for equal && at < len(u.least) && u.least[at] == u.worst(ranks) {
		at++
	}
	return float64(1+at) / float64(len(u.least)+1)
}

// Band returns the least and the greatest number of ranks up to k, for k from 0 to l - 1, of a band that holds the whole distribution
// function with at least that probability, if they are uniform.
func (u Uniform) Band(level float64) (low, high []int) {
	out := int((1 - level) * float64(len(u.least)))
	limit := u.least[max(0, out-1)]
	for _, tails := range u.tails {
		first := slices.IndexFunc(tails, func(p float64) bool { return p > limit })
		last := u.n
		for tails[last] <= limit {
			last--
		}
		low, high = append(low, first), append(high, last)
	}
	return low, high
}

// binomialTails returns for each count c from 0 to n the two-sided p-value 2 min(P(X <= c), P(X >= c)), at most 1, of X ~ Bin(n, p).
func binomialTails(n int, p float64) []float64 {
	mass := make([]float64, n+1)
	whole, _ := math.Lgamma(float64(n + 1))
	for c := range mass {
		a, _ := math.Lgamma(float64(c + 1))
		b, _ := math.Lgamma(float64(n - c + 1))
		mass[c] = math.Exp(whole - a - b + float64(c)*math.Log(p) + float64(n-c)*math.Log1p(-p))
	}
	tails := make([]float64, n+1)
	sum := 0.
	for c, m := range mass {
		sum += m
		tails[c] = sum
	}
	sum = 0
	for c := n; c >= 0; c-- {
		sum += mass[c]
		tails[c] = min(1, 2*min(tails[c], sum))
	}
	return tails
}
