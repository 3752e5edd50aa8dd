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
	Null   NullNoise // that noise for samples of the truth; used only if it is shared
	Scale  Scale     // the scale on which the noise is even
}

// Interval returns a confidence interval for the mean over other seeds, points and references by a hierarchical
// bootstrap on the scale s. With m the mean of the values v_i, it draws seeds with replacement and adds to s(m) the mean
// of
//
//	s'(m) (v_i - m),   the influence of seed i on s(m)
//
// then the sampling noise, once for all seeds if it is shared, and maps quantiles back. So an interval never has an end
// that the scale cannot reach: that of a distance has no negative ones. The ends are NaN for fewer than two values, or if a
// value is not finite.
//
// The noise of a mean above its null is drawn from N(0, SE^2), by the delta method. Below, where it is skewed and SE is
// too large, it is that of the null; see NullNoise. Of both, the mean has only the part that moves with what the seeds
// share; see sharedPart.
//
// The variance of resampled means of n values is too small by a factor of (n-1)/n, and ignores that n values estimate
// their variance poorly. So the influences are multiplied by
//
//	sqrt(n / (n-1)) t_{n-1}(q) / z(q),   q = 1 - (1 - confidence)/2
//
// which brings the interval for normal values close to Student's (Hesterberg 2015, "What teachers should know about the
// bootstrap", explains why few values need this). They already include noise that is not shared, so they are reduced by
// as much as it adds (Davison and Hinkley 1997, "Bootstrap methods and their application", on hierarchical data and, in
// section 5.2, on intervals on a transformed scale).
func (of Replicates) Interval(confidence float64, r *rand.Rand) (low, high float64) {
	return of.interval(confidence, draws, r)
}

func (of Replicates) interval(confidence float64, draws int, r *rand.Rand) (low, high float64) {
	n := len(of.Values)
	mean, sd := stat.MeanStdDev(of.Values, nil)
	if n < 2 || !flow.Finite(mean) {
		return math.NaN(), math.NaN()
	}
	scale := of.Scale.at(mean)
	q := 1 - (1-confidence)/2
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}
	stretch := math.Sqrt(float64(n)/float64(n-1)) * student.Quantile(q) / distuv.UnitNormal.Quantile(q)
	if noise := of.noise(); !of.Shared && sd > 0 {
		stretch *= math.Sqrt(max(0, 1-noise*noise/(sd*sd)))
	}
	centre, slope := scale.To(mean), scale.slope(mean)
	noise := func(*rand.Rand) float64 { return 0 }
	if of.Shared {
		part := of.sharedPart(scale)
		if mean <= of.Null.q95() {
			whole := of.Null.on(scale, slope*of.meanSE())
			noise, of.SE = func(r *rand.Rand) float64 { return part * whole(r) }, nil
		} else {
			of.SE = scaled(of.SE, math.Sqrt(part))
		}
	}
	means := make([]float64, draws)
	for b := range means {
		means[b] = centre + of.resample(mean, slope, stretch, r) - noise(r)
	}
	slices.Sort(means)
	low, high = stat.Quantile(1-q, stat.LinInterp, means, nil), stat.Quantile(q, stat.LinInterp, means, nil)
	low, high = scale.Back(low), scale.Back(high)
	if scale.nonNegative {
		low, high = max(low, 0), max(high, 0)
	}
	return min(low, mean), max(high, mean)
}

// scaled returns the values times a factor.
func scaled(values []float64, by float64) []float64 {
	times := make([]float64, len(values))
	for i, v := range values {
		times[i] = by * v
	}
	return times
}

// resample returns the deviation of the mean, times the slope of the scale, in one random draw of seeds and noise.
func (of Replicates) resample(mean, slope, stretch float64, r *rand.Rand) float64 {
	n := len(of.Values)
	sum, z := 0., r.NormFloat64()
	for range n {
		i := r.IntN(n)
		if !of.Shared {
			z = r.NormFloat64()
		}
		sum += stretch*(slope*(of.Values[i]-mean)) + slope*of.se(i)*z
	}
	return sum / float64(n)
}

