package sweep

import (
	"context"
	"errors"

	"flowsweep/experiments"
)

// fitEvents stores and shows what happens in the training of a fit.
type fitEvents struct {
	*sweeper
	ctx  context.Context // outlives an interrupt
	fit  experiments.Fit
	last float64 // point of the loss curve
	err  error   // of the store
}

// Refused drops a checkpoint that cannot be used.
func (e *fitEvents) Refused(why error) {
	e.show.line("fit %s: its checkpoint cannot be used, training starts from scratch: %v", e.fit.Key, why)
	e.err = errors.Join(e.err, e.DB.DropCheckpoint(e.ctx, e.fit.Key))
}

// Resumed takes the earlier steps out of the progress.
func (e *fitEvents) Resumed(step int) {
	if e.done(e.fit.Key) == step {
		return // it was this sweep that came so far
	}
	e.show.line("fit %s: %s, seed %d: goes on from step %d of %d", e.fit.Key, e.labels[e.fit.Key], e.fit.Seed, step, e.fit.Recipe.Train.Steps)
	e.show.skip(e.fit.Key, step)
}

// Loss stores a point of the loss curve.
func (e *fitEvents) Loss(l experiments.Loss) {
	e.last = l.Value
	e.DB.LogLosses(e.fit.Key, l)
}

// Stepped adds to the progress.
func (e *fitEvents) Stepped(n int) { e.show.advance(e.fit.Key, n, 0) }

// Save stores a checkpoint, given in parts, even after an interrupt. If that fails it says so, and the fit goes on: a lasting fault will end
// it later.
func (e *fitEvents) Save(step int, parts ...[]byte) {
	if err := e.DB.SaveCheckpoint(e.ctx, e.fit.Key, step, parts...); err != nil {
		e.show.line("fit %s: no checkpoint at step %d: %v", e.fit.Key, step, err)
	}
}
