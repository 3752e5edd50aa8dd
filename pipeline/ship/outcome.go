// Package ship turns the results of a sweep into what leaves the store: the choice, verified ONNX files, the model card,
// tables and the report.
//
//	outcome, err := ship.Load(ctx, db, "two-moons")
//	shipped, err := outcome.Ship(ctx, db, worker, "out/two-moons", false)
//	page, err := outcome.Page(ctx, db)
package ship

import (
	"context"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/saved"
	"flowsweep/reports"
	"flowsweep/reports/comparison"
	"flowsweep/store"
)

// Outcome is a sweep and all that follows from its results: seeds summarised, settings labelled, one of them chosen. It is
// worked out once; choice, export, tables and report are all made from it.
type Outcome struct {
	Sweep     experiments.Sweep
	Summaries []experiments.Summary
	Labels    experiments.Labels         // of the summaries
	Targets   []experiments.TargetChoice // a choice for every target
	Choice    experiments.Choice         // of the first target that has one; Chosen is -1 where there is none
	NoChoice  error                      // why nothing could be chosen, if so
	Filtered  bool                       // the results are only some of the sweep's: baselines, which no condition on runs fits, are left out

	Baseline *comparison.Baseline // what the page compares all settings with; nil for nothing

	known floors // of the recipes
}

// New works out the outcome of a sweep.
func New(sweep experiments.Sweep) Outcome {
	o := Outcome{Sweep: sweep, Summaries: sweep.Summaries(), known: floors{spec: sweep.Spec, known: map[string]reports.Floor{}}}
	settings := make([]experiments.Setting, len(o.Summaries))
	for i, s := range o.Summaries {
		settings[i] = s.Setting
	}
	o.Labels = experiments.NewLabels(settings)
	o.Targets = sweep.Spec.Choose.ByTarget(o.Summaries, o.Labels.Setting)
	first := o.Targets[0]
	for _, t := range o.Targets {
		if t.Err == nil {
			first = t
			break
		}
	}
	o.Choice, o.NoChoice = first.Choice, first.Err
	return o
}

// WithoutChoice returns the outcome without a choice.
func (o Outcome) WithoutChoice() Outcome {
	o.Targets, o.Choice = nil, experiments.Choice{Chosen: -1}
	return o
}

// choiceOf returns the choice among the settings of the target of setting i.
func (o Outcome) choiceOf(i int) experiments.Choice {
	for _, t := range o.Targets {
		if slices.Contains(t.Settings, i) {
			return t.Choice
		}
	}
	return o.Choice
}

// chosen returns the choices of the targets that have one.
func (o Outcome) chosen() []experiments.TargetChoice {
	return slices.DeleteFunc(slices.Clone(o.Targets), func(t experiments.TargetChoice) bool { return t.Err != nil })
}

// folder returns the folder of a target's files in the output folder: its name in portable letters, or "" if there is no
// other target.
func (o Outcome) folder(t experiments.TargetChoice) string {
	if len(o.Targets) < 2 {
		return ""
	}
	name := plainName(o.Labels.Target(t.Settings[0]))
	for _, other := range o.Targets {
		if i := other.Settings[0]; i != t.Settings[0] && plainName(o.Labels.Target(i)) == name {
			return fmt.Sprintf("%s-%d", name, t.Settings[0]) // long names that begin alike
		}
	}
	return name
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
