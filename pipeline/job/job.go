// Package job is the unit of work: it trains one fit, then samples and measures its runs. Values go in and values come out.
// It knows no store, terminal or socket, so any caller, on any machine, gets the same bits.
//
//	trained, err := job.Train(ctx, job.Job{Fit: fit, Engine: engine.Go, Now: time.Now}, events)
//	fitted, err := job.Open(engine.Go, fit, trained.Weights, seed)
//	samples, err := fitted.Sample(ctx, run.Sampling, time.Now)
//	values, err := job.NewJudges(engine.Go, spec).Measure(fitted, run, samples.Points)
package job

import (
	"context"
	"errors"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/velocity"
)

// Job is one training: a fit, including its data, and how to compute it. The weights depend only on Fit, Teacher and Engine.Name.
type Job struct {
	Fit     experiments.Fit
	Teacher []float32     // weights of the fit that makes the pairs, for a coupling that is taught; otherwise nil
	Engine  engine.Engine // with as many threads as the step may use
	Ahead   bool          // another core draws the batches
	Memory  float64       // bytes that the machine has; 0 where that is not known

	Step       int           // after which Checkpoint was made
	Checkpoint []byte        // encoded; nil to train from nothing
	Stop       int           // after which to stop before the end, with a checkpoint; 0 for the end
	Every      time.Duration // between checkpoints; 0 for one when the context ends, and no other
	Now        func() time.Time
}

// Events is told what happens during a training. Its methods are called from one goroutine at a time.
type Events interface {
	// Refused is called if the checkpoint cannot be used. Training then starts from scratch.
	Refused(why error)
	// Resumed is called when training resumes after this step.
	Resumed(step int)
	// Loss is called with each point of the loss curve.
	Loss(l experiments.Loss)
	// Stepped is called with the number of steps since the last call, or since Resumed.
	Stepped(n int)
	// Save is called with a checkpoint, in parts, when one is due, and when the context ends the training.
	Save(step int, parts ...[]byte)
}

// Trained is the result of a training.
type Trained struct {
	Weights []float32 // at the end, or after the step where it stopped
	Seconds float64   // of training, over all attempts that it went on from
}

// Train trains the net of a job, from its checkpoint if that can be used. It is an error if the training explodes, see
// blast, or the net is too large for the memory. When the context ends, Train saves a checkpoint and returns the context's error.
func Train(ctx context.Context, j Job, events Events) (Trained, error) {
	if err := CheckMemory(j.Fit.Recipe.VelocityNet(), j.Memory); err != nil {
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
