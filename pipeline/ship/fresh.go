package ship

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// fresh samples every net of the chosen setting from fresh noise and measures it by the metrics of two samples, unless that
// is stored. For data, the reference is of held-out rows that the choice did not use, if there are any.
func (o Outcome) fresh(ctx context.Context, db *store.DB, e engine.Engine) (f experiments.Fresh, err error) {
	defer stage.Enter(ctx, stage.Fresh)()
	if f, ok, err := o.storedFresh(ctx, db); err != nil || ok {
		return f, err
	}
	spec, chosen := o.Sweep.Spec, o.Chosen()
	to := chosen.Setting.Measured()
	truth := job.FreshReference(spec, chosen.Setting)
	f = experiments.Fresh{
		Count: chosen.Setting.Sample.Count, Compared: to.Comparable(chosen.Setting.Sample.Count, truth.Len()), Reference: truth.Len(),
		SameRows: to.Held.Len() > 0 && to.Fresh.Len() == 0, Metrics: map[string]experiments.FreshFigure{},
	}
	samples := make([]flow.Batch, len(chosen.Runs))
	for i, r := range chosen.Runs {
		f.Runs = append(f.Runs, r.Run)
		if samples[i], err = freshSamples(ctx, db, e, spec, r); err != nil {
			return f, err
		}
		samples[i] = samples[i].Slice(0, f.Compared)
	}
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	ready := job.NeedsOf(to, classifier.LogOdds)
	measured := slices.DeleteFunc(slices.Clone(spec.Metrics), func(m metric.Metric) bool { return !m.TwoSamples() || !chosen.Setting.Measures(m) })
	for i, m := range measured {
		stage.Count(ctx, stage.Fresh, i, len(measured))
		if f.Metrics[m.Name], err = freshFigure(ctx, e, spec, to, ready(m), truth, samples); err != nil {
			return f, err
		}
	}
	reference, err := o.Sweep.ReferenceKey(chosen.Setting)
	if err := errors.Join(err, to.Err()); err != nil {
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
	return r.Setting.Target.Project(got.Points), err
}

// freshFigure measures the samples, one per seed, by a metric against the fresh reference, and their mean against its null.
func freshFigure(ctx context.Context, e engine.Engine, spec experiments.Spec, to target.Target, m metric.Metric, truth flow.Batch, samples []flow.Batch) (f experiments.FreshFigure, err error) {
	judge, err := m.Judge(truth)
	if err != nil { // the sweep has said so; the other metrics have values
		nan := experiments.Number(math.NaN())
		return experiments.FreshFigure{Interval: experiments.Interval{Mean: nan, Low: nan, High: nan}, P: nan, Null: experiments.NullRowOf(metric.Summarize(nil))}, nil
	}
	null := experiments.NullPlan{Null: experiments.Null{N: samples[0].Len()}, Target: to, Judged: m, Fresh: true, Count: m.NullCount(to.Dim())}
	values, err := job.NullValues(ctx, e, null, spec.Reference)
	if err != nil {
		return f, err
	}
	if f.Interval, err = judgeAll(m, judge, samples, metric.NullNoise{Values: values, Pairs: to.Held.Len() > 0, Samples: samples[0].Len(), Reference: truth.Len()}); err != nil {
		return f, err
	}
	f.P, f.Null = experiments.Number(metric.PValue(values, float64(f.Mean))), experiments.NullRowOf(metric.Summarize(values))
	return f, nil
}

// freshConfidence is the confidence of their intervals.
const freshConfidence = .95

// judgeAll returns the mean over samples, one per seed, with its interval. The noise is the null of the metric for samples of
// these sizes, against another reference.
func judgeAll(by metric.Metric, judge metric.Judge, samples []flow.Batch, noise metric.NullNoise) (experiments.Interval, error) {
	of := metric.Replicates{Shared: true, Null: noise}
	for _, x := range samples {
		m, err := judge(x)
		if err != nil {
			return experiments.Interval{}, err
		}
		of.Values, of.SE = append(of.Values, m.Value), append(of.SE, m.SE)
	}
	of.Scale = by.Scale(noise, of.Noise()...)
	low, high := of.Interval(freshConfidence, rand.New(rand.NewPCG(0, 0)))
	return experiments.Interval{Mean: experiments.Number(metric.Mean(of.Values).Value), Low: experiments.Number(low), High: experiments.Number(high)}, nil
}

// verdict judges the chosen setting by its fresh figures.
func (o Outcome) verdict(fresh experiments.Fresh) experiments.Verdict {
	bounds := map[string]experiments.Bound{}
	if floor := o.known.of(o.Chosen().Setting.Recipe); !math.IsNaN(floor.Entropy) {
		for _, m := range o.Sweep.Spec.Metrics {
			if m.Entropy {
				bounds[m.Name] = experiments.Bound{Value: floor.Entropy, SE: floor.EntropySE}
			}
		}
	}
	return o.Sweep.Verdict(o.Choice.Chosen, o.Summaries, fresh, bounds)
}

// memory says what is known of whether the chosen nets copy their rows, given the loss curves by fit.
func (o Outcome) memory(losses map[string][]experiments.Loss) experiments.Memory {
	chosen := o.Chosen()
	var curves [][]experiments.Loss
	for _, r := range chosen.Runs {
		curves = append(curves, losses[r.Fit])
	}
	return experiments.MemoryOf(chosen, curves)
}

// Judged returns the stored figures of the chosen setting on fresh points, and the verdict on it by these. It panics if nothing was
// chosen.
func (o Outcome) Judged(ctx context.Context, db *store.DB) (experiments.Fresh, experiments.Verdict, error) {
	f, _, err := o.storedFresh(ctx, db)
	if err != nil {
		return f, experiments.Verdict{}, err
	}
	return f, o.verdict(f), nil
}
