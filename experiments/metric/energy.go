package metric

import "math"

// Energy is the energy distance (Szekely and Rizzo 2013, "Energy statistics: a class of statistics based on distances"),
// in the units of x:
//
//	2 E|X - Y| - E|X - X'| - E|Y - Y'|
//
// estimated without bias, each mean being over pairs of different points. It is therefore about 0 for equal
// distributions, where half of its values are negative; no root is taken, which such values do not have, and no factor
// n m / (n + m) makes a test statistic of it. scipy.stats.energy_distance is the root of its biased form. It is an MMD
// squared, under the kernel -|x - y|, and has no bandwidth. Time is quadratic in the number of points, memory linear.
var Energy = Metric{
	Name: "energy",
	Doc: "Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| in the units of the data (unbiased U-statistic, no root taken; " +
		"negative values are noise around 0).",
	Judge: kernel(negativeDistance).judge,
	permute: func(int) (int, permuted, error) {
		return permutedPairPoints, kernel(negativeDistance).permuted, nil
	},
}

func negativeDistance(values []float64) {
	for j, d2 := range values {
		values[j] = -math.Sqrt(d2)
	}
}
