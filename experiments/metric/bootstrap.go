package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"flowsweep/experiments/flow"
)

// draws is the number of resamples of a bootstrap. It gives the ends of a 95 % interval within about 3 % of its width.
const draws = 2000

// Replicates are the values of one setting, one per seed, with their sampling noise.
type Replicates struct {
	Values []float64 // (n)
	SE     []float64 // (n) standard errors from the finite samples; nil, 0 or NaN if unknown
	Shared bool      // all seeds were measured on the same points, whose noise does not average out
}

// Interval returns a confidence interval for the mean over all seeds by a hierarchical bootstrap. It draws seeds with
// replacement, then their sampling noise from N(0, SE^2), once for all seeds if it is shared, and returns quantiles of
// the mean. The ends are NaN for fewer than two values, or if a value is not finite.
//
// The variance of resampled means of n values is too small by a factor of (n-1)/n, and ignores that n values estimate
// their variance poorly. So deviations from the mean are multiplied by
//
//	sqrt(n / (n-1)) t_{n-1}(q) / z(q),   q = 1 - (1 - confidence)/2
//
// which brings the interval for normal values close to Student's (Hesterberg 2015, "What teachers should know about the
// bootstrap", explains why few values need this). The deviations already include noise that is not shared, so they are
// reduced by as much as it adds (Davison and Hinkley 1997, "Bootstrap methods and their application", on hierarchical
// data).
func (of Replicates) Interval(confidence float64, r *rand.Rand) (low, high float64) {
	return of.interval(confidence, draws, r)
}

func (of Replicates) interval(confidence float64, draws int, r *rand.Rand) (low, high float64) {
	n := len(of.Values)
	mean, sd := stat.MeanStdDev(of.Values, nil)
	if n < 2 || !flow.Finite(mean) {
		return math.NaN(), math.NaN()
	}
	q := 1 - (1-confidence)/2
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}
	stretch := math.Sqrt(float64(n)/float64(n-1)) * student.Quantile(q) / distuv.UnitNormal.Quantile(q)
	if noise := of.noise(); !of.Shared && sd > 0 {
		stretch *= math.Sqrt(max(0, 1-noise*noise/(sd*sd)))
	}
	means := make([]float64, draws)
	for b := range means {
		means[b] = of.resample(mean, stretch, r)
	}
	slices.Sort(means)
	return stat.Quantile(1-q, stat.LinInterp, means, nil), stat.Quantile(q, stat.LinInterp, means, nil)
}

// resample returns the mean of one random draw of seeds and noise.
func (of Replicates) resample(mean, stretch float64, r *rand.Rand) float64 {
	n := len(of.Values)
	sum, z := 0., r.NormFloat64()
	for range n {
		i := r.IntN(n)
		if !of.Shared {
			z = r.NormFloat64()
		}
		sum += stretch*(of.Values[i]-mean) + of.se(i)*z
	}
	return mean + sum/float64(n)
}

// se returns the standard error of value i, or 0 if it is unknown.
func (of Replicates) se(i int) float64 {
	if i >= len(of.SE) || !(of.SE[i] > 0) || math.IsInf(of.SE[i], 0) {
		return 0
	}
	return of.SE[i]
}

// noise returns the root mean square of the standard errors.
func (of Replicates) noise() float64 {
	sum := 0.
	for i := range of.Values {
		sum += of.se(i) * of.se(i)
	}
	return math.Sqrt(sum / float64(len(of.Values)))
}
