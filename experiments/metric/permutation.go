package metric

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// PermutationTest is the outcome of Permutation.
type PermutationTest struct {
	P     float64   // PValue of Value against Null
	Value float64   // the metric between the points used of the two samples
	Null  []float64 // the metric between random parts of the pooled points, one per permutation
	X, Y  int       // number of points used of each sample: all, or random ones
}

// MinPermutations is the smallest number of permutations, for which a p-value of 0.05 has a standard deviation of
// 0.01.
const MinPermutations = 499

// Permutation tests whether samples x, (n, d), and y, (m, d), come from the same distribution, by the values of the
// metric for random partitions of the pooled points into n and m (Gretton et al. 2012, "A kernel two-sample test",
// section 5, and Szekely and Rizzo 2004, "Testing for equal distributions in high dimension"). It is exact at any size:
// if the distributions are equal, p <= a occurs in at most a fraction a of cases. It needs at least 499 permutations.
//
// It uses at most 4,000 points of each sample for mmd and energy, 1,000 for sliced-w2, c2st, the marginals and correlations
// of tables and, in one dimension, w1 and w2, and 200 for w1 and w2 in more dimensions and for w1-table, where each
// permutation requires an assignment. There, one size is a whole
// multiple of the other. For c2st it makes as many permutations as a null has values, since each trains classifiers. Points
// are chosen by Shuffled, so nothing depends on their order. Memory is linear in the points. The bandwidth of mmd is that of
// the pooled points, which does not depend on the permutation, so Value differs slightly from that of a Judge. It returns an
// error for mmd-rff, which is meant for more points, and for the metrics of models. If a number is not finite, P and Value
// are NaN.
func Permutation(x, y flow.Batch, m Metric, permutations int, seed uint64) (PermutationTest, error) {
	if err := checkSizes(y, x); err != nil {
		return PermutationTest{}, err
	}
	if permutations < MinPermutations {
		return PermutationTest{}, fmt.Errorf("%d permutations: must be at least %d", permutations, MinPermutations)
	}
	maxPoints, permuted, err := permuter(m, x.Dim)
	if err != nil {
		return PermutationTest{}, err
	}
	x, y = Shuffled(x), Shuffled(y)
	if m.JudgeBy != nil {
		permutations = min(permutations, m.NullCount(x.Dim))
	}
	x, y = x.Slice(0, min(x.Len(), maxPoints)), y.Slice(0, min(y.Len(), maxPoints))
	if m.Assigned && x.Dim > 1 && x.Len() != y.Len() {
		// Hundreds of transports in another ratio take half a minute.
		n, k := inRatio(x.Len(), y.Len(), 1)
		x, y = x.Slice(0, n), y.Slice(0, k)
	}
	t := PermutationTest{X: x.Len(), Y: y.Len(), P: math.NaN(), Value: math.NaN()}
	if !x.Finite() || !y.Finite() {
		return t, nil
	}
	pooled := flow.Batch{Dim: x.Dim, Data: slices.Concat(x.Data, y.Data)}
	values, scale, err := permuted(pooled, partitions(t.X, pooled.Len(), permutations, seed))
	if err != nil {
		return t, fmt.Errorf("%s of permuted samples: %w", m.Name, err)
	}
	t.Value, t.Null = values[0], values[1:]
	// Values that are equal up to rounding count as equal. With repeated points there are many.
	t.P = PValue(t.Null, t.Value-1e-12*scale)
	return t, nil
}

// permuted returns the value of a metric for each partition of the points, and the scale of the terms whose differences
// they are.
type permuted func(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error)

// The maximum number of points of each sample for which permuting is fast: by pairs, by sorting, and by judging every
// permutation.
const (
	permutedPairPoints  = 4000
	permutedLinePoints  = 1000
	permutedJudgePoints = 200
)

