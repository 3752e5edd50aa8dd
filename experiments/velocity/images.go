package velocity

import (
	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/net"
)

// Nets for images have their channels last, as a convolution is a product with the channels: (n, height, width, channels).

func conv2d(l *layers, in inputs) *graph.Node {
	e := l.embedding(in)
	h := l.conv2d(placed(in.x()))
	for range l.Depth {
		h = l.block(h, e)
	}
	return channelsFirst(l.conv2d(l.act(h)))
}

func unet(l *layers, in inputs) *graph.Node {
	e := l.embedding(in)
	h := l.conv2d(placed(in.x()))
	left := make([]*graph.Node, l.Depth)
	for i := range left {
		left[i] = l.block(h, e)
		h = l.conv2d(halved(left[i]))
	}
	h = l.block(h, e)
	for i := l.Depth - 1; i >= 0; i-- {
		h = l.conv2d(graph.Concatenate([]*graph.Node{doubled(h), left[i]}, -1))
		h = l.block(h, e)
	}
	return channelsFirst(l.conv2d(l.act(h)))
}

// block builds a residual block whose channels are scaled and shifted by the embedding of the times, (n, Width).
func (l *layers) block(h, e *graph.Node) *graph.Node {
	scale, shift := graph.InsertAxes(l.linear(e), 1, 1), graph.InsertAxes(l.linear(e), 1, 1)
	inner := l.conv2d(l.act(h))
	inner = graph.Add(graph.Mul(graph.OnePlus(scale), inner), shift)
	return graph.Add(h, l.conv2d(l.act(inner)))
}

// conv2d builds a convolution of h, (n, height, width, channels), as the product of the kernel with every window of net.Taps
// x net.Taps pixels.
func (l *layers) conv2d(h *graph.Node) *graph.Node {
	h = l.rounded(h)
	kernel, bias := l.next(), l.next()
	kernel = graph.Reshape(kernel, -1, kernel.Shape().Dimensions[3])
	window := windows(windows(h, 2), 1) // (n, height, width, Taps Taps channels)
	return plusBias(graph.Dot(window, kernel).General([]int{3}, nil, []int{0}, nil), bias)
}

// windows joins, on the last axis, what lies net.Taps / 2 before along an axis up to what lies as many behind, and zeros
// past the ends.
func windows(h *graph.Node, axis int) *graph.Node {
	at := func(x *graph.Node, from, to int) *graph.Node {
		return graph.SliceAxis(x, axis, graph.AxisRange(from, to))
	}
	end := graph.ZerosLike(at(h, 0, net.Taps/2))
	padded := graph.Concatenate([]*graph.Node{end, h, end}, axis)
	parts := make([]*graph.Node, net.Taps)
	for i := range parts {
		parts[i] = at(padded, i, i+h.Shape().Dimensions[axis])
	}
	return graph.Concatenate(parts, -1)
}

// placed returns images, (n, channels, height, width), with their channels last and the net.Coordinates of each pixel behind
// them.
func placed(x *graph.Node) *graph.Node {
	height, width := x.Shape().Dimensions[2], x.Shape().Dimensions[3]
	x = graph.TransposeAllAxes(x, 0, 2, 3, 1)
	where := make([][][]float64, height)
	for i := range where {
		where[i] = make([][]float64, width)
		for j := range where[i] {
			where[i][j] = []float64{float64(2*i+1)/float64(height) - 1, float64(2*j+1)/float64(width) - 1}
		}
	}
	// A slice of zeros has the rows of the batch, whose number may be unknown.
	none := graph.ZerosLike(graph.SliceAxis(x, -1, graph.AxisElem(0)))
	coordinates := graph.Add(none, graph.InsertAxes(graph.ConstAsDType(x.Graph(), x.DType(), where), 0))
	return graph.Concatenate([]*graph.Node{x, coordinates}, -1)
}

// channelsFirst returns (n, channels, height, width).
func channelsFirst(h *graph.Node) *graph.Node { return graph.TransposeAllAxes(h, 0, 3, 1, 2) }

// halved returns the means of every 2 x 2 pixels.
func halved(h *graph.Node) *graph.Node {
	height, width, channels := h.Shape().Dimensions[1], h.Shape().Dimensions[2], h.Shape().Dimensions[3]
	h = sumOfHalves(withRows(h, height, width/2, 2*channels))
	h = sumOfHalves(withRows(h, height/2, width*channels))
	return graph.MulScalar(withRows(h, height/2, width/2, channels), .25)
}

// sumOfHalves adds the halves of the last axis.
func sumOfHalves(h *graph.Node) *graph.Node {
	last := h.Shape().Dimensions[h.Rank()-1]
	half := func(from int) *graph.Node { return graph.SliceAxis(h, -1, graph.AxisRange(from, from+last/2)) }
	return graph.Add(half(0), half(last/2))
}

// doubled makes 2 x 2 pixels of every pixel.
func doubled(h *graph.Node) *graph.Node {
	height, width, channels := h.Shape().Dimensions[1], h.Shape().Dimensions[2], h.Shape().Dimensions[3]
	twice := func(h *graph.Node) *graph.Node { return graph.Concatenate([]*graph.Node{h, h}, -1) }
	h = withRows(twice(h), height, 2*width*channels) // a pixel beside itself
	return withRows(twice(h), 2*height, 2*width, channels)
}
