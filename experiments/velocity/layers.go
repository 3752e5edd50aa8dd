package velocity

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/net"
)

// layers builds the layers of a net from its weights, which it takes in the order of Params.
type layers struct {
	net.Net
	act     func(x *graph.Node) *graph.Node
	weights []*graph.Node // those that no layer has taken yet

	products []onnx.Product // computed as if in 8-bit integers
}

// apply builds the velocity v, of the shape of the points, from the weights in the order of Params. Values that meet a weight of the products are
// rounded to 8 bits.
func apply(n net.Net, weights []*graph.Node, in inputs, products ...onnx.Product) *graph.Node {
	build, act := builders[n.Architecture.Name], activations[n.Activation.Name]
	if build == nil || act == nil {
		panic("velocity: no builder for the net " + n.String())
	}
	l := &layers{Net: n, act: act, weights: weights, products: products}
	if len(n.Shape) == 1 || !n.Architecture.AnyShape {
		return build(l, in)
	}
	flat := slices.Clone(in)
	flat[1] = vectors(in.x(), n)
	v := build(l, flat)
	return withRows(v, n.Shape...)
}

func (l *layers) next() *graph.Node {
	w := l.weights[0]
	l.weights = l.weights[1:]
	return w
}

// dense builds a layer that contracts the given axes of h with the first axes of its kernel and adds its bias.
func (l *layers) dense(h *graph.Node, axes ...int) *graph.Node {
	h = l.rounded(h)
	kernel, bias := l.next(), l.next()
	first := make([]int, len(axes))
	for i := range first {
		first[i] = i
	}
	return plusBias(graph.Dot(h, kernel).General(axes, nil, first, nil), bias)
}

// linear builds a linear layer on the last axis of h.
func (l *layers) linear(h *graph.Node) *graph.Node { return l.dense(h, h.Rank()-1) }

// norm builds a layer norm (arXiv 1607.06450) on the last axis of h.
func (l *layers) norm(h *graph.Node) *graph.Node {
	const epsilon = 1e-5 // PyTorch's
	h = graph.Sub(h, graph.ReduceAndKeep(h, graph.ReduceMean, -1))
	variance := graph.ReduceAndKeep(graph.Square(h), graph.ReduceMean, -1)
	h = graph.Div(h, graph.Sqrt(graph.AddScalar(variance, epsilon)))
	h = graph.Mul(h, spread(l.next(), h.Rank()))
	return plusBias(h, l.next())
}

// conv builds a convolution of h, (n, Dim, channels), as the product of the kernel with every window of net.Taps
// coordinates. As matrix products, convolutions and especially their gradients take a fraction of the time.
func (l *layers) conv(h *graph.Node) *graph.Node {
	h = l.rounded(h)
	kernel, bias := l.next(), l.next()
	end := graph.ZerosLike(graph.Slice(h, graph.AxisRange(), graph.AxisElem(0))) // (n, 1, channels)
	padded := graph.Concatenate([]*graph.Node{end, h, end}, 1)
	dim := h.Shape().Dimensions[1]
	windows := make([]*graph.Node, net.Taps)
	for i := range windows {
		windows[i] = graph.Slice(padded, graph.AxisRange(), graph.AxisRange(i, i+dim))
	}
	window := graph.Concatenate(windows, -1) // (n, Dim, Taps channels)
	kernel = graph.Reshape(kernel, -1, kernel.Shape().Dimensions[2])
	return plusBias(graph.Dot(window, kernel).General([]int{2}, nil, []int{0}, nil), bias)
}

// embedding builds the embedding of the times, (n, Width): a perceptron on t, sin(2^k pi t) and cos(2^k pi t), the features of
// arXiv 2003.08934, equation 4. A perceptron on what the points are conditional on is added to it before the last activation.
func (l *layers) embedding(in inputs) *graph.Node {
	t := in.t()
	waves := make([]float64, net.Frequencies)
	for k := range waves {
		waves[k] = math.Pi * float64(int(1)<<k)
	}
	angles := graph.Mul(t, graph.ConstAsDType(t.Graph(), t.DType(), [][]float64{waves})) // (n, Frequencies)
	h := graph.Concatenate([]*graph.Node{t, graph.Sin(angles), graph.Cos(angles)}, -1)
	h = l.linear(l.act(l.linear(h)))
	if c := in.given(); c != nil {
		h = graph.Add(h, l.linear(l.act(l.linear(c))))
	}
	return l.act(h)
}

// plusBias adds a bias on the last axes of h.
func plusBias(h, bias *graph.Node) *graph.Node { return graph.Add(h, spread(bias, h.Rank())) }

// spread inserts leading axes up to a rank.
func spread(p *graph.Node, rank int) *graph.Node {
	return graph.InsertAxes(p, make([]int, rank-p.Rank())...)
}
