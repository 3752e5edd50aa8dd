package metric

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"flowsweep/experiments/flow"
)

// Null returns the values of a metric for fresh samples of the truth itself, draw(0), draw(1), ..., draw(count-1), each
// as large as the samples to be judged. They show which values occur by chance. It draws one sample at a time, and judges
// as many at once as there are processors.
func Null(judge Judge, draw func(k int) (flow.Batch, error), count int) ([]float64, error) {
	values, errs := make([]float64, count), make([]error, count)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for k := range values {
		fresh, err := draw(k)
		if err != nil {
			errs[k] = fmt.Errorf("draw sample %d of the truth: %w", k, err)
			break
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			m, err := judge(fresh)
			if err != nil {
				errs[k] = fmt.Errorf("measure sample %d of the truth: %w", k, err)
			}
			values[k] = m.Value
		})
	}
	wg.Wait()
	if k := slices.IndexFunc(errs, func(err error) bool { return err != nil }); k >= 0 {
		return nil, errs[k]
	}
	return values, nil
}

// NullSummary summarises a Null for the report. Values above Q95 are rarely due to chance.
type NullSummary struct {
	Mean float64
	Q95  float64 // the 95 % quantile
	SD   float64 // standard deviation; NaN for fewer than two values
	N    int
}

// Summarize returns the summary of null. The mean and the quantile are NaN if there are no values or one is NaN.
func Summarize(null []float64) NullSummary {
	n := len(null)
	if n == 0 || slices.ContainsFunc(null, math.IsNaN) {
		return NullSummary{Mean: math.NaN(), Q95: math.NaN(), SD: math.NaN(), N: n}
	}
	sorted := slices.Sorted(slices.Values(null))
	// Integer arithmetic, since .95 n may round up to the next integer.
	mean, sd := stat.MeanStdDev(null, nil)
	return NullSummary{Mean: mean, Q95: sorted[(95*n+99)/100-1], SD: sd, N: n}
}

// PValue returns the probability that a value at least as high occurs by chance, estimated so that rejecting at p <= a
// is wrong in at most a fraction a of cases (Davison and Hinkley 1997, "Bootstrap methods and their application",
// section 4.2):
//
//	(1 + #{null >= value}) / (N + 1)
//
// It is NaN if the value or one of the null is NaN.
func PValue(null []float64, value float64) float64 {
	if math.IsNaN(value) || slices.ContainsFunc(null, math.IsNaN) {
		return math.NaN()
	}
	count := 1
	for _, v := range null {
		if v >= value {
			count++
		}
	}
	return float64(count) / float64(len(null)+1)
}

// NullNoise is a null with the sizes of its samples: the noise of a metric where samples cannot be told from the truth.
// Near the truth, the metrics of two samples are quadratic in the difference of two empirical measures (or the root of
// that), as in Gretton et al. 2012, "A kernel two-sample test", theorem 12: sum_j l_j z_j^2 with normal z_j.
type NullNoise struct {
	Values    []float64 // of fresh samples of the truth against one reference, unless Pairs; none if unknown
	Pairs     bool      // every sample has a reference of its own
	Samples   int       // points of each sample
	Reference int       // points of the reference
}

// q95 returns the 95 % quantile of the null, or NaN if it is unknown.
func (n NullNoise) q95() float64 { return Summarize(n.Values).Q95 }

// shift returns an estimate of b, the mean of the quadratic form of which an unbiased metric subtracts the mean, and so
// minus its smallest possible value. If all l_j are equal it is 2 sd / skewness, and otherwise slightly more than that.
// The skewness of few values is uncertain, so it is limited to what nulls have. It is 0 if the null is unknown.
func (n NullNoise) shift() float64 {
	sd := Summarize(n.Values).SD
	if !(sd > 0) {
		return 0
	}
	skew := min(max(stat.Skew(n.Values, nil), .2), 2)
	return max(2*sd/skew, -1.25*slices.Min(n.Values))
}

// on returns a function that draws the deviation of a value from its mean over samples and references, on the scale. It
// is a smoothed bootstrap of the null with Silverman's bandwidth, at the variance of the null (Silverman and Young 1987,
// "The bootstrap: to smooth or not to smooth?"): the extremes of 19 or 99 values alone would be too narrow.
//
// A small distance from the truth adds to the noise before it can be seen in the value. The standard error se, on the scale,
// has it, but also twice the variance of the null (Efron and Stein 1981, "The jackknife estimate of variance"), so the
// variance is at least se^2 minus that of the null.
func (n NullNoise) on(scale Scale, se float64) func(r *rand.Rand) float64 {
	centre := scale.To(stat.Mean(n.Values, nil))
	deviations := make([]float64, len(n.Values))
	for k, v := range n.Values {
		deviations[k] = scale.To(v) - centre
	}
	middle, sd := stat.MeanStdDev(deviations, nil)
	if len(deviations) < 2 {
		sd = 0
	}
	width := 1.06 * math.Pow(float64(len(deviations)), -.2)
	shrink, spread := 1/math.Sqrt(1+width*width), n.spread()
	if own := sd * spread; se*se > 2*own*own && own > 0 {
		spread *= math.Sqrt(se*se/(own*own) - 1)
	}
	return func(r *rand.Rand) float64 {
		d := deviations[r.IntN(len(deviations))]
		return spread * (middle + shrink*(d-middle+width*sd*r.NormFloat64()))
	}
}

// spread returns by how much the scatter over samples and references exceeds that of the null, whose samples, of n points,
// share one reference, of m points. With the empirical measures' variances proportional to 1/n and 1/m, the variance of
// the quadratic form is that of the null, on average over references, times the following; it is no larger if the references
// differ
//
//	(n + m)^2 / (m (m + 2 n)),   4/3 if n = m
func (n NullNoise) spread() float64 {
	if n.Pairs || n.Samples <= 0 || n.Reference <= 0 {
		return 1
	}
	x, y := float64(n.Samples), float64(n.Reference)
	return (x + y) / math.Sqrt(y*(y+2*x))
}

// NormalPValue returns the probability of a value at least this many standard errors above its mean under the normal law.
func NormalPValue(z float64) float64 { return distuv.UnitNormal.Survival(z) }

// Holm returns p-values corrected for all tests, (n), in the order given: rejecting those at most a is wrong for any true
// hypothesis in at most a fraction a of cases (Holm 1979, "A simple sequentially rejective multiple test procedure").
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	corrected, highest := make([]float64, len(p)), 0.
	for k, i := range order {
		highest = max(highest, min(1, float64(len(p)-k)*p[i]))
		corrected[i] = highest
	}
	return corrected
}
