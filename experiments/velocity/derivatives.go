package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// Divergence is a compiled net with its exact divergence. It is used from one goroutine at a time.
type Divergence struct {
	Net net.Net
	*chunked
}

// CompileDivergence returns the net and its divergence in x,
//
//	div v(t, x) = sum_j dv_j/dx_j
//
// ready to run on the engine: one backward pass a dimension, so that in many dimensions the estimate from CompileVJP is
// cheaper. Close it after use.
func CompileDivergence(e engine.Engine, n net.Net, weights []float32) (*Divergence, error) {
	c, err := compileChunked(e, n, weights, nil, func(weights []*graph.Node, in inputs, _ []*graph.Node) []*graph.Node {
		return applyDivergence(n, weights, in)
	})
	if err != nil {
		return nil, fmt.Errorf("compile the divergence of the velocity net: %w", err)
	}
	return &Divergence{n, c}, nil
}

// applyDivergence builds the velocity, of the shape of the points, and its divergence in x, (n, 1).
func applyDivergence(n net.Net, weights []*graph.Node, in inputs) []*graph.Node {
	v := apply(n, weights, in)
	var div *graph.Node
	for j := range n.Dim() {
		column := func(m *graph.Node) *graph.Node { // (rows, 1)
			return graph.Slice(vectors(m, n), graph.AxisRange(), graph.AxisElem(j))
		}
		// Rows are independent, so the gradient of the sum holds that of each row.
		d := column(graph.Gradient(graph.ReduceAllSum(column(v)), in.x())[0])
		if j == 0 {
			div = d
			continue
		}
		div = graph.Add(div, d)
	}
	return []*graph.Node{v, div}
}

// DivField returns the net and its divergence as a field. Times and points are rounded to 32 bits.
func (d *Divergence) DivField() flow.DivField {
	return func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		out, err := d.byChunks(Numbers(d.Net, times(t, x), x))
		if err != nil {
			return flow.Batch{}, nil, err
		}
		return flow.Batch{Dim: x.Dim, Data: out[0]}, out[1], nil
	}
}

// VJP is a compiled net with its vector-Jacobian products. It is used from one goroutine at a time.
type VJP struct {
	Net net.Net
	*chunked
}

// CompileVJP returns the net and e^T J, the product of a vector for each point with the Jacobian J = dv/dx, ready to run
// on the engine: one backward pass. With random e of mean 0 and covariance I,
//
//	div v(t, x) = E e^T J e
//
// (Hutchinson 1989, "A stochastic estimator of the trace of the influence matrix"). Close it after use.
func CompileVJP(e engine.Engine, n net.Net, weights []float32) (*VJP, error) {
	c, err := compileChunked(e, n, weights, []string{"e"}, func(weights []*graph.Node, in inputs, others []*graph.Node) []*graph.Node {
		v := apply(n, weights, in)
		return []*graph.Node{v, graph.Gradient(graph.ReduceAllSum(graph.Mul(v, others[0])), in.x())[0]}
	})
	if err != nil {
		return nil, fmt.Errorf("compile the vector-Jacobian product of the velocity net: %w", err)
	}
	return &VJP{n, c}, nil
}

// Field returns what gives, at time t, the velocity u, (n, d), of the points x, (n, d), and e^T J, (n, d), for the vectors
// e, (n, d). All are rounded to 32 bits on the way in.
func (p *VJP) Field() func(t float64, x, e flow.Batch) (u, ej flow.Batch, err error) {
	return func(t float64, x, e flow.Batch) (flow.Batch, flow.Batch, error) {
		if err := flow.CheckLike(x, e); err != nil {
			return flow.Batch{}, flow.Batch{}, err
		}
		out, err := p.byChunks(append(Numbers(p.Net, times(t, x), x), e.Data))
		if err != nil {
			return flow.Batch{}, flow.Batch{}, err
		}
		return flow.Batch{Dim: x.Dim, Data: out[0]}, flow.Batch{Dim: x.Dim, Data: out[1]}, nil
	}
}

// times returns the time once per point.
func times(t float64, x flow.Batch) []float64 {
	ts := make([]float64, x.Len())
	for i := range ts {
		ts[i] = t
	}
	return ts
}
