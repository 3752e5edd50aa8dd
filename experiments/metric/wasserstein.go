package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// assignedPoints is the maximum number of points of each sample that w1 and w2 match in more than one dimension. The
// time grows with its cube, and memory is 32 MB for each matrix of costs.
const assignedPoints = 2000

// W1 and W2 are the exact Wasserstein distances between the two samples (Peyre and Cuturi 2019, "Computational optimal
// transport", section 2.3), in the units of x, for p = 1 and 2:
//
//	W_p = (min over plans f of sum_ij f_ij |x_i - y_j|^p)^(1/p),  sum_j f_ij = 1/n,  sum_i f_ij = 1/m
//
// In one dimension, sorting matches all points. In more, they solve the assignment problem for samples of equal size and
// the transportation problem for others, up to 2,000 points of each: see MatchedPoints. For samples of the same
// distribution W_p is not 0 and decreases slowly with n (as n^(-1/d) above two dimensions), so compare only values of
// equal sizes, and with their Null. SE, from the potentials of the matching, is that of the mean at these sizes.
var (
	W1 = Metric{
		Name: "w1",
		Doc: "Exact 1-Wasserstein distance between the samples, in the units of the data: by sorting in 1-D, and in more dimensions by optimal " +
			"transport between at most 2,000 points of each, chosen at random.",
		Judge:    judgeWasserstein(1),
		Order:    1,
		Assigned: true,
		Version:  3, // 1 took the first points of both, as many of each; the solver of 2 gave other potentials, hence SE
		permute:  permuteWasserstein(1),
	}
	W2 = Metric{
		Name: "w2",
		Doc: "Exact 2-Wasserstein distance (not squared) between the samples, in the units of the data: by sorting in 1-D, and in more dimensions " +
			"by optimal transport between at most 2,000 points of each, chosen at random.",
		Judge:    judgeWasserstein(2),
		Order:    2,
		Assigned: true,
		Version:  3,
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
	n, m := matchedSizes(x.Len(), y.Len())
	xs, ys := columnsOf(subsample(x, n)), columnsOf(subsample(y, m))
	costs := make([][]float64, n)
	flow.Parallel(n, func(i int) {
		costs[i] = make([]float64, m)
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
	if n != m {
		t := flow.TransportRows(costs)
		return t.Cost, t.Row, t.Col
	}
	a := flow.AssignRows(costs)
	for i, j := range a.Column {
		cost += costs[i][j]
	}
	return cost / float64(n), a.Row, a.Col
}

// MatchedPoints returns how many of n samples and m reference points the metric compares in dim dimensions: all but for
// w1 and w2 in more than one, which take random ones of larger samples, at most 2,000 of each.
func (m Metric) MatchedPoints(samples, reference, dim int) (n, k int) {
	if m.Assigned && (dim > 1 || m.JudgeTable != nil) {
		return matchedSizes(samples, reference)
	}
	return samples, reference
}

// When the sizes of two samples differ, and add up to more than freePoints, their ratio is that of small integers, of
// which one is at most ratioTerm. Transport between 1,999 and 1,500 points takes ten times as long as between 1,996 and
// 1,497, which are as 4 to 3.
const (
	freePoints = 1000
	ratioTerm  = 8
)

// matchedSizes returns how many points of two samples are matched.
func matchedSizes(n, m int) (int, int) {
	n, m = min(n, assignedPoints), min(m, assignedPoints)
	if n == m || n+m <= freePoints {
		return n, m
	}
	return inRatio(n, m, ratioTerm)
}

// inRatio returns how many of n and m points to take so that one number is to the other as p to q, with the smaller of p
// and q at most this term, and so that they say the most.
func inRatio(n, m, term int) (int, int) {
	if n < m {
		m, n = inRatio(m, n, term)
		return n, m
	}
	large, small, most := 0, 0, 0.
	for q := 1; q <= term; q++ {
		for p := n * q / m; p <= n*q/m+1; p++ {
			k := min(n/p, m/q)
			worth := 1 / (1/float64(k*p) + 1/float64(k*q)) // the variance of a distance goes as its inverse
			if worth > most {
				large, small, most = k*p, k*q, worth
			}
		}
	}
	return large, small
}
