package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"flowsweep/experiments/flow"
)

// Measurement is the value of a metric with its standard error: its standard deviation over fresh samples and a fresh
// reference of the same sizes, in the units of the value. If the distributions differ by much more than SE, value ±
// 1.96 SE covers the mean of the metric at these sizes in about 95 % of cases, and somewhat fewer below 100 points.
// When they barely differ, the value is not normally distributed: compare it with its Null instead. SE is NaN if it
// cannot be estimated: from two points, or at a distance of 0.
type Measurement struct {
	Value, SE float64
	P         float64 // p-value of the metric's own test; 0 if it has none
}

// notFinite is the measurement of samples that are not finite, which sorting, or a kernel that vanishes at infinity,
// would hide.
var notFinite = Measurement{Value: math.NaN(), SE: math.NaN()}

// checkSizes returns an error unless both samples have at least two points, of the same dimension.
func checkSizes(reference, samples flow.Batch) error {
	if reference.Dim != samples.Dim {
		return fmt.Errorf("samples have %d columns, but the reference has %d: use points of the same dimension",
			samples.Dim, reference.Dim)
	}
	if reference.Len() < 2 || samples.Len() < 2 {
		return fmt.Errorf("%d samples against %d reference points: use at least 2 of each", samples.Len(), reference.Len())
	}
	return nil
}

// rootSE returns the standard error of the root of a value with standard error se, by the delta method. It is NaN at 0,
// where the root has no derivative.
func rootSE(root, se float64) float64 {
	if root == 0 {
		return math.NaN()
	}
	return se / (2 * root)
}

// potentialSE returns the standard error of a transport cost from the potentials of the points of both samples. To
// first order, the cost is the sum of their means (del Barrio and Loubes 2019, "Central limit theorems for empirical
// transportation cost in general dimension").
func potentialSE(phi, psi []float64) float64 {
	return math.Sqrt(stat.Variance(phi, nil)/float64(len(phi)) + stat.Variance(psi, nil)/float64(len(psi)))
}

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

// PairedP returns the two-sided p-value of a paired t-test that two lists of numbers, (n) each, have the same mean. It is 1 where they
// are equal, or too few to tell.
func PairedP(a, b []float64) float64 {
	if len(a) < 2 || len(a) != len(b) {
		return 1
	}
	difference := make([]float64, len(a))
	for i := range a {
		difference[i] = a[i] - b[i]
	}
	mean, sd := stat.MeanStdDev(difference, nil)
	if mean == 0 {
		return 1
	}
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(a) - 1)}
	return 2 * student.Survival(math.Abs(mean)/sd*math.Sqrt(float64(len(a))))
}
