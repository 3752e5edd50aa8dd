package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/stage"
)

// NullValues returns the values of a metric between the reference and fresh samples of the truth, each from its own stream.
// For data with held-out rows, which are all that is known of the truth, they are between pairs of random rows. Classifiers learn
// on the engine. Those of a class that has too few points to be measured are NaN, as its value is.
func NullValues(ctx context.Context, e engine.Engine, n experiments.NullPlan, r experiments.Reference) (values []float64, err error) {
	whole := n.Target
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	err = Guard(func() error {
		if n.Judged.Class != "" {
			if n, err = nullOfClass(n, r); err != nil {
				return err
			}
		}
		n.Judged = NeedsOf(n.Target, classifier.LogOdds)(n.Judged)
		values, err = nullValues(ctx, n, r)
		return err
	})
	if dataErr := whole.Err(); dataErr != nil {
		return nil, dataErr
	}
	if err != nil && n.Judged.Class != "" && ctx.Err() == nil {
		return slices.Repeat([]float64{math.NaN()}, n.Count), nil
	}
	return values, err
}

// nullValues returns the values for a metric that has all that it needs.
func nullValues(ctx context.Context, n experiments.NullPlan, r experiments.Reference) ([]float64, error) {
	truth, stream := reference(n.Target, r), "null"
	if n.Fresh {
		truth, stream = freshReference(n.Target, r), "fresh null"
	}
	if n.Target.Held.Len() > 0 {
		return rowNull(ctx, n, truth.Len(), r.Seed)
	}
	judge, err := judgeOf(n.Judged, n.Target, truth)
	if err != nil {
		return nil, err
	}
	return metric.Null(judge, func(k int) (flow.Batch, error) {
		if !n.Fresh {
			stage.Step(ctx, stage.Nulls)
		}
		return n.Target.Truth(n.N, flow.NewStream(r.Seed, fmt.Sprintf("%s %d", stream, k))), ctx.Err()
	}, n.Count)
}

// rowNull returns the values of a metric between pairs of random rows, of n.N and m rows.
func rowNull(ctx context.Context, n experiments.NullPlan, m int, seed uint64) ([]float64, error) {
	values := make([]float64, n.Count)
	for k := range values {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		samples, reference := n.Target.RealPair(n.N, m, flow.NewStream(seed, fmt.Sprintf("null %d", k)))
		judge, err := n.Judged.Judge(reference)
		if err != nil {
			return nil, err
		}
		got, err := judge(samples)
		if err != nil {
			return nil, err
		}
		values[k] = got.Value
		if !n.Fresh {
			stage.Step(ctx, stage.Nulls)
		}
	}
	return values, nil
}
