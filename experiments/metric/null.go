package metric

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"

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
