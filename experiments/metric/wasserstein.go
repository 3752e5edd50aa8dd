package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// assignedPoints bounds the points of each sample that w1 and w2 match in more than one dimension, in time of the order
// of the cube and 32 MB.
const assignedPoints = 2000

// W1 and W2 are the exact Wasserstein distances between the two samples (Peyre and Cuturi 2019, "Computational optimal
// transport", section 2.2), in the units of x, for p = 1 and 2:
//
//	W_p = (min over one-to-one matchings s of mean_i |x_i - y_s(i)|^p)^(1/p)
//
// The root is taken. In one dimension all points take part, whatever their numbers, by sorting. In more, one-to-one
// means samples of equal size: the first n points of both, with n the smaller size but at most 2,000. Between samples
// of one distribution W_p is not 0 and falls slowly with n (as n^(-1/d) above two dimensions): compare values of one n
// only, and with their Null. SE is by the potentials of the matching, and belongs to the mean at this n.
var (
	W1 = Metric{
		Name: "w1",
		Doc: "Exact 1-Wasserstein distance between the samples in the units of the data: by sorting in 1-D, by optimal assignment of the " +
			"first 2,000 points at most in more dimensions.",
		Judge:    judgeWasserstein(1),
		Order:    1,
		Assigned: true,
		permute:  permuteWasserstein(1),
	}
	W2 = Metric{
		Name: "w2",
		Doc: "Exact 2-Wasserstein distance (the root is taken) between the samples in the units of the data: by sorting in 1-D, by optimal " +
			"assignment of the first 2,000 points at most in more dimensions.",
		Judge:    judgeWasserstein(2),
		Order:    2,
		Assigned: true,
		permute:  permuteWasserstein(2),
	}
)

func judgeWasserstein(p int) func(flow.Batch) (Judge, error) {
	return func(reference flow.Batch) (Judge, error) {
		if err := checkSizes(reference, reference); err != nil {
			return nil, err
		}
		sound := reference.Finite()
		return func(samples flow.Batch) (Measurement, error) {
			if err := checkSizes(reference, samples); err != nil {
				return Measurement{}, err
			}
			if !sound || !samples.Finite() {
				return notFinite, nil
			}
			cost, phi, psi := matched(samples, reference, p)
			m := Measurement{Value: cost, SE: potentialSE(phi, psi)}
			if p == 2 {
				m.Value = math.Sqrt(cost)
				m.SE = rootSE(m.Value, m.SE)
			}
			return m, nil
		}, nil
	}
}

// permuteWasserstein sorts in one dimension. In more, each permutation is an assignment of its own.
func permuteWasserstein(p int) func(dim int) (int, permuted, error) {
	return func(dim int) (int, permuted, error) {
		if dim == 1 {
			return permutedLinePoints, permutedLines(directions(dim), p), nil
		}
		return permutedAnewPoints, judgedAnew(judgeWasserstein(p)), nil
	}
}

// matched returns W_p^p between the samples, and the potentials of their points.
func matched(x, y flow.Batch, p int) (cost float64, phi, psi []float64) {
	if x.Dim == 1 {
		phi, psi = make([]float64, x.Len()), make([]float64, y.Len())
		cost = transport(lineOf(x.Data, new([]ordered)), lineOf(y.Data, new([]ordered)), p, phi, psi)
		return cost, phi, psi
	}
	n := min(x.Len(), y.Len(), assignedPoints)
	xs, ys := columnsOf(x.Slice(0, n)), columnsOf(y.Slice(0, n))
	costs := make([][]float64, n)
	flow.Parallel(n, func(i int) {
		costs[i] = make([]float64, n)
		ys.squaredDistances(costs[i], xs, i, 0)
		if p == 1 {
			for j, d2 := range costs[i] {
				costs[i][j] = math.Sqrt(d2)
			}
		}
	})
	if slices.ContainsFunc(costs, func(row []float64) bool { return math.IsInf(slices.Max(row), 1) }) {
		return math.NaN(), nil, nil // the square of a distance overflows
	}
	match, phi, psi := assign(costs)
	for i, j := range match {
		cost += costs[i][j]
	}
	return cost / float64(n), phi, psi
}
