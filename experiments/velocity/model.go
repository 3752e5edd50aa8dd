package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
)

// rows is how many points a compiled net takes at once. Larger batches are cut into chunks of it, whose intermediate
// results stay in the cache, and smaller ones are filled up, so that a point's velocity does not depend on how many
// others it came with. The Go backend multiplies three rows at a time and rounds a remainder otherwise, so the number is
// a multiple of 3, and of the powers of 2 that other kernels go by.
const rows = 768

// Model is a net with its weights, compiled. It is used from one goroutine at a time.
type Model struct {
	Net     Net
	program engine.Program
	weights engine.Tensor
	t, x    engine.Tensor // one chunk
}

// Compile returns the net ready to run on the engine. Close it after use.
func Compile(e engine.Engine, n Net, weights []float32) (*Model, error) {
	if len(weights) != n.Size() {
		return nil, fmt.Errorf("the net has %d weights, got %d", n.Size(), len(weights))
	}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{n.Apply(n.split(in[0]), in[1], in[2])}
	},
		engine.Input{Name: "weights", Dims: []int{n.Size()}},
		engine.Input{Name: "t", Dims: []int{rows, 1}},
		engine.Input{Name: "x", Dims: []int{rows, n.Dim}})
	if err != nil {
		return nil, fmt.Errorf("compile the velocity net: %w", err)
	}
	return &Model{
		Net: n, program: program,
		weights: engine.Tensor{Dims: []int{n.Size()}, Data: weights},
		t:       engine.Tensor{Dims: []int{rows, 1}, Data: make([]float32, rows)},
		x:       engine.Tensor{Dims: []int{rows, n.Dim}, Data: make([]float32, rows*n.Dim)},
	}, nil
}

// Close frees the compiled net.
func (m *Model) Close() error { return m.program.Close() }

// Velocity returns v, (n, Dim), at the times t, (n), and points x, (n, Dim).
func (m *Model) Velocity(t, x []float32) ([]float32, error) {
	if len(x) != len(t)*m.Net.Dim {
		return nil, fmt.Errorf("%d times do not go with %d numbers of points of dimension %d", len(t), len(x), m.Net.Dim)
	}
	v := make([]float32, 0, len(x))
	for from := 0; from < len(t); from += rows {
		to := min(from+rows, len(t))
		copy(m.t.Data, t[from:to])
		copy(m.x.Data, x[from*m.Net.Dim:to*m.Net.Dim])
		out, err := m.program.Run(m.weights, m.t, m.x)
		if err != nil {
			return nil, err
		}
		v = append(v, out[0].Data[:(to-from)*m.Net.Dim]...)
	}
	return v, nil
}

// Field returns the net as a field: points are rounded to 32 bits on the way in.
func (m *Model) Field() flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		times := make([]float32, x.Len())
		for i := range times {
			times[i] = float32(t)
		}
		points := make([]float32, len(x.Data))
		narrow(points, x.Data)
		v, err := m.Velocity(times, points)
		if err != nil {
			return flow.Batch{}, err
		}
		u := flow.NewBatch(x.Len(), x.Dim)
		for i, vi := range v {
			u.Data[i] = float64(vi)
		}
		return u, nil
	}
}

// Record returns the net as an ONNX model t[batch,1], x[batch,Dim] -> v[batch,Dim], the weights as initializers named
// as in Params. It is recorded from the graph that Apply builds, the one that was trained.
func (n Net) Record(weights []float32) (onnx.Model, error) {
	if len(weights) != n.Size() {
		return onnx.Model{}, fmt.Errorf("the net has %d weights, got %d", n.Size(), len(weights))
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
