package sweep

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/stage"
)

// train trains the net of a fit, from its checkpoint if there is one, and stores the weights, or what they are worth after the step
// where it is to stop, which is 0 for the end. It returns false if that failed.
func (s *sweeper) train(ctx context.Context, fit experiments.Fit, stop int) (ok bool, err error) {
	started, err := s.DB.StartFit(ctx, fit.Key, s.env, s.Now())
	if err != nil || !started {
		return !started, err // it finished meanwhile, elsewhere
	}
	kept := context.WithoutCancel(ctx)
	events := &fitEvents{sweeper: s, ctx: kept, fit: fit}
	j := job.Job{
		Fit: fit, Engine: job.EngineFor(s.Engine, fit, s.cores), Ahead: s.cores > 1, Memory: s.memory, Stop: stop, Every: s.Checkpoints, Now: s.Now,
	}
	var there bool
	if j.Step, j.Checkpoint, there, err = s.DB.Checkpoint(kept, fit.Key); err != nil {
		events.Refused(err)
	} else if there && j.Checkpoint == nil {
		j.Checkpoint = []byte{} // an empty one is damaged, and not the same as none
	}
	var trained job.Trained
	if j.Teacher, err = s.teacher(kept, fit); err == nil {
		leave := stage.Enter(ctx, stage.Train)
		trained, err = job.Train(ctx, j, events)
		leave()
	}
	switch {
	case events.err != nil: // of the store
		return false, errors.Join(err, events.err)
	case err != nil && errors.Is(err, ctx.Err()):
		return false, errors.Join(err, s.DB.EndFit(kept, fit.Key, experiments.Killed, "interrupted", s.Now()))
	case err != nil:
		return false, s.failedFit(kept, fit, err)
	case stop > 0:
		return s.reach(kept, fit, stop, trained)
	}
	return true, s.finishFit(kept, fit, trained, events.last)
}

// failedFit stores why a fit failed.
func (s *sweeper) failedFit(ctx context.Context, fit experiments.Fit, why error) error {
	return errors.Join(s.DB.EndFit(ctx, fit.Key, experiments.Failed, why.Error(), s.Now()), s.failed("fit", fit.Key, why))
}

// finishFit stores the weights of a training that is over.
func (s *sweeper) finishFit(ctx context.Context, fit experiments.Fit, trained job.Trained, loss float64) error {
	net := fit.Recipe.VelocityNet()
	file, err := velocity.EncodeWeights(net, trained.Weights)
	if err != nil {
		return err
	}
	if err := s.DB.FinishFit(ctx, fit.Key, trained.Seconds, net.Size(), file, s.Now()); err != nil {
		return err
	}
	s.show.line("fit %s: %s, seed %d: loss %.4f, %.1f s", fit.Key, s.labels[fit.Key], fit.Seed, loss, trained.Seconds)
	return nil
}

// teacher returns the weights of the teacher of a fit; nil if it has none. It is an error if the teacher is not trained.
func (s *sweeper) teacher(ctx context.Context, fit experiments.Fit) ([]float32, error) {
	if err := s.taught(ctx, fit); err != nil || fit.Teacher == "" {
		return nil, err
	}
	return saved.Weights(ctx, s.DB, fit.Recipe, fit.Teacher)
}

// taught returns an error if a fit has a teacher that is not trained.
func (s *sweeper) taught(ctx context.Context, fit experiments.Fit) error {
	if fit.Teacher == "" {
		return nil
	}
	f, err := s.DB.Fit(ctx, fit.Teacher)
	switch {
	case err != nil:
		return fmt.Errorf("its teacher: %w", err)
	case f.State == experiments.Failed:
		return fmt.Errorf("its teacher, fit %s, failed: %s", fit.Teacher, f.Error)
	case f.State != experiments.Finished:
		return fmt.Errorf("its teacher, fit %s, is %s: sweep without --retry-failed to train it first", fit.Teacher, f.State)
	}
	return nil
}
