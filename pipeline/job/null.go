package job

import (
	"context"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// NullValues draws the fresh samples of a null and measures them against the reference. Sample k has a stream of its own.
// Of data, the samples are of the rows trained on and the reference is of those held out: what a net reads that has
// learned the former perfectly.
func NullValues(ctx context.Context, n experiments.NullPlan, r experiments.Reference) (values []float64, err error) {
	err = Guard(func() error {
		judge, err := n.Judged.Judge(n.Target.Reference(r.Count, flow.NewStream(r.Seed, "reference")))
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
