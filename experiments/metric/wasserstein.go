package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// assignedPoints is the maximum number of points of each sample that w1 and w2 match in more than one dimension. The
// time grows with its cube, and memory is 32 MB.
const assignedPoints = 2000

// W1 and W2 are the exact Wasserstein distances between the two samples (Peyre and Cuturi 2019, "Computational optimal
// transport", section 2.2), in the units of x, for p = 1 and 2:
//
//	W_p = (min over one-to-one matchings s of mean_i |x_i - y_s(i)|^p)^(1/p)
//
// In one dimension, sorting matches all points, and the samples may differ in size. In more dimensions, one-to-one
// matching requires equal sizes: W1 and W2 use the first n points of both, where n is the smaller size, at most 2,000.
// For samples of the same distribution W_p is not 0 and decreases slowly with n (as n^(-1/d) above two dimensions), so
// compare only values of equal n, and with their Null. SE, from the potentials of the matching, is that of the mean at
// this n.
var (
	W1 = Metric{
		Name: "w1",
		Doc: "Exact 1-Wasserstein distance between the samples, in the units of the data: by sorting in 1-D, and in more dimensions by optimal " +
			"assignment of at most the first 2,000 points.",
		Judge:    judgeWasserstein(1),
		Order:    1,
		Assigned: true,
		permute:  permuteWasserstein(1),
	}
	W2 = Metric{
		Name: "w2",
		Doc: "Exact 2-Wasserstein distance (not squared) between the samples, in the units of the data: by sorting in 1-D, and in more dimensions " +
			"by optimal assignment of at most the first 2,000 points.",
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
		finite := reference.Finite()
		return func(samples flow.Batch) (Measurement, error) {
			if err := checkSizes(reference, samples); err != nil {
				return Measurement{}, err
			}
			if !finite || !samples.Finite() {
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

// permuteWasserstein sorts in one dimension. In more, each permutation requires an assignment.
func permuteWasserstein(p int) func(dim int) (int, permuted, error) {
	return func(dim int) (int, permuted, error) {
		if dim == 1 {
			return permutedLinePoints, permutedLines(directions(dim), p), nil
		}
		return permutedJudgePoints, permutedByJudge(judgeWasserstein(p)), nil
	}
}

// matched returns W_p^p between the samples and the potentials of their points.
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
	a := flow.AssignRows(costs)
	for i, j := range a.Column {
		cost += costs[i][j]
	}
	return cost / float64(n), a.Row, a.Col
}
