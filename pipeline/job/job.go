// Package job is the unit of work: one fit, trained, and its runs, sampled and measured. Values go in and values come out.
// It knows no store, no terminal and no socket, so that whoever calls it, on this machine or another, gets the same bits.
//
//	trained, err := job.Train(ctx, job.Job{Fit: fit, Engine: engine.Go, Now: time.Now}, events)
//	fitted, err := job.Open(engine.Go, fit, trained.Weights, seed)
//	samples, err := fitted.Sample(ctx, run.Sampling, time.Now)
//	values, err := job.NewJudges(spec).Measure(fitted, run, samples.Points)
package job

import (
	"context"
	"errors"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/velocity"
)

// Job is one training: the fit, which holds the content of its data, and how to compute it. Fit and Engine.Name alone
// determine the weights.
type Job struct {
	Fit    experiments.Fit
	Engine engine.Engine // with as many threads as the step may use
	Ahead  bool          // another core draws the batches
	Memory float64       // bytes that the machine has; 0 where that is not known

	Step       int           // after which Checkpoint was made
	Checkpoint []byte        // encoded; nil to train from nothing
	Every      time.Duration // between checkpoints; 0 for one when the context ends, and no other
	Now        func() time.Time
}

// Events hears of a training as it goes on. Its methods are called from one goroutine at a time.
type Events interface {
	// Refused says that the checkpoint is of no use, and why: training starts from nothing.
	Refused(why error)
	// Resumed says that training goes on after this step.
	Resumed(step int)
	// Loss gets the points of the loss curve.
	Loss(l experiments.Loss)
	// Stepped gets the number of steps taken since its last call, or since Resumed.
	Stepped(n int)
	// Save gets a checkpoint when one is due, and when the context ends the training.
	Save(step int, checkpoint []byte)
}

// Trained is what came of a training.
type Trained struct {
	Weights []float32
	Seconds float64 // of training, over all attempts that it went on from
}

// Train trains the net of a job, from its checkpoint where there is one that is of use. A loss that is not finite ends it
// with an error, and so does a net too large for the memory. When the context ends it saves a checkpoint and returns the
// error of the context.
func Train(ctx context.Context, j Job, events Events) (Trained, error) {
	net, err := NetOf(j.Fit.Recipe)
	if err == nil {
		err = checkMemory(net, j.Memory)
	}
	if err != nil {
		return Trained{}, err
	}
	from, err := decodeCheckpoint(j)
	if err != nil {
		events.Refused(err)
	}
	trained, err := train(ctx, j, from, events)
	if bad := (*velocity.CheckpointError)(nil); errors.As(err, &bad) {
		events.Refused(bad.Err)
		return train(ctx, j, nil, events)
	}
	return trained, err
}
