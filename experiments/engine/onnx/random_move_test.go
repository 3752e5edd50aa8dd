package onnx_test

import (
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
)

// drawDot draws the batch, kept and contracted axes of each operand in random order.
func drawDot(r *rand.Rand) ([][]int, engine.Graph) {
	batch, contracted := sizes(r, r.IntN(3)), sizes(r, 1+r.IntN(2))
	ordered := r.IntN(2) == 0 // GoMLX has gradients only for axes in order
	place := func() (dims, contract, shared []int) {
		all := slices.Concat(batch, contracted, sizes(r, r.IntN(3)))
		dims = make([]int, len(all))
		order := r.Perm(len(all))
		if ordered {
			slices.Sort(order)
		}
		for i, axis := range order {
			dims[axis] = all[i]
		}
		return dims, order[len(batch) : len(batch)+len(contracted)], order[:len(batch)]
	}
	a, contractA, batchA := place()
	b, contractB, batchB := place()
	return [][]int{a, b}, func(in []*graph.Node) []*graph.Node {
		y := graph.Dot(in[0], in[1]).General(contractA, batchA, contractB, batchB)
		if !ordered {
			return []*graph.Node{y}
		}
		loss := graph.ReduceAllSum(graph.Mul(y, graph.Sin(y)))
		return []*graph.Node{y, graph.Gradient(loss, in[1])[0]}
	}
}

func drawSlice(r *rand.Rand) ([][]int, engine.Graph) {
	dims := sizes(r, 1+r.IntN(4))
	spec := make([]graph.SliceAxisSpec, len(dims))
	for i, d := range dims {
		start := r.IntN(d)
		spec[i] = graph.AxisRange(start, start+1+r.IntN(d-start)).Stride(1 + r.IntN(2))
	}
	return [][]int{dims}, func(in []*graph.Node) []*graph.Node {
		y := graph.Slice(in[0], spec...)
		return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(graph.Square(y)), in[0])[0]}
	}
}

func drawPad(r *rand.Rand) ([][]int, engine.Graph) {
	dims := sizes(r, 1+r.IntN(3))
	config := make([]compute.PadAxis, 1+r.IntN(len(dims)))
	for i := range config {
		config[i] = compute.PadAxis{Start: r.IntN(3), End: r.IntN(3), Interior: r.IntN(3)}
	}
	return [][]int{dims}, one(func(x *graph.Node) *graph.Node {
		return graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), 1.5), config...)
	})
}

func drawMove(r *rand.Rand) ([][]int, engine.Graph) {
	dims := sizes(r, 1+r.IntN(4))
	order, axes, axis := r.Perm(len(dims)), some(r, len(dims), 1), r.IntN(len(dims))
	other := slices.Clone(dims)
	other[axis] = 1 + r.IntN(3)
	return [][]int{dims, other}, func(in []*graph.Node) []*graph.Node {
		x := graph.Concatenate([]*graph.Node{in[0], graph.Reverse(in[1], axes...), in[0]}, axis)
		x = graph.TransposeAllAxes(x, order...)
		return []*graph.Node{graph.Reshape(graph.Reverse(x, axes...), x.Shape().Size()), x}
	}
}

func drawBroadcast(r *rand.Rand) ([][]int, engine.Graph) {
	dims := sizes(r, 1+r.IntN(3))
	axis := r.IntN(len(dims) + 1)
	wide := slices.Insert(slices.Clone(dims), axis, 1+r.IntN(4))
	axes := some(r, len(wide), 1)
	slices.Sort(axes)
	return [][]int{dims, wide}, func(in []*graph.Node) []*graph.Node {
		x := graph.BroadcastToDims(graph.InsertAxes(in[0], axis), wide...)
		y := graph.Mul(graph.Exp(graph.MulScalar(x, .1)), in[1])
		return []*graph.Node{graph.ReduceSum(x, axes...), graph.Gradient(graph.ReduceAllSum(y), in[0])[0]}
	}
}

