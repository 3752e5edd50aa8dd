package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// checkEarly returns an error for a sweep whose early_stop cannot compare all of its fits.
func checkEarly(plan experiments.Plan, part sweep.Part, f listenFlags) error {
	switch {
	case !plan.Spec.EarlyStop.On():
		return nil
	case !part.Whole():
		return command.Usage(errors.New("--part does its fits alone, and early_stop compares all: leave one of them out"))
	case f.listen != "":
		return command.Usage(errors.New("--listen gives out whole fits, and early_stop stops some of them: leave one of them out"))
	}
	return nil
}

// printEarly prints what early_stop has spared of a sweep, if anything.
func (a *app) printEarly(s experiments.Sweep) {
	if text := s.Early().Sentence(); text != "" {
		fmt.Fprintf(a.Stdout, "early     early stopping: %s\n", text)
	}
}

// countEarly fills in what early_stop does to a plan.
func (r *planReport) countEarly(ctx context.Context, db *store.DB, plan experiments.Plan, e sweep.Early) (err error) {
	if !plan.Spec.EarlyStop.On() {
		return nil
	}
	r.LeastSteps, r.Stopped = r.TrainSteps-e.Sparable, e.Stopped
	if db != nil {
		r.Hindsight, err = hindsight(ctx, db, plan)
	}
	return err
}

// printEarly prints what early_stop does to a plan.
func (r *planReport) printEarly(line func(name, format string, args ...any)) {
	if r.LeastSteps > 0 && r.LeastSteps < r.TrainSteps {
		line("early", "at least %d of these steps are trained: settings that do worse than others stop before their end", r.LeastSteps)
	}
	if r.Hindsight != "" {
		line("hindsight", "%s", r.Hindsight)
	}
	if r.Stopped > 0 {
		line("early", "%d settings have stopped", r.Stopped)
	}
}

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
