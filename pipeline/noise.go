package pipeline

import (
	"context"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/store"
)

// nulls computes what each metric of the sweep reads between the truth and the truth, where that is not stored.
func (s *sweeper) nulls(ctx context.Context) error {
	plans, err := s.plan.Nulls()
	if err != nil {
		return err
	}
	stored, err := s.db.Nulls(ctx, s.plan.Spec.Name)
	if err != nil {
		return err
	}
	for _, n := range plans {
		if _, ok := stored[n.Key]; ok {
			continue
		}
		if n.Values, err = nullValues(ctx, n, s.plan.Spec.Reference); err != nil {
			if errors.Is(err, ctx.Err()) {
				return err
			}
			if err := s.failed("the noise of", n.Metric, err); err != nil {
				return err
			}
			continue
		}
		if err := s.db.SaveNull(context.WithoutCancel(ctx), n.Null); err != nil {
			return err
		}
	}
	return nil
}

// nullValues draws the fresh samples of a null and measures them against the reference. Sample k has a stream of its own.
// Of data, the samples are of the rows trained on and the reference is of those held out: what a net reads that has
// learned the former perfectly.
func nullValues(ctx context.Context, n experiments.NullPlan, r experiments.Reference) (values []float64, err error) {
	err = guarded(func() error {
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

// loadSweep returns the named sweep, or the latest, with the p-values of its results.
func loadSweep(ctx context.Context, db *store.DB, name string) (experiments.Sweep, error) {
	sweep, err := db.Sweep(ctx, name)
	if err != nil {
		return sweep, err
	}
	nulls, err := db.Nulls(ctx, sweep.Name)
	if err != nil {
		return sweep, err
	}
	return sweep, sweep.SetNulls(nulls)
}
