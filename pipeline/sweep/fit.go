package sweep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/live"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// fit trains a net, if that is left to do, and then does its runs. It notes a failure of the fit or of a run, and returns
// only errors of the store. What is done is stored even if the context has ended meanwhile. It calls trained once there are weights.
func (s *sweeper) fit(ctx context.Context, t *todo, trained func(key string)) error {
	defer s.atWork(t)()
	if t.train {
		if ok, err := s.train(ctx, *t.fit); err != nil || !ok {
			return err
		}
		trained(t.fit.Key)
	}
	weights, err := saved.Weights(ctx, s.DB, t.fit.Recipe, t.fit.Key)
	if err != nil {
		return err
	}
	var f *job.Fitted
	err = job.Guard(func() (err error) {
		f, err = job.Open(s.Engine, *t.fit, weights, s.Plan.Spec.Reference.Seed)
		return err
	})
	if err != nil {
		return s.failed("fit", t.fit.Key, err)
	}
	return errors.Join(s.runs(ctx, t, f), f.Close())
}

// atWork notes that a fit is at work, until it ends.
func (s *sweeper) atWork(t *todo) (end func()) {
	f := live.Fit{Key: t.fit.Key, Label: s.labels[t.fit.Key], Seed: t.fit.Seed, Steps: t.fit.Recipe.Train.Steps}
	if !t.train {
		f.Step = f.Steps
	}
	s.show.account.Begin(f, t.runs.len()+t.dense.len())
	return func() { s.show.account.End(t.fit.Key) }
}

// runs does the runs of a fit that are left to sample or to measure. A dense solve comes first: metrics of the others use it.
func (s *sweeper) runs(ctx context.Context, t *todo, f *job.Fitted) error {
	for _, run := range slices.Concat(t.dense.again, t.runs.again) {
		points, err := saved.Samples(ctx, s.DB, run.Key)
		if err != nil {
			return err
		}
		if err := s.measure(ctx, f, run, points); err != nil {
			return err
		}
	}
	for _, run := range slices.Concat(t.dense.sample, t.runs.sample) {
		if err := s.run(ctx, f, run); err != nil {
			return err
		}
	}
	return nil
}

// train trains the net of a fit, from its checkpoint if there is one, and stores the weights. It returns false if that
// failed.
func (s *sweeper) train(ctx context.Context, fit experiments.Fit) (ok bool, err error) {
	started, err := s.DB.StartFit(ctx, fit.Key, s.env, s.Now())
	if err != nil || !started {
		return !started, err // it finished meanwhile, elsewhere
	}
	net := fit.Recipe.VelocityNet()
	kept := context.WithoutCancel(ctx)
	events := &fitEvents{sweeper: s, ctx: kept, fit: fit}
	j := job.Job{
		Fit: fit, Engine: job.EngineFor(s.Engine, fit, s.cores), Ahead: s.cores > 1, Memory: s.memory, Every: s.Checkpoints, Now: s.Now,
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
		return false, errors.Join(s.DB.EndFit(kept, fit.Key, experiments.Failed, err.Error(), s.Now()), s.failed("fit", fit.Key, err))
	}
	file, err := velocity.EncodeWeights(net, trained.Weights)
	if err != nil {
		return false, err
	}
	if err := s.DB.FinishFit(kept, fit.Key, trained.Seconds, net.Size(), file, s.Now()); err != nil {
		return false, err
	}
	s.show.line("fit %s: %s, seed %d: loss %.4f, %.1f s", fit.Key, s.labels[fit.Key], fit.Seed, events.last, trained.Seconds)
	return true, nil
}

// tuned returns a sampling with the coefficients of its solver or the times of its grid. What is not stored is fitted now.
func (s *sweeper) tuned(ctx context.Context, f *job.Fitted, sampling experiments.Sampling) (experiments.Sampling, error) {
	sampling, ok, err := saved.Tuned(ctx, s.DB, f.Key(), sampling)
	if ok || err != nil {
		return sampling, err
	}
	leave := stage.Enter(ctx, stage.Tune)
	t, err := f.Tune(ctx, sampling, s.Now)
	leave()
	if err != nil {
		return sampling, err
	}
	if err := s.DB.SaveTuning(context.WithoutCancel(ctx), t); err != nil {
		return sampling, err
	}
	if text := job.KeptEven(t); text != "" {
		s.show.line("fit %s: %s", f.Key(), text)
	}
	return saved.WithTable(sampling, t)
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

// run samples a run, stores the samples, and measures them.
func (s *sweeper) run(ctx context.Context, f *job.Fitted, run experiments.Run) error {
	var got job.Sampled
	err := job.Guard(func() error {
		sampling, err := s.tuned(ctx, f, run.Sampling)
		if err != nil {
			return err
		}
		defer stage.Enter(ctx, stage.Sample)()
		got, err = f.Sample(ctx, sampling, s.Now)
		return err
	})
	if err != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	kept := context.WithoutCancel(ctx)
	if err != nil {
		s.show.advance(f.Key(), 0, 1)
		return errors.Join(s.DB.EndRun(kept, run.Key, s.env, experiments.Failed, err.Error(), s.Now()), s.failed("run", run.Key, err))
	}
	sampled := store.Sampled{Samples: flow.EncodeNPY(got.Points), NFE: got.NFE, NFEMax: got.MaxNFE, Seconds: got.Seconds}
	if err := s.DB.FinishRun(kept, run.Key, s.env, sampled, s.Now()); err != nil {
		return err
	}
	return s.measure(kept, f, run, got.Points)
}

// measure measures the samples of a run and stores the values, also those beside a metric that fails.
func (s *sweeper) measure(ctx context.Context, f *job.Fitted, run experiments.Run, points flow.Batch) error {
	var values []experiments.Value
	err := job.Guard(func() (err error) {
		defer stage.Enter(ctx, stage.Measure)()
		values, err = s.judges.Measure(f, run, points)
		return err
	})
	s.show.advance(f.Key(), 0, 1)
	if len(values) > 0 {
		if err := s.DB.SaveMetrics(ctx, run.Key, run.Reference, values); err != nil {
			return err
		}
	}
	if err != nil {
		return s.failed("run", run.Key, err)
	}
	return nil
}
