package sweep

import (
	"context"
	"errors"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
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
		if ok, err := s.train(ctx, *t.fit, t.until); err != nil || !ok {
			return err
		}
		trained(t.fit.Key)
	}
	if t.until > 0 {
		return nil
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
	f := live.Fit{Key: t.fit.Key, Label: s.labels[t.fit.Key], Seed: t.fit.Seed, Steps: t.fit.Recipe.Train.Steps, Step: s.done(t.fit.Key)}
	runs := t.runs.len() + t.dense.len()
	if !t.train {
		f.Step = f.Steps
	}
	if t.until > 0 {
		f.Steps, runs = t.until, 0 // the rest is not at work yet
	}
	s.show.account.Begin(f, runs)
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
