package ship

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// freshReference is the stream of the reference for fresh figures.
const freshReference = "fresh reference"

// fresh samples every net of the chosen setting from fresh noise and measures it by the metrics of two samples, unless that
// is stored. Data has no rows that neither training nor the choice saw: there, the reference is another draw of the held-out
// rows.
func (o Outcome) fresh(ctx context.Context, db *store.DB, e engine.Engine) (f experiments.Fresh, err error) {
	if f, ok, err := o.storedFresh(ctx, db); err != nil || ok {
		return f, err
	}
	spec, chosen := o.Sweep.Spec, o.Chosen()
	f = experiments.Fresh{Count: chosen.Setting.Sample.Count, Metrics: map[string]experiments.Interval{}}
	truth := chosen.Setting.Target.Reference(spec.Reference.Count, flow.NewStream(spec.Reference.Seed, freshReference))
	samples := make([]flow.Batch, len(chosen.Runs))
	for i, r := range chosen.Runs {
		f.Runs = append(f.Runs, r.Run)
		if samples[i], err = freshSamples(ctx, db, e, spec, r); err != nil {
			return f, err
		}
	}
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	for _, m := range spec.Metrics {
		if !m.TwoSamples() {
			continue
		}
		judge, err := m.With(classifier.LogOdds).Judge(truth)
		if err != nil {
			return f, err
		}
		if f.Metrics[m.Name], err = judgeAll(judge, samples); err != nil {
			return f, err
		}
	}
	reference, err := o.Sweep.ReferenceKey(chosen.Setting)
	if err != nil {
		return f, err
	}
	return f, db.SaveFresh(ctx, o.Sweep.Name, reference, f)
}

// storedFresh returns the stored figures of the chosen setting. ok is false if there are none, or only those of another
// choice.
func (o Outcome) storedFresh(ctx context.Context, db *store.DB) (f experiments.Fresh, ok bool, err error) {
	f, by, ok, err := db.Fresh(ctx, o.Sweep.Name)
	if err != nil || !ok {
		return experiments.Fresh{}, false, err
	}
	reference, err := o.Sweep.ReferenceKey(o.Chosen().Setting)
	if err != nil || by != reference || !f.Covers(o.Chosen(), o.Sweep.Spec.Metrics) {
		return experiments.Fresh{}, false, err
	}
	return f, true, nil
}

// freshSamples draws the samples of a run from fresh noise.
func freshSamples(ctx context.Context, db *store.DB, e engine.Engine, spec experiments.Spec, r experiments.Result) (x flow.Batch, err error) {
	weights, err := saved.Weights(ctx, db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return x, err
	}
	f, err := job.OpenFresh(e, experiments.Fit{Key: r.Fit, Recipe: r.Setting.Recipe, Seed: r.Seed}, weights, spec.Reference.Seed)
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	got, err := f.Sample(ctx, r.Setting.Sample, time.Now)
	return got.Points, err
}

// freshConfidence is the confidence of their intervals.
const freshConfidence = .95

// judgeAll returns the mean over samples, one per seed, with its interval.
func judgeAll(judge metric.Judge, samples []flow.Batch) (experiments.Interval, error) {
	of := metric.Replicates{Shared: true}
	for _, x := range samples {
		m, err := judge(x)
		if err != nil {
			return experiments.Interval{}, err
		}
		of.Values, of.SE = append(of.Values, m.Value), append(of.SE, m.SE)
	}
	low, high := of.Interval(freshConfidence, rand.New(rand.NewPCG(0, 0)))
	return experiments.Interval{Mean: experiments.Number(metric.Mean(of.Values).Value), Low: experiments.Number(low), High: experiments.Number(high)}, nil
}
