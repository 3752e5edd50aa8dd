package oracle

import (
	"math"
	"math/rand/v2"

	"flowsweep/experiments/flow"
)

// replicates is how many independent estimates a Monte-Carlo mean is made of. Their spread is its standard error: that
// holds for stratified draws, where the spread of single draws would not do.
const replicates = 64

// estimate returns the mean of f and its standard error from about n draws: 64 times as many as make n. Each draw of a
// replicate has its own stratum of u in [0, 1), a generator for the rest, and x, (d), to write to.
func estimate(law Law, n int, seed uint64, name string, f func(m *mixer, u float64, r *rand.Rand, x []float64) float64) (mean, se float64) {
	each := max(1, (n+replicates-1)/replicates)
	var means [replicates]float64
	flow.ParallelWorkers(replicates, func() func(b int) {
		m, stream, x := newMixer(law), flow.NewStream(seed, "oracle/"+name), make([]float64, law.Dim())
		return func(b int) {
			for k := range each {
				r := stream.At(uint64(b*each + k))
				u := (float64(k) + r.Float64()) / float64(each)
				means[b] += f(m, u, r, x) / float64(each)
			}
		}
	})
	for _, v := range means {
		mean += v / replicates
	}
	for _, v := range means {
		se += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(se / (replicates * (replicates - 1)))
}

// integrate returns the integral of f from 0 to 1 by the tanh-sinh rule, whose points crowd at both ends, where narrow
// laws and roots of 1 - t have their features (Takahasi and Mori 1974). Smooth integrands come out within 1e-12 of
// their size; f is not called at the ends.
func integrate(f func(t float64) float64) float64 {
	term := func(y float64) float64 {
		// t and 1 - t of the substitution, each without cancellation.
		e := math.Exp(-math.Pi * math.Sinh(math.Abs(y)))
		t := e / (1 + e)
		if y > 0 {
			t = 1 / (1 + e)
		}
		if t <= 0 || t >= 1 {
			return 0
		}
		return f(t) * math.Pi * math.Cosh(y) * e / ((1 + e) * (1 + e))
	}
	const reach = 3.5 // e is below the smallest difference to 1
	sum, last := 0., math.Inf(1)
	for h, first := 1., true; h > 1e-4; h, first = h/2, false {
		step := 2 * h
		if first {
			step, sum = h, term(0)
		}
		for y := h; y <= reach; y += step {
			sum += term(y) + term(-y)
		}
		if total := sum * h; math.Abs(total-last) <= 1e-13*math.Abs(total) && h < .1 {
			return total
		}
		last = sum * h
	}
	return last
}
