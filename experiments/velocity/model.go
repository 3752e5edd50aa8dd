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
	return n.record(onnx.Record, weights, func(params []*graph.Node, t, x *graph.Node) []*graph.Node {
		return []*graph.Node{n.Apply(params, t, x)}
	}, "v")
}

// RecordDivergence is Record with a second output, the divergence of the velocity in x, div[batch,1], as CompileDivergence
// has it.
func (n Net) RecordDivergence(weights []float32) (onnx.Model, error) {
	return n.record(onnx.RecordTwice, weights, n.applyDivergence, "v", "div")
}

// recording is onnx.Record or another of its form.
type recording func(f func(nodes []*graph.Node) []*graph.Node, inputs []onnx.ValueInfo, weights []onnx.Initializer, outputs []string) (onnx.Model, error)

func (n Net) record(as recording, weights []float32, apply func(params []*graph.Node, t, x *graph.Node) []*graph.Node, outputs ...string) (onnx.Model, error) {
	if err := n.checkWeights(weights); err != nil {
		return onnx.Model{}, err
	}
	inputs := []onnx.ValueInfo{
		{Name: "t", Dims: []int{onnx.Batch, 1}},
		{Name: "x", Dims: []int{onnx.Batch, n.Dim}},
	}
	return as(func(in []*graph.Node) []*graph.Node { return apply(in[2:], in[0], in[1]) }, inputs, n.named(weights), outputs)
}

// named returns the weights as initializers.
func (n Net) named(weights []float32) (list []onnx.Initializer) {
	for _, p := range n.Params() {
		list = append(list, onnx.Initializer{Name: p.Name, Dims: p.Dims, Data: weights[:p.Size()]})
		weights = weights[p.Size():]
	}
	return list
}