func drawConvolve(r *rand.Rand) ([][]int, engine.Graph) {
	space, groups := 1+r.IntN(2), 1+r.IntN(2)
	x := slices.Concat([]int{1 + r.IntN(2)}, sizes(r, space), []int{groups * (1 + r.IntN(2))})
	k := make([]int, 0, space+2)
	var paddings [][2]int
	strides := make([]int, space)
	for i := range space {
		x[1+i] += 3
		k = append(k, 1+r.IntN(3))
		paddings = append(paddings, [2]int{r.IntN(1 + (k[i]-1)/2*2), r.IntN(k[i])}) // GoMLX has gradients for no more
		strides[i] = 1 + r.IntN(2)
	}
	k = append(k, x[space+1]/groups, groups*(1+r.IntN(2)))
	return [][]int{x, k}, func(in []*graph.Node) []*graph.Node {
		c := graph.Convolve(in[0], in[1]).StridePerAxis(strides...).PaddingPerDim(paddings)
		if groups > 1 {
			c = c.ChannelGroupCount(groups)
		}
		y := c.Done()
		return []*graph.Node{y, graph.Gradient(graph.ReduceAllSum(graph.Square(y)), in[0])[0]}
	}
}

// drawConvGeneral draws the axes of input, kernel and output in random order, and dilations and groups.
func drawConvGeneral(r *rand.Rand) ([][]int, engine.Graph) {
	groups := []int{1, 1}
	groups[r.IntN(2)] = 1 + r.IntN(2)
	channels, out, batch := groups[0]*(1+r.IntN(2)), groups[0]*groups[1]*(1+r.IntN(2)), groups[1]*(1+r.IntN(2))
	in, kernel, to := r.Perm(4), r.Perm(4), r.Perm(4)
	if groups[1] > 1 { // the Go backend supports groups of the batch only for axes in order
		in, kernel, to = []int{0, 1, 2, 3}, []int{0, 1, 2, 3}, []int{0, 1, 2, 3}
	}
	x, k := make([]int, 4), make([]int, 4)
	x[in[0]], x[in[1]], x[in[2]], x[in[3]] = batch, channels, 4+r.IntN(3), 4+r.IntN(3)
	k[kernel[0]], k[kernel[1]], k[kernel[2]], k[kernel[3]] = channels/groups[0], out, 1+r.IntN(2), 1+r.IntN(2)
	axes := compute.ConvolveAxesConfig{
		InputBatch: in[0], InputChannels: in[1], InputSpatial: in[2:],
		KernelInputChannels: kernel[0], KernelOutputChannels: kernel[1], KernelSpatial: kernel[2:],
		OutputBatch: to[0], OutputChannels: to[1], OutputSpatial: to[2:],
	}
	few := func() []int { return []int{1 + r.IntN(2), 1 + r.IntN(2)} }
	strides, dilations, spread := few(), few(), few()
	paddings := [][2]int{{r.IntN(2), r.IntN(2)}, {r.IntN(2), r.IntN(2)}}
	return [][]int{x, k}, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.ConvGeneral(in[0], in[1], axes, strides, paddings, dilations, spread, groups[0], groups[1])}
	}
}

// drawChain chains several operations, so that broadcasts not yet recorded reach every kind of operation.
func drawChain(r *rand.Rand) ([][]int, engine.Graph) {
	dims := sizes(r, 3)
	row := []int{1, dims[1], 1}
	steps := make([]int, 5)
	for i := range steps {
		steps[i] = r.IntN(7)
	}
	return [][]int{dims, row}, func(in []*graph.Node) []*graph.Node {
		x, row := in[0], graph.BroadcastToShape(in[1], shapes.Make(dtypes.Float32, dims...))
		for _, s := range steps {
			switch s {
			case 0:
				x = graph.Add(x, row)
			case 1:
				x = graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMax, -1))
			case 2:
				x = graph.Where(graph.GreaterThan(row, x), x, row)
			case 3:
				x = graph.Softmax(x, 1)
			case 4:
				x = graph.Reverse(row, 1)
			case 5:
				x = graph.TransposeAllAxes(graph.TransposeAllAxes(x, 2, 0, 1), 1, 2, 0)
			case 6:
				x = graph.Concatenate([]*graph.Node{graph.Slice(row, graph.AxisRange(0, 1)), graph.Slice(x, graph.AxisRange(1))}, 0)
			}
		}
		return []*graph.Node{x}
	}
}
