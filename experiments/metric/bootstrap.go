package metric

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"flowsweep/experiments/flow"
)

// draws is the number of resamples of a bootstrap: enough for the ends of a 95 % interval to within about 3 % of its
// width.
const draws = 2000

// Replicates are the values of one setting, one a seed, with what is known of the noise in each.
type Replicates struct {
	Values []float64 // (n)
	SE     []float64 // (n) standard errors of the values for want of samples; nil, 0 or NaN where not known
	Shared bool      // all seeds were judged on the same points, so that the noise of these does not average out
}

// Interval returns a confidence interval for the mean over all seeds by a hierarchical bootstrap: it draws seeds with
// replacement, then their sampling noise from N(0, SE^2), one draw for all seeds where it is shared, and returns
// quantiles of the mean. The ends are NaN for fewer than two values, and where a value is not finite.
//
// Resampled means of n values scatter too little, by (n-1)/n in variance, and know nothing of how poorly n values tell
// their own variance. Deviations from the mean are therefore stretched by
//
//	sqrt(n / (n-1)) t_{n-1}(q) / z(q),   q = 1 - (1 - confidence)/2
//
// so that the interval of normal values is close to Student's (Hesterberg 2015, "What teachers should know about the
// bootstrap", on why few values need it). Noise that is not shared is in the scatter of the seeds already, so that the
// deviations are shrunk by as much as it adds (Davison and Hinkley 1997, "Bootstrap methods and their application",
// on hierarchical data).
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

// resample returns the mean of one draw of seeds, with their noise.
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

// se returns the standard error of value i, 0 where it is not known.
func (of Replicates) se(i int) float64 {
	if i >= len(of.SE) || !(of.SE[i] > 0) || math.IsInf(of.SE[i], 0) {
		return 0
	}
	return of.SE[i]
}

// noise returns the root of the mean square of the standard errors.
func (of Replicates) noise() float64 {
	sum := 0.
	for i := range of.Values {
		sum += of.se(i) * of.se(i)
	}
	return math.Sqrt(sum / float64(len(of.Values)))
}
