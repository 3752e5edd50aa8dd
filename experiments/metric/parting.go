package metric

import (
	"slices"

	"flowsweep/experiments/flow"
)

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
