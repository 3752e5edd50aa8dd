package metric

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// maxPrior is the maximum number of degrees of freedom of the prior, about that of four seeds. Without a limit, the best
// setting would be rejected too often if settings differ in spread. In the simulations of margin_test.go, with variances
// up to a hundredfold apart and three seeds, it is rejected with probability 0.08 for a limit of 10, 0.044 for 4 and 0.03
// for 3; with log-normal values, 0.066 for 4 and 0.049 for 3.
const maxPrior = 3

// prior is the information of the other settings on each variance: s0 with df degrees of freedom.
type prior struct {
	df float64
	s0 []float64 // one per setting
}

// moderate returns the estimate of the variance of setting k, including the prior.
func (p prior) moderate(k int, variance, df float64) float64 {
	if p.df == 0 || math.IsNaN(p.s0[k]) {
		return variance
	}
	return (p.df*p.s0[k] + df*variance) / (p.df + df)
}

// neighbours is the number of other settings whose variances form the prior of one.
const neighbours = 10

// priorOf fits the prior to the logarithms of variances with df degrees of freedom. The expected value of each is the
// mean of those nearest in rank by margin, since worse settings vary more. With psi the digamma function, these
// logarithms have
//
//	mean = ln s0^2 + psi(df/2) - ln(df/2) - psi(d0/2) + ln(d0/2)
//	variance = psi'(df/2) + psi'(d0/2)
//
// Fewer than three variances give no prior, since their spread is unknown.
func priorOf(order []int, variances []float64, df float64) prior {
	logs := make([]float64, len(order))
	for i, k := range order {
		logs[i] = math.Log(variances[k]) - mathext.Digamma(df/2) + math.Log(df/2) // -Inf if the variance is 0
	}
	p := prior{s0: make([]float64, len(variances))}
	var off []float64
	for i, k := range order {
		mean, n := around(logs, i)
		p.s0[k] = mean
		if n > 0 && !math.IsInf(logs[i], 0) {
			off = append(off, (logs[i]-mean)/math.Sqrt(1+1/float64(n)))
		}
	}
	if len(off) < 3 {
		return prior{}
	}
	winsorise(off)
	spread := 0.
	for _, v := range off {
		spread += v * v / float64(len(off))
	}
	half := inverseTrigamma(spread - trigamma(df/2))
	for k, mean := range p.s0 {
		p.s0[k] = math.Exp(mean + mathext.Digamma(half) - math.Log(half))
	}
	p.df = min(2*half, maxPrior)
	return p
}

// around returns the mean of the finite neighbours of value i, and their number. If there are enough, it leaves out the
// lowest and the highest, so that an outlier does not dominate.
func around(values []float64, i int) (mean float64, n int) {
	first := max(0, min(i-neighbours/2, len(values)-1-neighbours))
	var near []float64
	for j := first; j < len(values) && j <= first+neighbours; j++ {
		if j != i && !math.IsInf(values[j], 0) {
			near = append(near, values[j])
		}
	}
	if slices.Sort(near); len(near) >= neighbours/2 {
		near = near[1 : len(near)-1]
	}
	return stat.Mean(near, nil), len(near)
}

// winsorise limits values to three robust standard deviations from the median, so that a few outliers do not weaken the
// prior (Phipson et al. 2016, "Robust hyperparameter estimation protects against hypervariable genes"). The standard
// deviation is that of normal values with the same 90 % quantile of distances from the median, since more than a tenth
// of the settings are not outliers.
func winsorise(values []float64) {
	quantile := func(p float64, of []float64) float64 {
		return stat.Quantile(p, stat.LinInterp, slices.Sorted(slices.Values(of)), nil)
	}
	median := quantile(.5, values)
	away := make([]float64, len(values))
	for i, v := range values {
		away[i] = math.Abs(v - median)
	}
	reach := 3 * quantile(.9, away) / distuv.UnitNormal.Quantile(.95)
	for i, v := range values {
		values[i] = min(max(v, median-reach), median+reach)
	}
}

// trigamma returns the second derivative of ln Gamma, the Hurwitz zeta function at 2.
func trigamma(x float64) float64 { return mathext.Zeta(2, x) }

// inverseTrigamma returns the x between 1e-3 and 1e3 whose trigamma is y, or the nearer end. It bisects, since trigamma
// is decreasing.
func inverseTrigamma(y float64) float64 {
	low, high := math.Log(1e-3), math.Log(1e3)
	for range 60 {
		if middle := (low + high) / 2; trigamma(math.Exp(middle)) > y {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp(high)
}
