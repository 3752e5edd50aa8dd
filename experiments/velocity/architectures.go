package velocity

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/net"
)

// builder builds the velocity v, of the shape of the points, as documented at its architecture in net.
type builder func(l *layers, in inputs) *graph.Node

// builders holds the builder of each of net.Architectures, by name.
var builders = map[string]builder{
	net.MLP.Name:       mlp,
	net.Residual.Name:  residual,
	net.Attention.Name: attention,
	net.Conv.Name:      conv,
	net.Conv2D.Name:    conv2d,
	net.UNet.Name:      unet,
}

// mlp and residual, which take points of any shape, see them as vectors.
func mlp(l *layers, in inputs) *graph.Node {
	h := graph.Concatenate(in, -1) // (n, 1 + Dim + Given)
	for i := range l.Depth + 1 {
		h = l.linear(h)
		if i < l.Depth {
			h = l.act(h)
		}
	}
	return h
}

func residual(l *layers, in inputs) *graph.Node {
	e := l.embedding(in)
	h := l.linear(in.x())
	for range l.Depth {
		shift := l.linear(e)
		inner := l.act(graph.Add(l.linear(l.act(h)), shift))
		h = graph.Add(h, l.linear(inner))
	}
	return l.linear(l.act(h))
}

func attention(l *layers, in inputs) *graph.Node {
	e := l.embedding(in)
	h := graph.Mul(graph.InsertAxes(in.x(), -1), spread(l.next(), 3))
	h = plusBias(h, l.next()) // (n, Dim, Width)
	for range l.Depth {
		h = graph.Add(h, graph.InsertAxes(l.linear(e), 1))
		h = graph.Add(h, attend(l, l.norm(h)))
		h = graph.Add(h, l.linear(l.act(l.linear(l.norm(h)))))
	}
	h = graph.Mul(l.norm(h), spread(l.next(), 3))
	return plusBias(graph.ReduceSum(h, -1), l.next())
}

// attend builds the attention between the tokens h, (n, Dim, Width): softmax(q k / sqrt(head)) v for each head.
func attend(l *layers, h *graph.Node) *graph.Node {
	query, key, value := l.dense(h, 2), l.dense(h, 2), l.dense(h, 2)                      // (n, Dim, Heads, head)
	scores := graph.Dot(query, key).General([]int{3}, []int{0, 2}, []int{3}, []int{0, 2}) // (n, Heads, Dim, Dim)
	weights := graph.Softmax(graph.MulScalar(scores, 1/math.Sqrt(float64(l.Width/l.Heads))), -1)
	mixed := graph.Dot(weights, value).General([]int{3}, []int{0, 1}, []int{1}, []int{0, 2}) // (n, Heads, Dim, head)
	return l.dense(mixed, 1, 3)
}

func conv(l *layers, in inputs) *graph.Node {
	e := l.embedding(in)
	h := l.conv(graph.InsertAxes(in.x(), -1)) // (n, Dim, Width)
	for range l.Depth {
		scale, shift := graph.InsertAxes(l.linear(e), 1), graph.InsertAxes(l.linear(e), 1)
		inner := l.conv(l.act(h))
		inner = graph.Add(graph.Mul(graph.OnePlus(scale), inner), shift)
		h = graph.Add(h, l.conv(l.act(inner)))
	}
	return graph.ReduceSum(l.conv(l.act(h)), -1) // the one channel
}
