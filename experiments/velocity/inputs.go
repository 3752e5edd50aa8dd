package velocity

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// inputs holds a node for each input of a net, in the order of net.Net.Inputs.
type inputs []*graph.Node

func (in inputs) t() *graph.Node { return in[0] } // (n, 1)
func (in inputs) x() *graph.Node { return in[1] } // (n) and the shape of a point

// given returns what the points are conditional on, (n, Given), or nil.
func (in inputs) given() *graph.Node {
	if len(in) < 3 {
		return nil
	}
	return in[2]
}

// vectors returns points of a net, or what has their shape, as (n, Dim).
func vectors(x *graph.Node, n net.Net) *graph.Node {
	if len(n.Shape) == 1 {
		return x
	}
	return withRows(x, n.Dim())
}

// withRows reshapes x to rows of other sizes. Their number may be unknown.
func withRows(x *graph.Node, dims ...int) *graph.Node {
	if !x.Shape().IsDynamic() {
		return graph.Reshape(x, slices.Concat([]int{-1}, dims)...)
	}
	shape := x.Shape().Clone()
	shape.AxisNames = append([]string{shape.AxisName(0)}, make([]string, len(dims))...)
	shape.Dimensions = slices.Concat(shape.Dimensions[:1], dims)
	return graph.ReshapeWithShape(x, shape)
}

// cut returns a range of rows of every input.
func (in inputs) cut(rows graph.SliceAxisSpec) inputs {
	part := make(inputs, len(in))
	for i, node := range in {
		part[i] = graph.Slice(node, rows)
	}
	return part
}

// declare returns the inputs of a net for a batch of points.
func declare(n net.Net, batch int) (list []engine.Input) {
	for _, in := range n.Inputs() {
		list = append(list, declareValue(in, batch))
	}
	return list
}

func declareValue(v net.Value, batch int) engine.Input {
	return engine.Input{Name: v.Name, Dims: slices.Concat([]int{batch}, v.Dims)}
}

// newTensor returns a zero tensor for an input.
func newTensor(in engine.Input) engine.Tensor {
	return engine.Tensor{Dims: in.Dims, Data: make([]float32, in.Size())}
}

// Numbers returns the values of a net's inputs, in the order of net.Net.Inputs, for points x, (n, d), at their times, (n). Points that
// are conditional on nothing have zeros for that.
func Numbers(n net.Net, t []float64, x flow.Batch) [][]float64 {
	switch {
	case n.Given == 0:
		return [][]float64{t, x.Data}
	case x.Given == nil:
		return [][]float64{t, x.Data, make([]float64, x.Len()*n.Given)}
	default:
		return [][]float64{t, x.Data, x.Given}
	}
}
