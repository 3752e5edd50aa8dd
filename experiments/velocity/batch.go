package velocity

import (
	"context"
	"fmt"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// drawing returns what draws the batch of each step after those done: when it is asked for, or one ahead.
func drawing(ctx context.Context, n net.Net, tr Training, done int, path flow.Path, pairs Pairs) func(step int) (*trainingBatch, error) {
	if tr.Ahead {
		return drawingAhead(ctx, n, tr, done, path, pairs)
	}
	batch := newTrainingBatch(n, tr)
	return func(step int) (*trainingBatch, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return batch, batch.draw(step, path, pairs)
	}
}

// drawingAhead draws the batch of the next step while one runs, into the one of two places that the step does not read.
func drawingAhead(ctx context.Context, n net.Net, tr Training, done int, path flow.Path, pairs Pairs) func(step int) (*trainingBatch, error) {
	b := newBatches(ctx, n, tr, done, path, pairs)
	var last *trainingBatch
	return func(int) (*trainingBatch, error) {
		if last != nil {
			b.empty <- last
		}
		batch, err := b.next(ctx)
		last = batch
		return batch, err
	}
}

// batches hands batches over between the goroutine that draws and the one that takes the steps.
type batches struct {
	full, empty chan *trainingBatch
	failed      chan error
}

// newBatches starts drawing for the steps after those done. It stops when the context does.
func newBatches(ctx context.Context, n net.Net, tr Training, done int, path flow.Path, pairs Pairs) *batches {
	b := &batches{full: make(chan *trainingBatch), empty: make(chan *trainingBatch, 2), failed: make(chan error, 1)}
	for range cap(b.empty) {
		b.empty <- newTrainingBatch(n, tr)
	}
	go func() {
		for step := done + 1; step <= tr.Steps; step++ {
			var batch *trainingBatch
			select {
			case batch = <-b.empty:
			case <-ctx.Done():
				return
			}
			if err := batch.draw(step, path, pairs); err != nil {
				b.failed <- err
				return
			}
			select {
			case b.full <- batch:
			case <-ctx.Done():
				return
			}
		}
	}()
	return b
}

// next returns the batch of the next step, to be given back through empty.
func (b *batches) next(ctx context.Context) (*trainingBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case batch := <-b.full:
		return batch, nil
	case err := <-b.failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// trainingBatch holds the buffers a batch is drawn into.
type trainingBatch struct {
	times          []float64
	x0, x1, xt, ut flow.Batch
	tensors        []engine.Tensor // those of batchOf
}

func newTrainingBatch(n net.Net, tr Training) *trainingBatch {
	rows := func() flow.Batch { return flow.NewBatch(tr.Batch, n.Dim()) }
	b := &trainingBatch{times: make([]float64, tr.Batch), x0: rows(), x1: rows(), xt: rows(), ut: rows()}
	for _, in := range batchOf(n, tr.Batch) {
		b.tensors = append(b.tensors, newTensor(in))
	}
	return b
}

// batchOf declares what a step learns from: the inputs of the net, and the velocities u that it is to give.
func batchOf(n net.Net, size int) []engine.Input {
	return append(declare(n, size), declareValue(net.Value{Name: "u", Dims: n.Output().Dims}, size))
}

func (b *trainingBatch) draw(step int, path flow.Path, pairs Pairs) error {
	if err := pairs(step, b.times, b.x0, b.x1); err != nil {
		return fmt.Errorf("draw the batch of step %d: %w", step, err)
	}
	path.Interpolate(b.xt, b.ut, b.times, b.x0, b.x1)
	b.xt.Given = b.x1.Given
	for i, numbers := range append(Numbers(b.times, b.xt), b.ut.Data) {
		flow.Narrow(b.tensors[i].Data[:0], numbers) // in place
	}
	return nil
}
