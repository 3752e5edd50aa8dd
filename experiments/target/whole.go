package target

import (
	"slices"

	"flowsweep/experiments/flow"
)

// Whole returns about n points, (at most n, Dim), that stand for the whole distribution, and whether they are all of it. Of
// data it is all rows, trained on or not, since they are all that is known of the truth: each equally often if there are at
// most n, else n of them at random; with Noise, every point has noise of its own. Otherwise the points are draws from the
// stream.
func (t Target) Whole(n int, stream *flow.Stream) (points flow.Batch, all bool) {
	if t.Rows.Len() == 0 {
		return t.Sample(n, stream), false
	}
	rows := joined(t.Rows, t.Held, t.Fresh)
	order := stream.At(0).Perm(rows.Len())
	if rows.Len() > n {
		order = order[:n]
	}
	points = rows.Take(flow.Batch{}, slices.Repeat(order, max(1, n/rows.Len())))
	if t.Noise > 0 {
		noise := points.Like(points.Dim)
		stream.Normal(noise, 1)
		for i, e := range noise.Data {
			points.Data[i] += t.Noise * e
		}
	}
	return points, rows.Len() <= n && t.Noise == 0
}