// se returns the standard error of value i, or 0 if it is unknown.
func (of Replicates) se(i int) float64 {
	if i >= len(of.SE) || !(of.SE[i] > 0) || math.IsInf(of.SE[i], 0) {
		return 0
	}
	return of.SE[i]
}

// meanSE returns the mean of the standard errors, that of the mean value if the noise is shared.
func (of Replicates) meanSE() float64 {
	sum := 0.
	for i := range of.Values {
		sum += of.se(i)
	}
	return sum / float64(len(of.Values))
}

// noise returns the root mean square of the standard errors.
func (of Replicates) noise() float64 {
	sum := 0.
	for i := range of.Values {
		sum += of.se(i) * of.se(i)
	}
	return math.Sqrt(sum / float64(len(of.Values)))
}

// Noise returns the sizes of noise that Metric.Scale asks for: the root mean square of the standard errors and the standard
// deviation over seeds.
func (of Replicates) Noise() []float64 { return []float64{of.noise(), stat.StdDev(of.Values, nil)} }

// Bounds on how far a value may lie above the others of its setting: a factor, and robust standard deviations.
const (
	divergedFactor = 10
	divergedSDs    = 6
)

// Diverged returns the indices of the values that are not finite, or that are more than ten times the median of the others
// and more than six of their robust standard deviations above it on the scale (1.4826 times the median distance from the
// median, Rousseeuw and Croux 1993, "Alternatives to the median absolute deviation"). Finite values need at least two
// others, positive ones where the scale is logarithmic, or a known noise where it is not.
func (of Replicates) Diverged() []int {
	scale := of.Scale
	if !scale.log { // the scatter over seeds, of which a diverged one is part, must not set the unit
		scale.unit = 10 * of.leastSE()
	}
	var list []int
	for i, v := range of.Values {
		if !flow.Finite(v) || scale.outlying(v, slices.Delete(slices.Clone(of.Values), i, i+1)) {
			list = append(list, i)
		}
	}
	return list
}

func (s Scale) outlying(v float64, others []float64) bool {
	others = slices.DeleteFunc(others, func(x float64) bool { return !flow.Finite(x) })
	if len(others) < 2 || !s.log && s.unit == 0 {
		return false
	}
	middle := median(others)
	if s.log && !(middle+s.shift > 0) {
		return false
	}
	centre := s.To(middle)
	away := make([]float64, len(others))
	for i, x := range others {
		away[i] = math.Abs(s.To(x) - centre)
	}
	above := s.To(v) - centre
	return above > math.Log(divergedFactor) && above > divergedSDs*1.4826*median(away)
}

// median returns the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	sorted, n := slices.Sorted(slices.Values(values)), len(values)
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

// leastSE returns the smallest known standard error, or 0.
func (of Replicates) leastSE() float64 {
	least := 0.
	for i := range of.Values {
		if se := of.se(i); se > 0 && (least == 0 || se < least) {
			least = se
		}
	}
	return least
}

// sharedPart returns the share of the squared distance of the seeds' samples from the truth that seeds have in common: noise
// and bias. The rest, S, is the scatter of their nets, which does not move with the noise. If the squares are |b_i + c|^2 with
// c common and b_i of each seed, of mean Q, their variance over seeds is about (2 S^2 + 4 S (Q - S)) / k, where k is the
// effective dimension, of which the null has 2 mean^2 / variance (Satterthwaite 1946, "An approximate distribution of estimates
// of variance components"). It is 1 if that is not known.
func (of Replicates) sharedPart(scale Scale) float64 {
	if !scale.log || len(of.Null.Values) < 2 {
		return 1
	}
	square := func(values []float64) (squares []float64) {
		for _, v := range values {
			if scale.shift > 0 {
				squares = append(squares, v+scale.shift)
			} else {
				squares = append(squares, v*v)
			}
		}
		return squares
	}
	null, variance := stat.MeanVariance(square(of.Null.Values), nil)
	q, scatter := stat.MeanVariance(square(of.Values), nil)
	if !(variance > 0 && q > 0) {
		return 1
	}
	k := 2 * null * null / variance
	return math.Sqrt(max(0, 1-k*scatter/(2*q*q)))
}
