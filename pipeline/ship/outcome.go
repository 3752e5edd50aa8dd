// Package ship turns the results of a sweep into what leaves the store: the choice, verified ONNX files, the model card,
// tables and the report.
//
//	outcome, err := ship.Load(ctx, db, "two-moons")
//	shipped, err := outcome.Ship(ctx, db, engine, "out/two-moons", false)
//	page, err := outcome.Page(ctx, db)
package ship

import (
	"context"

	"flowsweep/experiments"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Outcome is a sweep and all that follows from its results: seeds summarised, settings labelled, one of them chosen. It is
// worked out once; choice, export, tables and report are all made from it.
type Outcome struct {
	Sweep     experiments.Sweep
	Summaries []experiments.Summary
	Labels    experiments.Labels // of the summaries
	Choice    experiments.Choice // Chosen is -1 where there is none
	NoChoice  error              // why nothing could be chosen, if so
	Filtered  bool               // the results are only some of the sweep's: baselines, which no condition on runs fits, are left out
}

// New works out the outcome of a sweep.
func New(sweep experiments.Sweep) Outcome {
	o := Outcome{Sweep: sweep, Summaries: experiments.Summaries(sweep.Results, sweep.Spec.Metrics)}
	settings := make([]experiments.Setting, len(o.Summaries))
	for i, s := range o.Summaries {
		settings[i] = s.Setting
	}
	o.Labels = experiments.NewLabels(settings)
	if o.Choice, o.NoChoice = sweep.Spec.Choose.Choose(o.Summaries, o.Labels.Setting); o.NoChoice != nil {
		o.Choice = experiments.Choice{Chosen: -1}
	}
	return o
}

// Load returns the outcome of the named sweep, or of the latest if name is empty.
func Load(ctx context.Context, db *store.DB, name string) (Outcome, error) {
	sweep, err := saved.Sweep(ctx, db, name)
	if err != nil {
		return Outcome{}, err
	}
	return New(sweep), nil
}

// Chosen returns the summary of the chosen setting. It panics if nothing was chosen.
func (o Outcome) Chosen() experiments.Summary { return o.Summaries[o.Choice.Chosen] }
