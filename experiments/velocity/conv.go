package velocity

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Conv is a convolutional net over the coordinates of x, for vectors whose coordinates have an order, such as series: a
// convolution to Width channels, Depth blocks
//
//	h + conv(act((1 + a) conv(act(h)) + b)),  a = Wa e(t),  b = Wb e(t)
//
// where e(t) is an embedding of the time (FiLM, arXiv 1709.07871), and a convolution from act(h) to one channel. Every
// kernel covers 3 coordinates and sees zeros past the ends, so that a velocity depends on 2 Depth + 2 coordinates to
// either side.
var Conv = Architecture{
	Name:  "conv",
	Doc:   "convolutions along the coordinates, for vectors with an order: depth blocks of two, width channels",
	Takes: []string{"width", "depth", "activation"},
	params: func(n Net) []Param {
		params := slices.Concat(timeParams(n.Width), convolution("input", 1, n.Width))
		for i := range n.Depth {
			name := func(part string) string { return fmt.Sprintf("blocks.%d.%s", i, part) }
			params = slices.Concat(params, linear(name("scale"), n.Width, n.Width), linear(name("shift"), n.Width, n.Width),
				convolution(name("first"), n.Width, n.Width), convolution(name("second"), n.Width, n.Width))
		}
		return append(params, convolution("output", n.Width, 1)...)
	},
	apply: func(n Net, w *reader, t, x *graph.Node) *graph.Node {
		act := n.Activation.apply
		e := n.time(w, t)
		h := w.conv(graph.InsertAxes(x, -1)) // (n, Dim, Width)
		for range n.Depth {
			scale, shift := graph.InsertAxes(w.linear(e), 1), graph.InsertAxes(w.linear(e), 1)
			inner := w.conv(act(h))
			inner = graph.Add(graph.Mul(graph.OnePlus(scale), inner), shift)
			h = graph.Add(h, w.conv(act(inner)))
		}
		return graph.ReduceSum(w.conv(act(h)), -1) // the one channel
	},
	keeps: func(n Net) int { return (9*n.Depth + 3) * n.Dim * n.Width },
}

// taps is how many coordinates a kernel covers.
const taps = 3

// convolution returns the weights of a convolution: kernel (taps, in, out), bias (out).
func convolution(name string, in, out int) []Param {
	return layer(name, taps*in, []int{taps, in, out}, []int{out})
}

// conv builds a convolution of h, (n, Dim, channels): the product of the kernel with every window of taps coordinates. As
// products of matrices, convolutions and above all their gradients take a fraction of the time.
func (r *reader) conv(h *graph.Node) *graph.Node {
	kernel, bias := r.next(), r.next()
	end := graph.ZerosLike(graph.Slice(h, graph.AxisRange(), graph.AxisElem(0))) // (n, 1, channels)
	padded := graph.Concatenate([]*graph.Node{end, h, end}, 1)
	dim := h.Shape().Dimensions[1]
	windows := make([]*graph.Node, taps)
	for i := range windows {
		windows[i] = graph.Slice(padded, graph.AxisRange(), graph.AxisRange(i, i+dim))
	}
	window := graph.Concatenate(windows, -1) // (n, Dim, taps channels)
	kernel = graph.Reshape(kernel, -1, kernel.Shape().Dimensions[2])
	return plusBias(graph.Dot(window, kernel).General([]int{2}, nil, []int{0}, nil), bias)
}
