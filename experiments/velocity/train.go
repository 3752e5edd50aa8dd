package velocity

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// Training says how a net is trained: Steps steps of an Optimizer, each on a fresh batch of Batch pairs.
//
// What Save is given, after every Every steps and when the context ends the training, is a checkpoint: with it as From, the
// same training goes on after that step as if it had not been interrupted, to the bit on the same engine.
type Training struct {
	Steps, Batch int
	Optimizer    Optimizer
	Ahead        bool                // draw the next batch while a step runs: pays where a core is free, and costs where none is
	Every        int                 // steps between checkpoints; 0: only when the context ends the training
	Due          func(step int) bool // asked after every Every steps whether a checkpoint is wanted; nil: it is
	Save         func(step int, checkpoint []byte) error
	From         []byte
	Stop         int // step after which to stop, with a checkpoint and the weights of that step; 0: Steps

	// Watch is called after every step, before its loss is logged, with the weights after the step, of the average if there
	// is one. Training ends with the error it returns. It is optional.
	Watch func(step int, weights func() ([]float32, error)) error
}

// CheckpointError says why a training cannot resume from a checkpoint: it is damaged, or of another training.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string {
	return fmt.Sprintf("go on from the checkpoint: %v: train from the start instead", e.Err)
}

func (e *CheckpointError) Unwrap() error { return e.Err }

// Pairs fills the batch of one training step: noise x0 and data x1, (n, d), coupled, and times t, (n). The data have room for what they
// are conditional on, if the net takes that.
type Pairs func(step int, t []float64, x0, x1 flow.Batch) error

// Train minimises the conditional flow matching loss of arXiv 2412.06264, equation 2.9,
//
//	E |v(t, X_t) - (alpha' X1 + sigma' X0)|^2 / d
//
// and returns the weights, (P). log gets the loss of every step, counted from 1, before the step is taken; training
// ends with the error it returns, with that of Save, and with that of the context. A loss that is not finite is the caller's
// to judge; weights that are not finite at the end are an error, and a From that is not of this training a
// *CheckpointError. With Ahead, pairs is called from another goroutine.
func Train(ctx context.Context, e engine.Engine, n net.Net, tr Training, seed uint64, path flow.Path, pairs Pairs,
	log func(step int, loss float64) error,
) ([]float32, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	done, state, err := 0, []engine.Tensor(nil), error(nil)
	if tr.From == nil {
		state = tr.Optimizer.start(Init(n, seed))
	} else if done, state, err = tr.decode(n, seed, tr.From); err != nil {
		return nil, &CheckpointError{err}
	}
	program, err := compileStep(e, n, tr)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	loop, err := program.Loop(state...)
	if err != nil {
		return nil, fmt.Errorf("start the training loop: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	save := func(step int) error { return tr.save(loop, n, seed, step) }
	weights, err := run(ctx, loop, tr, done, drawing(ctx, n, tr, done, path, pairs), log, save)
	if err := errors.Join(err, loop.Close()); err != nil {
		return nil, err
	}
	return weights, checkFinite(weights, tr.Optimizer.Rate)
}

// run takes the steps after those done.
func run(ctx context.Context, loop engine.Loop, tr Training, done int, draw func(step int) (*trainingBatch, error),
	log func(step int, loss float64) error, save func(step int) error,
) (weights []float32, err error) {
	saved, last := done, tr.Steps
	if tr.Stop > 0 {
		last = min(tr.Stop, tr.Steps)
	}
	defer func() {
		if err != nil && ctx.Err() != nil && done > saved {
			err = errors.Join(err, save(done))
		}
	}()
	for done < last {
		b, err := draw(done + 1)
		if err != nil {
			return nil, err
		}
		out, err := loop.Step(b.tensors...)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", done+1, err)
		}
		done++
		if err := tr.watch(loop, done); err != nil {
			return nil, err
		}
		if err := log(done, float64(out[0].Data[0])); err != nil {
			return nil, err
		}
		due := tr.Every > 0 && done%tr.Every == 0 && (tr.Due == nil || tr.Due(done))
		if due || done == last && last < tr.Steps {
			saved = done
			if err := save(done); err != nil {
				return nil, err
			}
		}
	}
	state, err := loop.State()
	if err != nil {
		return nil, err
	}
	return tr.Optimizer.result(state), nil
}

// watch calls Watch, if it is set.
func (tr Training) watch(loop engine.Loop, step int) error {
	if tr.Watch == nil {
		return nil
	}
	return tr.Watch(step, func() ([]float32, error) {
		state, err := loop.State()
		if err != nil {
			return nil, err
		}
		return tr.Optimizer.result(state), nil
	})
}

// save passes on the checkpoint of a step, if it is wanted.
func (tr Training) save(loop engine.Loop, n net.Net, seed uint64, step int) error {
	if tr.Save == nil {
		return nil
	}
	state, err := loop.State()
	if err != nil {
		return err
	}
	checkpoint, err := tr.encode(n, seed, step, state)
	if err == nil {
		err = tr.Save(step, checkpoint)
	}
	if err != nil {
		return fmt.Errorf("save the checkpoint of step %d: %w", step, err)
	}
	return nil
}

// checkFinite returns an error if a weight is not finite.
func checkFinite(weights []float32, rate float64) error {
	for _, w := range weights {
		if !flow.Finite(float64(w)) {
			return fmt.Errorf("a weight is %g after the last step: lower the rate, %g now", w, rate)
		}
	}
	return nil
}

// compileStep builds one training step: from the state of the optimizer, weights first, and a batch, to the next state
// and the loss, (1).
func compileStep(e engine.Engine, n net.Net, tr Training) (engine.Program, error) {
	state, batch := tr.Optimizer.state(n.Size()), batchOf(n, tr.Batch)
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		state, batch := in[:len(state)], in[len(state):]
		loss, grad := lossOf(n, split(n, state[0]), batch[:len(batch)-1], batch[len(batch)-1], chunks(n, tr.Batch))
		return append(tr.Optimizer.update(state, grad, tr.Steps), graph.InsertAxes(loss, 0))
	}, append(state, batch...)...)
	if err != nil {
		return nil, fmt.Errorf("compile the training step: %w", err)
	}
	return program, nil
}