// permuter returns how to permute a metric, and the maximum number of points of each sample.
func permuter(m Metric, dim int) (maxPoints int, values permuted, err error) {
	switch {
	case !m.TwoSamples():
		return 0, nil, fmt.Errorf("%s measures a model, not two samples: use another metric", m.Name)
	case m.JudgeBy != nil:
		return classifiedPoints, permutedByJudge(m.Judge), nil
	case m.JudgeTable != nil && !m.Assigned:
		return permutedLinePoints, permutedByJudge(m.Judge), nil
	case m.permute == nil:
		return permutedJudgePoints, permutedByJudge(m.Judge), nil
	default:
		return m.permute(dim)
	}
}

// permutedLines returns the p-th root of the mean W_p^p over the directions. It sorts the pooled points once per
// direction; the parts have the same order.
func permutedLines(directions [][]float64, p int) permuted {
	return func(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error) {
		costs := make([][]float64, len(directions))
		flow.Parallel(len(directions), func(k int) {
			costs[k] = make([]float64, len(partitions))
			whole := project(pooled, directions[k], new([]ordered))
			phi := make([]float64, pooled.Len())
			for b, part := range partitions {
				x, y := whole.split(part)
				costs[k][b] = transport(x, y, p, phi, phi)
			}
		})
		values = make([]float64, len(partitions))
		for _, c := range costs {
			addTo(values, c)
		}
		for b, v := range values {
			values[b] = math.Pow(v/float64(len(directions)), 1/float64(p))
		}
		return values, slices.Max(values), nil
	}
}

// split returns the points of the part and the others, both sorted.
func (l line) split(p partition) (x, y line) {
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

// permutedByJudge makes a judge for every pair of parts.
func permutedByJudge(judge func(reference flow.Batch) (Judge, error)) permuted {
	return func(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error) {
		values, errs := make([]float64, len(partitions)), make([]error, len(partitions))
		flow.Parallel(len(partitions), func(b int) {
			x, y := partitions[b].split(pooled)
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

// partition is a partition of points into two parts.
type partition struct {
	part []uint16 // the points of the first part, in increasing order
	in   []bool   // whether each point is in that part
}

// partitions returns partitions of the points with n in the first part: the first n points, then random ones.
func partitions(n, points, count int, seed uint64) []partition {
	partitions := make([]partition, count+1)
	order := make([]uint16, points)
	stream := flow.NewStream(seed, "permutation")
	for b := range partitions {
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
		p := partition{part: slices.Sorted(slices.Values(order[:n])), in: make([]bool, points)}
		for _, i := range p.part {
			p.in[i] = true
		}
		partitions[b] = p
	}
	return partitions
}

// split returns the points of the part and the others.
func (p partition) split(pooled flow.Batch) (x, y flow.Batch) {
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

// Shuffled returns the points in a random order that depends on their coordinates alone, never on the order they come in:
// by increasing hash of the coordinates and, for points that repeat, of a count. Its first points are a random
// subsample, also of a sorted file, and every function of the result is independent of the order of x. A point that two
// samples share has the same hash in both, so the first points of a sample and of a copy of it are the same points;
// those of independent samples without common points are independent.
func Shuffled(x flow.Batch) flow.Batch {
	order := make([]int, x.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(x.Row(a), x.Row(b)) })
	hashes := make([]uint64, x.Len())
	repeats := uint64(0)
	for k, i := range order {
		if k > 0 && slices.Compare(x.Row(order[k-1]), x.Row(i)) == 0 {
			repeats++
		} else {
			repeats = 0
		}
		hashes[i] = hashOf(x.Row(i), repeats)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(hashes[a], hashes[b]) })
	return x.Take(flow.Batch{}, order)
}

func hashOf(point []float64, repeats uint64) uint64 {
	h := fnv.New64a()
	var word [8]byte
	for _, v := range point {
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(v+0)) // -0 is 0
		h.Write(word[:])
	}
	// The hash only seeds a generator, since that of similar numbers has similar leading bits.
	return flow.NewStream(h.Sum64(), "subsample").At(repeats).Uint64()
}

// subsample returns n of the points, chosen by Shuffled, or all as they are.
func subsample(x flow.Batch, n int) flow.Batch {
	if n >= x.Len() {
		return x
	}
	return Shuffled(x).Slice(0, n)
}
