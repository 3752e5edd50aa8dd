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

// Training says how a net is trained: Steps steps of an Optimizer, each on a fresh batch of Batch pairs.
type Training struct {
	Steps, Batch int
	Optimizer    Optimizer
	Ahead        bool // draw the next batch while a step runs: pays where a core is free, and costs where none is
}

// Pairs fills the batch of one training step: noise x0 and data x1, (n, d), coupled, and times t, (n).
type Pairs func(step int, t []float64, x0, x1 flow.Batch) error

// Train minimises the conditional flow matching loss of arXiv 2412.06264, equation 2.9,
//
//	E |v(t, X_t) - (alpha' X1 + sigma' X0)|^2 / d
//
// and returns the weights, (P). log gets the loss of every step, counted from 1, before the step is taken; training
// ends with the error it returns, and with that of the context. A loss that is not finite is the caller's to judge;
// weights that are not finite at the end are an error. With Ahead, pairs is called from another goroutine.
func Train(ctx context.Context, e engine.Engine, n Net, tr Training, seed uint64, path flow.Path, pairs Pairs,
	log func(step int, loss float64) error,
) ([]float32, error) {
	program, err := compileStep(e, n, tr)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	loop, err := program.Loop(tr.Optimizer.start(n.Init(seed))...)
	if err != nil {
		return nil, fmt.Errorf("start the training loop: %w", err)
	}
	weights, err := run(ctx, loop, n, tr, path, pairs, log)
	if err := errors.Join(err, loop.Close()); err != nil {
		return nil, err
	}
	return weights, checkFinite(weights, tr.Optimizer.Rate)
}

// run takes the steps.
func run(ctx context.Context, loop engine.Loop, n Net, tr Training, path flow.Path, pairs Pairs,
	log func(step int, loss float64) error,
) ([]float32, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	draw := drawing(ctx, n, tr, path, pairs)
	for step := 1; step <= tr.Steps; step++ {
		b, err := draw(step)
		if err != nil {
			return nil, err
		}
		out, err := loop.Step(b.t, b.x, b.u)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", step, err)
		}
		if err := log(step, float64(out[0].Data[0])); err != nil {
			return nil, err
		}
	}
	state, err := loop.State()
	if err != nil {
		return nil, err
	}
	return tr.Optimizer.result(state), nil
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

// compileStep builds one training step: from the state of the optimizer, weights first, and a batch, to the next state
// and the loss, (1).
func compileStep(e engine.Engine, n Net, tr Training) (engine.Program, error) {
	rows := []int{tr.Batch, n.Dim}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		state, t, x, u := in[:len(in)-3], in[len(in)-3], in[len(in)-2], in[len(in)-1]
		loss, grad := n.loss(n.split(state[0]), t, x, u, n.chunks(tr.Batch))
		return append(tr.Optimizer.update(state, grad, tr.Steps), graph.InsertAxes(loss, 0))
	}, append(tr.Optimizer.state(n.Size()),
		engine.Input{Name: "t", Dims: []int{tr.Batch, 1}}, engine.Input{Name: "x", Dims: rows}, engine.Input{Name: "u", Dims: rows})...)
	if err != nil {
		return nil, fmt.Errorf("compile the training step: %w", err)
	}
	return program, nil
}
