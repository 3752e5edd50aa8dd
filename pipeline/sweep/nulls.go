package sweep

import (
	"context"
	"errors"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/stage"
)

// nulls computes the missing nulls: each metric between the truth and fresh samples of it.
func (s *sweeper) nulls(ctx context.Context) error {
	defer stage.Enter(ctx, stage.Nulls)()
	plans, err := s.Plan.Nulls()
	if err != nil {
		return err
	}
	stored, err := s.DB.Nulls(ctx, s.Plan.Spec.Name)
	if err != nil {
		return err
	}
	plans = slices.DeleteFunc(plans, func(n experiments.NullPlan) bool {
		_, ok := stored[n.Key]
		return ok || s.cannot[n.Reference+" "+n.Metric]
	})
	done, total := 0, 0
	for _, n := range plans {
		total += n.Count
	}
	for _, n := range plans {
		stage.Count(ctx, stage.Nulls, done, total)
		done += n.Count
		if n.Values, err = job.NullValues(ctx, s.Engine, n, s.Plan.Spec.Reference); err != nil {
			if errors.Is(err, ctx.Err()) {
				return err
			}
			if err := s.failed("the noise of", n.Metric, err); err != nil {
				return err
			}
			continue
		}
		if err := s.DB.SaveNull(context.WithoutCancel(ctx), n.Null); err != nil {
			return err
		}
	}
	return nil
}
