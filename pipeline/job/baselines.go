package job

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/baseline"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// Baseline is a fitted baseline of a sweep, ready to draw from.
type Baseline struct {
	plan   experiments.BaselinePlan
	judges *Judges
	draw   baseline.Sampler
}

// FitBaseline fits a baseline of the judges' sweep to the training rows, or to some of them if they are read from a file. Where a target is no data file, these are as many
// fresh draws as the reference has.
func (j *Judges) FitBaseline(plan experiments.BaselinePlan) (*Baseline, error) {
	t, spec := plan.Target(), j.spec.Reference
	rows := t.Rows.Some()
	if rows.Len() == 0 {
		rows = t.Truth(spec.Count, flow.NewStream(spec.Seed, "baseline rows"))
	}
	if err := t.Err(); err != nil {
		return nil, err
	}
	draw, err := plan.Baseline.Fit(baseline.Data{Rows: rows, Truth: func(n int, stream *flow.Stream) flow.Batch {
		return t.Others(n, spec.Count, flow.NewStream(spec.Seed, "reference"), stream)
	}})
	if err != nil {
		return nil, fmt.Errorf("fit the baseline %s: %w", plan.Name, err)
	}
	return &Baseline{plan: plan, judges: j, draw: draw}, t.Err()
}

// Measure returns the values of the metrics for draw k, a sample as large as those of runs. A metric that fails leaves the
// others alone: their values are returned beside the error.
func (b *Baseline) Measure(ctx context.Context, k int, metrics []metric.Metric) (values []experiments.Value, err error) {
	points := b.draw(b.plan.Count, flow.NewStream(b.judges.spec.Reference.Seed, fmt.Sprintf("baseline %s %d", b.plan.Name, k)))
	if !b.plan.Baseline.Real {
		points = b.plan.Target().Project(points)
	}
	var failed []error
	for _, m := range metrics {
		if ctx.Err() != nil {
			return values, errors.Join(append(failed, ctx.Err())...)
		}
		got, err := b.measure(m, b.judges.judgeBy(m, b.plan.Setting, b.plan.Reference), points)
		if err != nil {
			failed = append(failed, fmt.Errorf("measure %s: %w", m.Name, err))
			continue
		}
		values = append(values, experiments.Value{Name: m.Name, Value: got.Value, SE: got.SE, P: got.P, Version: m.Version})
	}
	if err := b.plan.Target().Err(); err != nil {
		return nil, err // as in Judges.Measure
	}
	return values, errors.Join(failed...)
}

// measure measures as many of the points as the metric uses of a run.
func (b *Baseline) measure(m metric.Metric, by prepared, points flow.Batch) (metric.Measurement, error) {
	t := b.plan.Target()
	if m.RowsAlone && b.plan.Baseline.Real { // the rows that training may use come last
		points = points.Slice(0, min(points.Len(), t.Fresh.Len()))
	}
	if m.TwoSamples() {
		points = points.Slice(0, b.plan.Compared)
	}
	return by.measure(points, func() (metric.Measurement, error) {
		if !m.RowsAlone {
			return metric.Measurement{}, errors.New("nothing here measures it")
		}
		return m.OfRun(rowModel(t, b.judges.spec.Reference.Seed), points)
	})
}

// rowModel returns a model that knows nothing but rows: those that training uses, and those that it does not.
func rowModel(t target.Target, seed uint64) metric.Model {
	return metric.Model{
		Seed:    seed,
		Trained: func(n int) flow.Batch { return subset(t.Rows, n, seed, "trained rows") },
		Held:    func(n int) flow.Batch { return subset(t.Held, n, seed, "held-out rows") },
	}
}
