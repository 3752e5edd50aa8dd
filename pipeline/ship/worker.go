package ship

import (
	"context"
	"errors"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/export"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// Worker samples and measures what is shipped beside the runs of a plan.
type Worker struct {
	Engine      engine.Engine
	Environment experiments.Environment
	Now         func() time.Time
	Precisions  []export.Precision // of further files
}

// do samples and measures the only run of each fit, as far as the store lacks it, as twins for a sweep.
func (w Worker) do(ctx context.Context, db *store.DB, sweep experiments.Sweep, fits []experiments.Fit) (err error) {
	have, err := db.States(ctx, experiments.Plan{Spec: sweep.Spec, Fits: fits})
	if err != nil {
		return err
	}
	judges := job.NewJudges(w.Engine, sweep.Spec)
	defer func() { err = errors.Join(err, judges.Close()) }()
	for _, fit := range fits {
		run := fit.Runs[0]
		if err := db.SaveTwin(ctx, sweep.Name, fit.Key, run); err != nil {
			return err
		}
		sampled := have.Runs[run.Key] == experiments.Finished
		if sampled && experiments.Measured(fit.MetricsOf(run, sweep.Spec), have.Metrics[run.Key]) {
			continue
		}
		if err := w.run(ctx, db, sweep.Spec, judges, fit, sampled); err != nil {
			return err
		}
	}
	return nil
}

// run samples the only run of a fit, unless it is sampled already, and measures it.
func (w Worker) run(ctx context.Context, db *store.DB, spec experiments.Spec, judges *job.Judges, fit experiments.Fit, sampled bool) (err error) {
	run := fit.Runs[0]
	weights, err := saved.Weights(ctx, db, fit.Recipe, fit.Key)
	if err != nil {
		return err
	}
	f, err := job.Open(w.Engine, fit, weights, spec.Reference.Seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var points flow.Batch
	if sampled {
		points, err = saved.Samples(ctx, db, run.Key)
	} else {
		points, err = w.sample(ctx, db, f, run)
	}
	if err != nil {
		return err
	}
	var values []experiments.Value
	if err := job.Guard(func() (err error) {
		defer stage.Enter(ctx, stage.Measure)()
		values, err = judges.Measure(f, run, points)
		return err
	}); err != nil {
		return err
	}
	return db.SaveMetrics(ctx, run.Key, run.Reference, values)
}

// sample samples a run and stores the samples.
func (w Worker) sample(ctx context.Context, db *store.DB, f *job.Fitted, run experiments.Run) (flow.Batch, error) {
	sampling, ok, err := saved.Tuned(ctx, db, f.Key(), run.Sampling)
	if err == nil && !ok {
		err = errors.New("what its sampling is tuned to is not stored: sweep again")
	}
	if err != nil {
		return flow.Batch{}, err
	}
	leave := stage.Enter(ctx, stage.Sample)
	got, err := f.Sample(ctx, sampling, w.Now)
	leave()
	if err != nil {
		return got.Points, err
	}
	sampled := store.Sampled{Samples: flow.EncodeNPY(got.Points), NFE: got.NFE, NFEMax: got.MaxNFE, Seconds: got.Seconds}
	return got.Points, db.FinishRun(context.WithoutCancel(ctx), run.Key, w.Environment, sampled, w.Now())
}
