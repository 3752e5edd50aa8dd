package velocity

import (
	"context"
	"fmt"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// drawing returns a function that draws the batch of a step: when asked, or one step ahead.
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

// drawingAhead draws the batch of the next step during the current one, into the buffer that the current one does not read.
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

// batches passes batches from the goroutine that draws to the one that steps.
type batches struct {
	full, empty chan *trainingBatch
	failed      chan error
}

// newBatches starts to draw for the steps after done. It stops with the context.
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

// next returns the batch of the next step. Give it back through empty.
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

// trainingBatch holds the buffers of a batch.
type trainingBatch struct {
	net            net.Net
	times          []float64
	x0, x1, xt, ut flow.Batch
	tensors        []engine.Tensor // those of batchOf
}

func newTrainingBatch(n net.Net, tr Training) *trainingBatch {
	rows := func() flow.Batch { return flow.NewBatch(tr.Batch, n.Dim()) }
	b := &trainingBatch{net: n, times: make([]float64, tr.Batch), x0: rows(), x1: rows(), xt: rows(), ut: rows()}
	if n.Given > 0 {
		b.x1.Given = make([]float64, tr.Batch*n.Given)
	}
	for _, in := range batchOf(n, tr.Batch) {
		b.tensors = append(b.tensors, newTensor(in))
	}
	return b
}

// batchOf declares what a step learns from: the inputs of the net and the velocities u to reproduce.
func batchOf(n net.Net, size int) []engine.Input {
	return append(declare(n, size), declareValue(net.Value{Name: "u", Dims: n.Output().Dims}, size))
}

func (b *trainingBatch) draw(step int, path flow.Path, pairs Pairs) error {
	if err := pairs(step, b.times, b.x0, b.x1); err != nil {
		return fmt.Errorf("draw the batch of step %d: %w", step, err)
	}
	path.Interpolate(b.xt, b.ut, b.times, b.x0, b.x1)
	b.xt.Given = b.x1.Given
	for i, numbers := range append(Numbers(b.net, b.times, b.xt), b.ut.Data) {
		flow.Narrow(b.tensors[i].Data[:0], numbers) // in place
	}
	return nil
}
