package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

func permutedMMD(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error) {
	l, err := Bandwidth(thinned(pooled, medianPoints))
	if err != nil {
		return nil, 0, err
	}
	return gaussians(l).permuted(pooled, partitions)
}

// thinned returns at most the given number of points, evenly spaced in the order of the points' coordinates. This order
// does not depend on which sample a point is from, as a permutation test requires.
func thinned(pooled flow.Batch, maxPoints int) flow.Batch {
	rows := make([][]float64, pooled.Len())
	for i := range rows {
		rows[i] = pooled.Row(i)
	}
	slices.SortFunc(rows, slices.Compare)
	n := min(len(rows), maxPoints)
	out := flow.Batch{Dim: pooled.Dim}
	for i := range n {
		out.Data = append(out.Data, rows[i*len(rows)/n]...)
	}
	return out
}

// permuted returns the discrepancy between the parts. Let S be the sum over pairs within one part, R over pairs of a
// point in it with any point, and T over all pairs. Then the pairs between the parts sum to R - S, and those within the
// other part to T - 2 R + S.
func (k kernel) permuted(pooled flow.Batch, partitions []partition) (values []float64, scale float64, err error) {
	x := columnsOf(pooled)
	within, rows := k.partSums(x, partitions), k.within(x).rows
	points, total := float64(x.n), sum(rows)
	values = make([]float64, len(partitions))
	for b, p := range partitions {
		n, s, r := float64(len(p.part)), 2*within[b], 0.
		for _, i := range p.part {
			r += rows[i]
		}
		m := points - n
		values[b] = s/(n*(n-1)) + (total-2*r+s)/(m*(m-1)) - 2*(r-s)/(n*m)
	}
	return values, math.Abs(total) / (points * (points - 1)), nil
}

// partSums returns the sum of the kernel over the pairs of points i > j within each part. It computes one row of the
// kernel's matrix at a time and uses it for all parts.
func (k kernel) partSums(x columns, partitions []partition) []float64 {
	blocks := (x.n + tile - 1) / tile
	sums := make([][]float64, blocks)
	flow.Parallel(blocks, func(block int) {
		block = blocks - 1 - block // the longest rows first, which balances the workers
		sums[block] = make([]float64, len(partitions))
		row := make([]float64, x.n)
		before := make([]int, len(partitions)) // points of each part before point i
		for b, p := range partitions {
			before[b], _ = slices.BinarySearch(p.part, uint16(block*tile))
		}
		for i := block * tile; i < min((block+1)*tile, x.n); i++ {
			x.squaredDistances(row[:i], x, i, 0)
			k(row[:i])
			for b, p := range partitions {
				if p.in[i] {
					sums[block][b] += gather(row, p.part[:before[b]])
					before[b]++
				}
			}
		}
	})
	for _, s := range sums[1:] {
		addTo(sums[0], s)
	}
	return sums[0]
}

// gather returns the sum of the numbers at the given indices. It adds up four independent sums for speed.
func gather(row []float64, places []uint16) float64 {
	var a, b, c, d float64
	for ; len(places) >= 4; places = places[4:] {
		a += row[places[0]]
		b += row[places[1]]
		c += row[places[2]]
		d += row[places[3]]
	}
	for _, i := range places {
		a += row[i]
	}
	return (a + b) + (c + d)
}
