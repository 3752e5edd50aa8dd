package velocity

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
)

// Training says how a net is trained: Steps steps of Adam at a constant Rate, each on a fresh batch of Batch pairs.
type Training struct {
	Steps, Batch int
	Rate         float64
}

// Adam's constants, the defaults of Kingma and Ba 2015 (arXiv 1412.6980).
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// Pairs fills the batch of one training step: noise x0 and data x1, (n, d), coupled, and times t, (n).
type Pairs func(step int, t []float64, x0, x1 flow.Batch) error

// Train minimises the conditional flow matching loss of arXiv 2412.06264, equation 2.9,
//
//	E |v(t, X_t) - (alpha' X1 + sigma' X0)|^2 / d
//
// and returns the weights, (P). log gets the loss of every step, counted from 1, before the step is taken; training
// ends with the error it returns, and with that of the context. A loss that is not finite is the caller's to judge; weights
// that are not finite at the end are an error.
func Train(ctx context.Context, e engine.Engine, n Net, tr Training, seed uint64, path flow.Path, pairs Pairs,
	log func(step int, loss float64) error,
) ([]float32, error) {
	program, err := compileStep(e, n, tr)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	loop, err := program.Loop(newState(n, seed)...)
	if err != nil {
		return nil, fmt.Errorf("start the training loop: %w", err)
	}
	weights, err := run(ctx, loop, n, tr, path, pairs, log)
	if err := errors.Join(err, loop.Close()); err != nil {
		return nil, err
	}
	return weights, checkFinite(weights, tr.Rate)
}

// run takes the steps. The batch of a step is drawn while the step before it runs.
func run(ctx context.Context, loop engine.Loop, n Net, tr Training, path flow.Path, pairs Pairs,
	log func(step int, loss float64) error,
) ([]float32, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := newBatches(ctx, n, tr, path, pairs)
	for step := 1; step <= tr.Steps; step++ {
		b, err := batches.next(ctx)
		if err != nil {
			return nil, err
		}
		out, err := loop.Step(b.t, b.x, b.u)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", step, err)
		}
		loss := float64(out[0].Data[0])
		batches.done(b)
		if err := log(step, loss); err != nil {
			return nil, err
		}
	}
	state, err := loop.State()
	if err != nil {
		return nil, err
	}
	return state[0].Data, nil
}

// checkFinite returns an error where a weight is not finite: the last step may have been one too far.
func checkFinite(weights []float32, rate float64) error {
	for _, w := range weights {
		if math.IsNaN(float64(w)) || math.IsInf(float64(w), 0) {
			return fmt.Errorf("a weight is %g after the last step: lower the rate, %g now", w, rate)
		}
	}
	return nil
}

// compileStep builds one training step: from the state, which is the weights and both moments of Adam, each (P), and the
// number of steps taken, (1), and a batch, to the next state and the loss, (1).
func compileStep(e engine.Engine, n Net, tr Training) (engine.Program, error) {
	size := []int{n.Size()}
	rows := []int{tr.Batch, n.Dim}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		weights, m, v, step, t, x, u := in[0], in[1], in[2], graph.OnePlus(in[3]), in[4], in[5], in[6]
		params := n.split(weights)
		loss := graph.ReduceAllMean(graph.Square(graph.Sub(n.Apply(params, t, x), u)))
		grad := flatten(graph.Gradient(loss, params...))
		weights, m, v = adam(weights, m, v, grad, step, tr.Rate)
		return []*graph.Node{weights, m, v, step, graph.InsertAxes(loss, 0)}
	},
		engine.Input{Name: "weights", Dims: size}, engine.Input{Name: "m", Dims: size}, engine.Input{Name: "v", Dims: size},
		engine.Input{Name: "step", Dims: []int{1}}, engine.Input{Name: "t", Dims: []int{tr.Batch, 1}},
		engine.Input{Name: "x", Dims: rows}, engine.Input{Name: "u", Dims: rows})
	if err != nil {
		return nil, fmt.Errorf("compile the training step: %w", err)
	}
	return program, nil
}

// flatten joins the pieces that split made into one vector again, (P). Gradients are taken by piece and joined: through
// the cuts, each would be a vector of all weights, padded with zeros.
func flatten(pieces []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(pieces))
	for i, p := range pieces {
		flat[i] = graph.Reshape(p, p.Shape().Size())
	}
	return graph.Concatenate(flat, 0)
}

// adam builds one update of Kingma and Ba 2015, algorithm 1, on flat vectors, (P); step is (1) and counts from 1. All
// weights are one vector, so the update is one short chain of operations however many layers there are.
func adam(weights, m, v, grad, step *graph.Node, rate float64) (newWeights, newM, newV *graph.Node) {
	m = graph.Add(graph.MulScalar(m, beta1), graph.MulScalar(grad, 1-beta1))
	v = graph.Add(graph.MulScalar(v, beta2), graph.MulScalar(graph.Square(grad), 1-beta2))
	mHat := graph.Div(m, unbias(step, beta1))
	vHat := graph.Div(v, unbias(step, beta2))
	return graph.Sub(weights, graph.MulScalar(graph.Div(mHat, graph.AddScalar(graph.Sqrt(vHat), epsilon)), rate)), m, v
}

// unbias builds 1 - beta^step.
func unbias(step *graph.Node, beta float64) *graph.Node {
	return graph.OneMinus(graph.Pow(graph.Scalar(step.Graph(), step.DType(), beta), step))
}

// newState returns the state before the first step.
func newState(n Net, seed uint64) []engine.Tensor {
	zeros := func(size int) engine.Tensor { return engine.Tensor{Dims: []int{size}, Data: make([]float32, size)} }
	return []engine.Tensor{{Dims: []int{n.Size()}, Data: n.Init(seed)}, zeros(n.Size()), zeros(n.Size()), zeros(1)}
}
