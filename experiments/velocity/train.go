package velocity

import (
	"context"
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
	state := newState(n, seed)
	b := newTrainingBatch(n, tr)
	for step := 1; step <= tr.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := b.draw(step, path, pairs); err != nil {
			return nil, fmt.Errorf("draw the batch of step %d: %w", step, err)
		}
		loss, err := state.step(program, b)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", step, err)
		}
		if err := log(step, loss); err != nil {
			return nil, err
		}
	}
	for _, w := range state.weights.Data {
		if math.IsNaN(float64(w)) || math.IsInf(float64(w), 0) {
			return nil, fmt.Errorf("a weight is %g after the last step: lower the rate, %g now", w, tr.Rate)
		}
	}
	return state.weights.Data, nil
}

// compileStep builds one training step: from weights, both moments of Adam, each (P), the number of the step and a
// batch, to the next weights and moments and the loss.
func compileStep(e engine.Engine, n Net, tr Training) (engine.Program, error) {
	size := []int{n.Size()}
	rows := []int{tr.Batch, n.Dim}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		weights, m, v, step, t, x, u := in[0], in[1], in[2], in[3], in[4], in[5], in[6]
		params := n.split(weights)
		loss := graph.ReduceAllMean(graph.Square(graph.Sub(n.Apply(params, t, x), u)))
		grad := flatten(graph.Gradient(loss, params...))
		weights, m, v = adam(weights, m, v, grad, step, tr.Rate)
		return []*graph.Node{weights, m, v, graph.InsertAxes(loss, 0)}
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

// state is what a training step carries to the next one.
type state struct {
	weights, m, v engine.Tensor
	taken         int
}

func newState(n Net, seed uint64) *state {
	zeros := func() engine.Tensor { return engine.Tensor{Dims: []int{n.Size()}, Data: make([]float32, n.Size())} }
	return &state{weights: engine.Tensor{Dims: []int{n.Size()}, Data: n.Init(seed)}, m: zeros(), v: zeros()}
}

func (s *state) step(program engine.Program, b *trainingBatch) (loss float64, err error) {
	count := engine.Tensor{Dims: []int{1}, Data: []float32{float32(s.taken + 1)}}
	out, err := program.Run(s.weights, s.m, s.v, count, b.t, b.x, b.u)
	if err != nil {
		return 0, err
	}
	s.weights, s.m, s.v = out[0], out[1], out[2]
	s.taken++
	return float64(out[3].Data[0]), nil
}

// trainingBatch holds the buffers a batch is drawn into.
type trainingBatch struct {
	times          []float64
	x0, x1, xt, ut flow.Batch
	t, x, u        engine.Tensor
}

func newTrainingBatch(n Net, tr Training) *trainingBatch {
	rows := func() flow.Batch { return flow.NewBatch(tr.Batch, n.Dim) }
	floats := func(dim int) engine.Tensor {
		return engine.Tensor{Dims: []int{tr.Batch, dim}, Data: make([]float32, tr.Batch*dim)}
	}
	return &trainingBatch{
		times: make([]float64, tr.Batch), x0: rows(), x1: rows(), xt: rows(), ut: rows(),
		t: floats(1), x: floats(n.Dim), u: floats(n.Dim),
	}
}

func (b *trainingBatch) draw(step int, path flow.Path, pairs Pairs) error {
	if err := pairs(step, b.times, b.x0, b.x1); err != nil {
		return err
	}
	path.Interpolate(b.xt, b.ut, b.times, b.x0, b.x1)
	narrow(b.t.Data, b.times)
	narrow(b.x.Data, b.xt.Data)
	narrow(b.u.Data, b.ut.Data)
	return nil
}

// narrow rounds src to 32 bits into dst.
func narrow(dst []float32, src []float64) {
	for i, v := range src {
		dst[i] = float32(v)
	}
}
