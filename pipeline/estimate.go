package pipeline

import (
	"context"
	"errors"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// estimate works out how long the sweep takes. A machine without the engine that the spec asks for has no estimate.
func (r *planReport) estimate(ctx context.Context, db *store.DB, plan experiments.Plan, w sweep.Work, try time.Duration) error {
	e, _, err := engine.Pick(plan.Spec.Engine)
	if err != nil {
		r.Cautions = append(r.Cautions, "a sweep would not start: "+err.Error())
		return nil
	}
	c, err := w.Cost(ctx, db, plan, e, r.Workers, try, time.Now)
	if err != nil {
		return err
	}
	seconds := c.TrainSeconds() / float64(max(1, min(r.Workers, r.FitsToDo)))
	r.Cost, r.Seconds = &c, &seconds
	return nil
}

// countTunings counts the solvers whose coefficients are fitted, and what that costs.
func (r *planReport) countTunings(ctx context.Context, db *store.DB, plan experiments.Plan) error {
	list, err := plan.Tunings()
	if err != nil {
		return err
	}
	r.Tunings = len(list)
	for _, t := range list {
		if db != nil {
			if _, err := db.Tuning(ctx, t.Key); err == nil {
				continue
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		r.ToTune++
		r.TuneCalls += job.TuningCalls(t)
	}
	return nil
}
