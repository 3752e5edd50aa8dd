package metric

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// MeanInterval returns the mean of the values and half the width of its 95 % confidence interval, from Student's t with
// n - 1 degrees of freedom, which assumes independent and nearly normal values. The half width of fewer than two values
// is NaN, and so is the mean of none.
func MeanInterval(values []float64) (mean, half float64) {
	n := len(values)
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	mean = stat.Mean(values, nil)
	if n < 2 {
		return mean, math.NaN()
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(.975)
	return mean, t * stat.StdDev(values, nil) / math.Sqrt(float64(n))
}

// IntervalOver says over what the intervals of the metric are: what would be another if a sweep were done again.
func (m Metric) IntervalOver() string {
	switch {
	case m.TwoSamples():
		return "another training, other noise, another reference"
	case m.OfNet != nil:
		return "another training, other test points"
	default:
		return "another training, other noise"
	}
}

// Mean returns the mean of independent values with its standard error, which is NaN for fewer than two values.
func Mean(values []float64) Measurement {
	mean, sd := stat.MeanStdDev(values, nil)
	return Measurement{Value: mean, SE: stat.StdErr(sd, float64(len(values)))}
}
