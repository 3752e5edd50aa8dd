package pipeline

import (
	"context"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

// hindsight says how often early_stop of a plan would have stopped the best, if all of its trainings have gone on to their ends in the
// store; otherwise it is empty.
func hindsight(ctx context.Context, db *store.DB, plan experiments.Plan) (string, error) {
	have, err := db.States(ctx, plan)
	if err != nil {
		return "", err
	}
	tied, err := tiedRecipes(ctx, db, plan)
	if err != nil {
		return "", err
	}
	known := map[string]experiments.Past{}
	for _, fit := range plan.Fits {
		if have.Fits[fit.Key] != experiments.Finished {
			return "", nil
		}
		f := experiments.Past{Tied: tied[experiments.Form(fit.Recipe)]}
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

// tiedRecipes returns the forms of the recipes that the stored sweep of a plan finds tied with the best; none if it has another name.
func tiedRecipes(ctx context.Context, db *store.DB, plan experiments.Plan) (map[string]bool, error) {
	tied := map[string]bool{}
	names, err := db.SweepNames(ctx)
	if err != nil || !slices.Contains(names, plan.Spec.Name) {
		return tied, err
	}
	stored, err := saved.Planned(ctx, db, plan)
	if err != nil {
		return nil, err
	}
	outcome := ship.New(stored)
	for _, t := range outcome.Targets {
		for _, i := range t.Tied {
			tied[experiments.Form(outcome.Summaries[i].Setting.Recipe)] = true
		}
	}
	return tied, nil
}
