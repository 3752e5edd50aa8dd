package metric

import "flowsweep/experiments/flow"

// MMD is the unbiased squared maximum mean discrepancy (Gretton et al. 2012, "A kernel two-sample test", equation 3):
//
//	mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
//
// where k is the mean of five Gaussian kernels exp(-|x - y|^2 / (2 l^2)), with l the Bandwidth of the reference times
// 1/4, 1/2, 1, 2 and 4. It is about 0 for equal distributions, where half of its values are negative. Time is
// quadratic in the number of points, memory linear.
var MMD = Metric{
	Name: "mmd",
	Doc: "Unbiased squared maximum mean discrepancy (U-statistic; negative values are noise around 0) under the mean of " +
		"five Gaussian kernels, of bandwidth 1/4, 1/2, 1, 2 and 4 times the median distance within the reference.",
	Judge: func(reference flow.Batch) (Judge, error) {
		l, err := Bandwidth(reference)
		if err != nil {
			return nil, err
		}
		return gaussians(l).judge(reference)
	},
}

// judge measures the unbiased squared MMD under the kernel.
func (k kernel) judge(reference flow.Batch) (Judge, error) {
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	sound := finite(reference)
	y := columnsOf(reference)
	yy := k.within(y)
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkSizes(reference, samples); err != nil {
			return Measurement{}, err
		}
		if !sound || !finite(samples) {
			return notFinite, nil
		}
		x := columnsOf(samples)
		return discrepancy(k.within(x), yy, k.between(x, y)), nil
	}, nil
}
