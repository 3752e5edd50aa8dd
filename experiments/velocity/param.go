package velocity

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Param is one weight of a net: its name and sizes.
type Param struct {
	Name          string
	Dims          []int
	center, bound float64 // fresh numbers are uniform in center +- bound
}

// Size returns the numbers in the weight.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Dims {
		n *= d
	}
	return n
}

// layer returns the weight and the bias of a layer into each of whose outputs go fanIn numbers.
func layer(name string, fanIn int, weight, bias []int) []Param {
	bound := 1 / math.Sqrt(float64(fanIn))
	return []Param{{Name: name + ".weight", Dims: weight, bound: bound}, {Name: name + ".bias", Dims: bias, bound: bound}}
}

// linear returns the weights of a linear layer: kernel (in, out), bias (out).
func linear(name string, in, out int) []Param {
	return layer(name, in, []int{in, out}, []int{out})
}

// layerNorm returns the weights of a layer norm, gain and offset, (width) each.
func layerNorm(name string, width int) []Param {
	return []Param{{Name: name + ".weight", Dims: []int{width}, center: 1}, {Name: name + ".bias", Dims: []int{width}}}
}

// split cuts the flat weights, (P), into those of Params.
func (n Net) split(flat *graph.Node) []*graph.Node {
	var params []*graph.Node
	at := 0
	for _, p := range n.Params() {
		piece := graph.Slice(flat, graph.AxisRange(at, at+p.Size()))
		params = append(params, graph.Reshape(piece, p.Dims...))
		at += p.Size()
	}
	return params
}

// reader hands out the weights of a net in the order of Params, to the layers in which they are used.
type reader struct{ params []*graph.Node }

func (r *reader) next() *graph.Node {
	p := r.params[0]
	r.params = r.params[1:]
	return p
}

// dense builds a layer that multiplies the given axes of h with the first ones of its kernel, and adds its bias.
func (r *reader) dense(h *graph.Node, axes ...int) *graph.Node {
	kernel, bias := r.next(), r.next()
	first := make([]int, len(axes))
	for i := range first {
		first[i] = i
	}
	return plusBias(graph.Dot(h, kernel).General(axes, nil, first, nil), bias)
}

// linear builds a linear layer on the last axis of h.
func (r *reader) linear(h *graph.Node) *graph.Node { return r.dense(h, h.Rank()-1) }

// norm builds a layer norm (arXiv 1607.06450) on the last axis of h.
func (r *reader) norm(h *graph.Node) *graph.Node {
	const epsilon = 1e-5 // PyTorch's
	h = graph.Sub(h, graph.ReduceAndKeep(h, graph.ReduceMean, -1))
	variance := graph.ReduceAndKeep(graph.Square(h), graph.ReduceMean, -1)
	h = graph.Div(h, graph.Sqrt(graph.AddScalar(variance, epsilon)))
	h = graph.Mul(h, spread(r.next(), h.Rank()))
	return plusBias(h, r.next())
}

// plusBias adds a bias on the last axes of h.
func plusBias(h, bias *graph.Node) *graph.Node { return graph.Add(h, spread(bias, h.Rank())) }

// spread inserts leading axes up to a rank.
func spread(p *graph.Node, rank int) *graph.Node {
	return graph.InsertAxes(p, make([]int, rank-p.Rank())...)
}
