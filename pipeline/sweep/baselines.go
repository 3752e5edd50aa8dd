package sweep

import (
	"context"
	"errors"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/stage"
)

// baselines measures what is missing of the baselines.
func (s *sweeper) baselines(ctx context.Context) error {
	plans, err := s.Plan.Spec.BaselinePlans()
	if err != nil {
		return err
	}
	stored, err := s.DB.Baselines(ctx, s.Plan.Spec.Name)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if err := s.baseline(ctx, p, stored[p.BaselinePlace]); err != nil {
			return err
		}
	}
	return nil
}

// baseline measures the draws of a baseline, except what is stored. It notes a failure, and returns only errors of the store
// and of the context.
func (s *sweeper) baseline(ctx context.Context, p experiments.BaselinePlan, stored experiments.BaselineDraws) error {
	defer stage.Enter(ctx, stage.Measure)()
	var fitted *job.Baseline
	for k := range p.Draws {
		missing := p.Missing(stored[k])
		if len(missing) == 0 {
			continue
		}
		var values []experiments.Value
		err := job.Guard(func() (err error) {
			if fitted == nil {
				if fitted, err = s.judges.FitBaseline(p); err != nil {
					return err
				}
			}
			values, err = fitted.Measure(ctx, k, missing)
			return err
		})
		if saved := s.DB.SaveBaseline(context.WithoutCancel(ctx), p.BaselinePlace, k, values); saved != nil {
			return saved
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return s.failed("the baseline", p.Name, err) // its other draws would fail likewise
		}
	}
	return nil
}

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
