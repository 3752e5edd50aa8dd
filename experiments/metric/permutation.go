package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// PermutationTest is the outcome of Permutation.
type PermutationTest struct {
	P     float64   // PValue of Value against Null
	Value float64   // the metric between the two samples, as far as they took part
	Null  []float64 // the metric between random parts of the pooled points, one a permutation
	X, Y  int       // points that took part: all, or the first ones
}

// LeastPermutations is the number of permutations from which on a p-value of 0.05 has a standard deviation of 0.01.
const LeastPermutations = 499

// Permutation tests whether samples x, (n, d), and y, (m, d), come from one distribution, by the value of the metric over
// random ways to part the pooled points into n and m (Gretton et al. 2012, "A kernel two-sample test", section 5, and
// Szekely and Rizzo 2004, "Testing for equal distributions in high dimension"). It is exact at any size: where the
// distributions are equal, p <= a comes up in at most a share a of cases. There are at least 499 permutations.
//
// A test takes the first 4,000 points of each sample for mmd and energy, the first 1,000 for sliced-w2 and for w1 and w2
// in one dimension, and the first 200 for w1 and w2 in more, where each permutation is an assignment of its own. Memory
// is linear in the points. The bandwidth of mmd is that of the pooled points, which permuting does not change, so that
// Value differs a little from that of a Judge. mmd-rff, which is for more points than any of these, and the metrics of
// models are refused. Where a number is not finite, P and Value are NaN.
func Permutation(x, y flow.Batch, m Metric, permutations int, seed uint64) (PermutationTest, error) {
	if err := checkSizes(y, x); err != nil {
		return PermutationTest{}, err
	}
	if permutations < LeastPermutations {
		return PermutationTest{}, fmt.Errorf("%d permutations: ask for %d at least", permutations, LeastPermutations)
	}
	most, permuted, err := permuter(m, x.Dim)
	if err != nil {
		return PermutationTest{}, err
	}
	x, y = x.Slice(0, min(x.Len(), most)), y.Slice(0, min(y.Len(), most))
	t := PermutationTest{X: x.Len(), Y: y.Len(), P: math.NaN(), Value: math.NaN()}
	if !x.Finite() || !y.Finite() {
		return t, nil
	}
	pooled := flow.Batch{Dim: x.Dim, Data: slices.Concat(x.Data, y.Data)}
	values, scale, err := permuted(pooled, partings(t.X, pooled.Len(), permutations, seed))
	if err != nil {
		return t, fmt.Errorf("%s of permuted samples: %w", m.Name, err)
	}
	t.Value, t.Null = values[0], values[1:]
	// Ways of parting that are equal but for rounding count as equal: where points are, there are many.
	t.P = PValue(t.Null, t.Value-1e-12*scale)
	return t, nil
}

// permuted returns the value of a metric for each way to part the points, and the size of what those are differences of.
type permuted func(pooled flow.Batch, partings []parting) (values []float64, scale float64, err error)

// The most points of each sample for which permuting is quick: by pairs, by sorting, and by judging every permutation anew.
const (
	permutedPairPoints = 4000
	permutedLinePoints = 1000
	permutedAnewPoints = 200
)

// permuter returns how a metric is permuted, and the most points of each sample that takes part.
func permuter(m Metric, dim int) (most int, values permuted, err error) {
	switch {
	case !m.TwoSamples():
		return 0, nil, fmt.Errorf("%s measures a model, not two samples: test another metric", m.Name)
	case m.permute == nil:
		return permutedAnewPoints, judgedAnew(m.Judge), nil
	default:
		return m.permute(dim)
	}
}

// permutedLines returns the root, of order p, of the mean W_p^p over the directions: each is sorted once, and the order
// of a part is that of the whole.
func permutedLines(directions [][]float64, p int) permuted {
	return func(pooled flow.Batch, partings []parting) (values []float64, scale float64, err error) {
		costs := make([][]float64, len(directions))
		flow.Parallel(len(directions), func(k int) {
			costs[k] = make([]float64, len(partings))
			whole := project(pooled, directions[k], new([]ordered))
			phi := make([]float64, pooled.Len())
			for b, part := range partings {
				x, y := whole.split(part)
				costs[k][b] = transport(x, y, p, phi, phi)
			}
		})
		values = make([]float64, len(partings))
		for _, c := range costs {
			addTo(values, c)
		}
		for b, v := range values {
			values[b] = math.Pow(v/float64(len(directions)), 1/float64(p))
		}
		return values, slices.Max(values), nil
	}
}

// split returns the points of the part, and the others, in order.
func (l line) split(p parting) (x, y line) {
	n := len(p.part)
	x.values, y.values = make([]float64, 0, n), make([]float64, 0, len(l.values)-n)
	x.from, y.from = make([]uint32, 0, n), make([]uint32, 0, len(l.values)-n)
	for k, i := range l.from {
		if p.in[i] {
			x.values, x.from = append(x.values, l.values[k]), append(x.from, i)
		} else {
			y.values, y.from = append(y.values, l.values[k]), append(y.from, i)
		}
	}
	return x, y
}

// judgedAnew judges every pair of parts anew.
func judgedAnew(judge func(reference flow.Batch) (Judge, error)) permuted {
	return func(pooled flow.Batch, partings []parting) (values []float64, scale float64, err error) {
		values, errs := make([]float64, len(partings)), make([]error, len(partings))
		flow.Parallel(len(partings), func(b int) {
			x, y := partings[b].split(pooled)
			measure, err := judge(y)
			if err != nil {
				errs[b] = err
				return
			}
			v, err := measure(x)
			values[b], errs[b] = v.Value, err
		})
		return values, slices.Max(values), errors.Join(errs...)
	}
}

// parting is a way to part points in two.
type parting struct {
	part []uint16 // the points of one part, in rising order
	in   []bool   // whether each point is in that part
}

// partings returns ways to part the points into n and the others: the first n, then random ones.
func partings(n, points, count int, seed uint64) []parting {
	partings := make([]parting, count+1)
	order := make([]uint16, points)
	stream := flow.NewStream(seed, "permutation")
	for b := range partings {
		for i := range order {
			order[i] = uint16(i)
		}
		if b > 0 {
			r := stream.At(uint64(b))
			for i := range n {
				j := i + r.IntN(points-i)
				order[i], order[j] = order[j], order[i]
			}
		}
		p := parting{part: slices.Sorted(slices.Values(order[:n])), in: make([]bool, points)}
		for _, i := range p.part {
			p.in[i] = true
		}
		partings[b] = p
	}
	return partings
}

// split returns the points of the part, and the others.
func (p parting) split(pooled flow.Batch) (x, y flow.Batch) {
	x.Dim, y.Dim = pooled.Dim, pooled.Dim
	for i, in := range p.in {
		if in {
			x.Data = append(x.Data, pooled.Row(i)...)
		} else {
			y.Data = append(y.Data, pooled.Row(i)...)
		}
	}
	return x, y
}
