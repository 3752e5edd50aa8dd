package pipeline

import (
	"context"

	"flowsweep/experiments"
	"flowsweep/store"
)

// hindsight says how often early_stop of a plan would have stopped the best, if all of its trainings have gone on to their ends in the
// store; otherwise it is empty.
func hindsight(ctx context.Context, db *store.DB, plan experiments.Plan) (string, error) {
	have, err := db.States(ctx, plan)
	if err != nil {
		return "", err
	}
	known := map[string]experiments.Past{}
	for _, fit := range plan.Fits {
		if have.Fits[fit.Key] != experiments.Finished {
			return "", nil
		}
		var f experiments.Past
		for _, run := range fit.Runs {
			for _, v := range have.Metrics[run.Key] {
				if v.Name == plan.Spec.Choose.Metric {
					f.Ends = append(f.Ends, v.Value)
				}
			}
		}
		if f.Curve, err = db.Losses(ctx, fit.Key); err != nil {
			return "", err
		}
		known[fit.Key] = f
	}
	h, ok := plan.Hindsight(known)
	if !ok {
		return "", nil
	}
	return h.String(), nil
}
