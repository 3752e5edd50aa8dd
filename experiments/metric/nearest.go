package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// distances holds the squared distances from each sample to the rows of two sides, of which the first has the rows below
// first.
type distances struct {
	rows, first int
	of          [][]float32 // (samples, rows)
}

// nearest returns the distances from samples to the rows of both sides.
func nearest(samples, a, b flow.Batch) distances {
	d := distances{rows: a.Len() + b.Len(), first: a.Len(), of: make([][]float32, samples.Len())}
	rows := columnsOf(flow.Batch{Dim: a.Dim, Data: slices.Concat(a.Data, b.Data)})
	x := columnsOf(samples)
	flow.Parallel(samples.Len(), func(i int) {
		values := make([]float64, d.rows)
		rows.squaredDistances(values, x, i, 0)
		d.of[i] = make([]float32, d.rows)
		for j, v := range values {
			d.of[i][j] = float32(v)
		}
	})
	return d
}

// counts returns how many samples each row is nearest to, (rows). Ties are divided evenly.
func (d distances) counts() []float64 {
	all := make([]int, d.rows)
	for j := range all {
		all[j] = j
	}
	return d.among(all)
}

// among returns how many samples each of the chosen rows is nearest to among them.
func (d distances) among(chosen []int) []float64 {
	counts := make([]float64, len(chosen))
	for _, of := range d.of {
		least, ties := float32(math.Inf(1)), 0.
		for _, j := range chosen {
			switch v := of[j]; {
			case v < least:
				least, ties = v, 1
			case v == least:
				ties++
			}
		}
		for i, j := range chosen {
			if of[j] == least {
				counts[i] += 1 / ties
			}
		}
	}
	return counts
}

// share returns the share of samples nearest to the first rows of the chosen ones, and its variance over the rows.
func (d distances) share(chosen []int, rows int) (share, variance float64) {
	counts := d.among(chosen)
	a, b := Mean(counts[:rows]), Mean(counts[rows:])
	total := a.Value + b.Value
	se := math.Hypot(b.Value*a.SE, a.Value*b.SE) / (total * total)
	return a.Value / total, se * se
}

// nearestDistances returns the squared distance from each point to the nearest row.
func nearestDistances(points, rows flow.Batch) []float64 {
	x, to := columnsOf(points), columnsOf(rows)
	least := make([]float64, points.Len())
	flow.Parallel(len(least), func(i int) {
		values := make([]float64, to.n)
		to.squaredDistances(values, x, i, 0)
		least[i] = slices.Min(values)
	})
	return least
}

// kth returns the k-th smallest value, from 1.
func kth(values []float64, k int) float64 {
	return slices.Sorted(slices.Values(values))[k-1]
}
