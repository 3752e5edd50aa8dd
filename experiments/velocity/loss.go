package velocity

import (
	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/net"
)

// chunkFloats is the approximate number of values that a chunk of a batch may keep for its gradient: 24 MiB, which fits a
// shared cache. At 4 layers of 512 and a batch of 4,096, chunks of 1,024 rows take 0.85 of the time of the whole batch at
// once.
const chunkFloats = 6 << 20

// minChunkRows is the smallest chunk: products of fewer rows spend their time fetching the weights.
const minChunkRows = 128

// The chunks of images are smaller: each pixel is a row of the products, and windows are passed over more often than they
// are multiplied. They are at most 16, as each is a copy of the net in the graph.
const (
	imageChunkFloats = 2 << 20
	minChunkImages   = 8
	maxImageChunks   = 16
)

// chunks returns the number of chunks in a batch.
func chunks(n net.Net, batch int) int {
	floats := n.RowFloats() * batch
	if n.Architecture.Images {
		return max(1, min(ceilDiv(floats, imageChunkFloats), batch/minChunkImages, maxImageChunks))
	}
	return max(1, min(ceilDiv(floats, chunkFloats), batch/minChunkRows))
}

// lossOf builds the loss of a batch, a scalar, and its gradient in the weights, (P), summed over count chunks. The
// velocities u to learn have the shape of the points.
func lossOf(n net.Net, weights []*graph.Node, in inputs, u *graph.Node, count int) (loss, grad *graph.Node) {
	batch := u.Shape().Dimensions[0]
	share := 1 / float64(batch*n.Dim())
	var sums []*graph.Node
	for i := range count {
		in, u := in, u
		if count > 1 {
			rows := graph.AxisRange(i*batch/count, (i+1)*batch/count)
			in, u = in.cut(rows), graph.Slice(u, rows)
		}
		part := graph.MulScalar(graph.ReduceAllSum(graph.Square(graph.Sub(apply(n, weights, in), u))), share)
		grads := graph.Gradient(part, weights...)
		if i == 0 {
			loss, sums = part, grads
			continue
		}
		loss = graph.Add(loss, part)
		for j, g := range grads {
			sums[j] = graph.Add(sums[j], g)
		}
	}
	return loss, flatten(sums)
}
