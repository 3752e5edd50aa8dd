// Package velocity holds the velocity nets of the room net: how they are built in GoMLX, trained, saved, and used as a
// flow.Field.
//
//	weights, err := velocity.Train(ctx, engine.Go, n, training, seed, path, pairs, log)
//	model, err := velocity.Compile(engine.Go, n, weights)
//	samples, nfe, err := ode.Solve(model.Field(), ode.Heun, ode.Uniform(16), noise)
package velocity

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// Model is a net with its weights, compiled. It is used from one goroutine at a time.
type Model struct {
	Net net.Net
	*chunked
}

// Compile compiles the net for an engine. Close it after use.
func Compile(e engine.Engine, n net.Net, weights []float32) (*Model, error) {
	c, err := compileChunked(e, n, weights, nil, func(weights []*graph.Node, in inputs, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{apply(n, weights, in)}
	})
	if err != nil {
		return nil, fmt.Errorf("compile the velocity net: %w", err)
	}
	return &Model{n, c}, nil
}

// Load replaces the weights, (P), of which there must be as many.
func (m *Model) Load(weights []float32) { m.weights.Data = weights }

// RowField returns the net as a field with a time for each point. Times and points are rounded to 32 bits.
func (m *Model) RowField() flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		out, err := m.byChunks(Numbers(m.Net, t, x))
		if err != nil {
			return flow.Batch{}, err
		}
		return flow.Batch{Dim: x.Dim, Data: out[0]}, nil
	}
}

// Field returns the net as a field, rounding as RowField does.
func (m *Model) Field() flow.Field { return m.RowField().Field() }

// Record returns the net as an ONNX model from the batch of its inputs to that of its output, t[batch,1], x[batch,Dim] ->
// v[batch,Dim] (or the sizes of a shape in place of Dim), the weights as initializers named as in Params. It is recorded from the graph that was trained.
func Record(n net.Net, weights []float32) (onnx.Model, error) {
	return record(onnx.Record, n, weights, func(weights []*graph.Node, in inputs) []*graph.Node {
		return []*graph.Node{apply(n, weights, in)}
	}, n.Output().Name)
}

// RecordDivergence is Record with a second output, the divergence of the velocity in x, div[batch,1], as CompileDivergence
// has it.
func RecordDivergence(n net.Net, weights []float32) (onnx.Model, error) {
	return record(onnx.RecordTwice, n, weights, func(weights []*graph.Node, in inputs) []*graph.Node {
		return applyDivergence(n, weights, in)
	}, n.Output().Name, "div")
}

// Signature returns the inputs and the outputs of the model that Record returns.
func Signature(n net.Net) (inputs, outputs []onnx.ValueInfo) {
	info := func(v net.Value) onnx.ValueInfo {
		return onnx.ValueInfo{Name: v.Name, Dims: slices.Concat([]int{onnx.Batch}, v.Dims), Doc: v.Doc}
	}
	for _, in := range n.Inputs() {
		inputs = append(inputs, info(in))
	}
	return inputs, []onnx.ValueInfo{info(n.Output())}
}

// recording is onnx.Record or a function like it.
type recording func(f func(nodes []*graph.Node) []*graph.Node, inputs []onnx.ValueInfo, weights []onnx.Initializer, outputs []string) (onnx.Model, error)

func record(as recording, n net.Net, weights []float32, apply func(weights []*graph.Node, in inputs) []*graph.Node, outputs ...string) (onnx.Model, error) {
	if err := checkWeights(n, weights); err != nil {
		return onnx.Model{}, err
	}
	takes, _ := Signature(n)
	return as(func(in []*graph.Node) []*graph.Node {
		return apply(in[len(takes):], in[:len(takes)])
	}, takes, named(n, weights), outputs)
}

// named returns the weights as initializers.
func named(n net.Net, weights []float32) (list []onnx.Initializer) {
	for _, p := range n.Params() {
		list = append(list, onnx.Initializer{Name: p.Name, Dims: p.Dims, Data: weights[:p.Size()]})
		weights = weights[p.Size():]
	}
	return list
}
