package sweep

import (
	"context"

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
