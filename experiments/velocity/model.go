package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
)

// Model is a net with its weights, compiled. It is used from one goroutine at a time.
type Model struct {
	Net Net
	*chunked
}

// Compile returns the net ready to run on the engine. Close it after use.
func Compile(e engine.Engine, n Net, weights []float32) (*Model, error) {
	c, err := compileChunked(e, n, weights, nil, func(params []*graph.Node, t, x *graph.Node, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{n.Apply(params, t, x)}
	})
	if err != nil {
		return nil, fmt.Errorf("compile the velocity net: %w", err)
	}
	return &Model{n, c}, nil
}

// Velocity returns v, (n, Dim), at the times t, (n), and points x, (n, Dim).
func (m *Model) Velocity(t, x []float32) ([]float32, error) {
	out, err := byChunks(m.chunked, t, x)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// RowField returns the net as a field where every point has a time of its own. Times and points are rounded to 32 bits on
// the way in.
func (m *Model) RowField() flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		out, err := byChunks(m.chunked, t, x.Data)
		if err != nil {
			return flow.Batch{}, err
		}
		return flow.Batch{Dim: x.Dim, Data: out[0]}, nil
	}
}

// Field returns the net as a field, rounding as RowField does.
func (m *Model) Field() flow.Field { return m.RowField().Field() }

// Record returns the net as an ONNX model t[batch,1], x[batch,Dim] -> v[batch,Dim], the weights as initializers named
// as in Params. It is recorded from the graph that Apply builds, the one that was trained.
func (n Net) Record(weights []float32) (onnx.Model, error) {
	if err := n.checkWeights(weights); err != nil {
		return onnx.Model{}, err
	}
	var named []onnx.Initializer
	for _, p := range n.Params() {
		named = append(named, onnx.Initializer{Name: p.Name, Dims: p.Dims, Data: weights[:p.Size()]})
		weights = weights[p.Size():]
	}
	inputs := []onnx.ValueInfo{
		{Name: "t", Dims: []int{onnx.Batch, 1}},
		{Name: "x", Dims: []int{onnx.Batch, n.Dim}},
	}
	return onnx.Record(func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{n.Apply(in[2:], in[0], in[1])}
	}, inputs, named, []string{"v"})
}
