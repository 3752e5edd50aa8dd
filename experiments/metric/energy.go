package metric

import "math"

// Energy is the energy distance (Szekely and Rizzo 2013, "Energy statistics: a class of statistics based on
// distances"), in the units of x:
//
//	2 E|X - Y| - E|X - X'| - E|Y - Y'|
//
// estimated without bias, with each mean over pairs of different points. So it is about 0 for equal distributions, with
// half of its values negative. It takes no root, since negative values have none, and is not scaled by n m / (n + m),
// as a test statistic would be. scipy.stats.energy_distance is the root of its biased form. It is a squared MMD with
// the kernel -|x - y|, and has no bandwidth. Time is quadratic in the number of points, memory linear.
var Energy = Metric{
	Name: "energy",
	Doc: "Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'|, in the units of the data (an unbiased U-statistic, without a root; " +
		"negative values are noise around 0).",
	Unbiased: true,
	Judge:    kernel(negativeDistance).judge,
	permute: func(int) (int, permuted, error) {
		return permutedPairPoints, kernel(negativeDistance).permuted, nil
	},
}

func negativeDistance(values []float64) {
	for j, d2 := range values {
		values[j] = -math.Sqrt(d2)
	}
}
