package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/store"
)

// freshFigures are the metrics of the chosen setting on noise and a reference that the choice never saw: the figures to
// publish. Those it was chosen by are the better for having been chosen.
type freshFigures struct {
	Runs    []string            `json:"runs"` // keys of the runs whose nets were sampled anew
	Count   int                 `json:"count"`
	Metrics map[string]interval `json:"metrics"` // over the seeds
}

// The names of the streams of the second bank.
const (
	freshNoise     = "fresh noise"
	freshReference = "fresh reference"
)

// fresh samples every net of the chosen setting anew and measures it by the metrics that two samples are enough for. Where
// the stored choice has the figures of the same runs, it takes those. Data have no rows that neither training nor the choice
// saw: their reference is of the held-out rows again, drawn anew.
func fresh(ctx context.Context, db *store.DB, e engine.Engine, spec experiments.Spec, chosen experiments.Summary) (f freshFigures, err error) {
	f = freshFigures{Count: chosen.Setting.Sample.Count, Metrics: map[string]interval{}}
	for _, r := range chosen.Runs {
		f.Runs = append(f.Runs, r.Run)
	}
	if stored, ok := storedFresh(ctx, db, spec); ok && slices.Equal(stored.Runs, f.Runs) {
		return stored, nil
	}
	truth := chosen.Setting.Target.Reference(spec.Reference.Count, flow.NewStream(spec.Reference.Seed, freshReference))
	samples := make([]flow.Batch, len(chosen.Runs))
	for i, r := range chosen.Runs {
		if samples[i], err = freshSamples(ctx, db, e, spec, r); err != nil {
			return f, err
		}
	}
	for _, m := range spec.Metrics {
		if !m.TwoSamples() {
			continue
		}
		judge, err := m.Judge(truth)
		if err != nil {
			return f, err
		}
		if f.Metrics[m.Name], err = judgeAll(judge, samples); err != nil {
			return f, err
		}
	}
	return f, nil
}

// freshSamples draws the samples of a run again, from other noise.
func freshSamples(ctx context.Context, db *store.DB, e engine.Engine, spec experiments.Spec, r experiments.Result) (x flow.Batch, err error) {
	net, err := netOf(r.Setting.Recipe)
	if err != nil {
		return x, err
	}
	weights, err := loadWeights(ctx, db, net, r.Fit)
	if err != nil {
		return x, err
	}
	f, err := newFitted(e, experiments.Fit{Key: r.Fit, Recipe: r.Setting.Recipe, Seed: r.Seed}, weights, spec.Reference.Seed)
	if err != nil {
		return x, err
	}
	f.noise = freshNoise
	defer func() { err = errors.Join(err, f.close()) }()
	got, err := f.sample(ctx, r.Setting.Sample, time.Now)
	return got.points, err
}

// judgeAll returns the mean over samples, one a seed, and its interval.
func judgeAll(judge metric.Judge, samples []flow.Batch) (interval, error) {
	of := metric.Replicates{Shared: true}
	for _, x := range samples {
		m, err := judge(x)
		if err != nil {
			return interval{}, err
		}
		of.Values, of.SE = append(of.Values, m.Value), append(of.SE, m.SE)
	}
	low, high := of.Interval(freshConfidence, rand.New(rand.NewPCG(0, 0)))
	return interval{experiments.Number(metric.Mean(of.Values).Value), experiments.Number(low), experiments.Number(high)}, nil
}

// freshConfidence is that of the intervals.
const freshConfidence = .95

// storedFresh returns the figures of the stored choice, if it has some.
func storedFresh(ctx context.Context, db *store.DB, spec experiments.Spec) (freshFigures, bool) {
	content, err := db.ArtifactContent(ctx, spec.Name, choiceFile)
	if err != nil {
		return freshFigures{}, false // a choice that is not there, or damaged, is made again
	}
	var stored struct{ Fresh *freshFigures }
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&stored); err != nil || stored.Fresh == nil {
		return freshFigures{}, false
	}
	f := *stored.Fresh
	for _, m := range spec.Metrics {
		if _, ok := f.Metrics[m.Name]; !ok && m.TwoSamples() {
			return freshFigures{}, false
		}
	}
	return f, true
}
