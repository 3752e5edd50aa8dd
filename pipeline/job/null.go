package job

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
)

// NullValues returns the values of a metric between the reference and fresh samples of the truth, each from its own stream.
// For data, the samples are of the training rows and the reference is of the held-out rows: this is the value of a net that
// has learned the training rows perfectly. Classifiers learn on the engine.
func NullValues(ctx context.Context, e engine.Engine, n experiments.NullPlan, r experiments.Reference) (values []float64, err error) {
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	err = Guard(func() error {
		judge, err := n.Judged.With(classifier.LogOdds).Judge(n.Target.Reference(r.Count, flow.NewStream(r.Seed, "reference")))
		if err != nil {
			return err
		}
		values, err = metric.Null(judge, func(k int) (flow.Batch, error) {
			return n.Target.Sample(n.N, flow.NewStream(r.Seed, fmt.Sprintf("null %d", k))), ctx.Err()
		}, n.Count)
		return err
	})
	return values, err
}
