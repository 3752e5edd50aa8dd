package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// Measurement is the value of a metric with its standard error: the standard deviation the value has over fresh samples
// and a fresh reference of the same sizes, in the units of the value. Where the distributions differ by much more than
// SE, value ± 1.96 SE covers the mean of the metric at these sizes in about 95 % of cases, somewhat fewer below 100
// points. Where they hardly differ the value is not normal: compare it with its Null instead. SE is NaN where it cannot
// be estimated: from two points, or at a distance of 0.
type Measurement struct{ Value, SE float64 }

// notFinite is what a metric says of samples that are not numbers: sorting them, or a kernel that vanishes at infinity,
// would hide it.
var notFinite = Measurement{Value: math.NaN(), SE: math.NaN()}

// checkSizes returns an error unless both samples have at least two points of one dimension.
func checkSizes(reference, samples flow.Batch) error {
	if reference.Dim != samples.Dim {
		return fmt.Errorf("samples have %d columns and the reference %d: compare points of one dimension",
			samples.Dim, reference.Dim)
	}
	if reference.Len() < 2 || samples.Len() < 2 {
		return fmt.Errorf("%d samples against %d reference points: give at least 2 of each", samples.Len(), reference.Len())
	}
	return nil
}

// rootSE is the standard error of the root of a value whose own is se, by the delta method. At 0, which has no
// derivative, it is NaN.
func rootSE(root, se float64) float64 {
	if root == 0 {
		return math.NaN()
	}
	return se / (2 * root)
}

// potentialSE is the standard error of a transport cost from its dual solution, the potentials of the points of both
// samples. The cost is, to first order, the sum of their means (del Barrio and Loubes 2019, "Central limit theorems for
// empirical transportation cost in general dimension").
func potentialSE(phi, psi []float64) float64 {
	return math.Sqrt(stat.Variance(phi, nil)/float64(len(phi)) + stat.Variance(psi, nil)/float64(len(psi)))
}
