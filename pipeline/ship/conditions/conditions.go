// Package conditions works out what a report shows of models that are conditional on a class or numbers, from what is stored: samples
// beside the truth with what each is given, how diverse the samples are at every guidance weight, and where the exact guided velocity
// carries the noise.
//
//	page.Conditions, err = conditions.Of(ctx, db, outcome.Sweep, outcome.Summaries, outcome.Choice)
package conditions

import (
	"context"
	"math"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/reports/conditional"
	"flowsweep/store"
)

// Of returns the conditions of the chosen setting; nil if its target has none.
func Of(ctx context.Context, db *store.DB, sweep experiments.Sweep, summaries []experiments.Summary, choice experiments.Choice) (*conditional.Conditions, error) {
	chosen := choice.Run
	if chosen.Setting.Target.Given.Empty() {
		return nil, nil
	}
	runs := sameNet(sweep.Results, chosen)
	shown := Shown(runs, chosen)
	samples, err := Samples(ctx, db, sweep.Spec, shown)
	if err != nil {
		return nil, err
	}
	c := &conditional.Conditions{Given: chosen.Setting.Target.Given, Drop: chosen.Setting.Train.Drop, Shown: shown.Setting.Sample, Real: "the truth"}
	switch {
	case shown.Run == chosen.Run:
	case chosen.Setting.Sample.Label != "":
		c.Instead = "draws a single class"
	default:
		c.Instead = "has guidance 0, which heeds no condition"
	}
	if chosen.Setting.Target.Held.Len() > 0 {
		c.Real = "held-out rows"
	}
	for _, caution := range chosen.Setting.Target.Cautions {
		c.Cautions = append(c.Cautions, strings.ToUpper(caution[:1])+caution[1:]+".")
	}
	truth := job.Reference(sweep.Spec, shown.Setting)
	c.Columns, c.Truth, c.Samples = inUnits(shown.Setting, c.Given, truth, samples)
	c.Classes = classRows(c.Given, samples)
	if c.Diversity, err = diversities(ctx, db, sweep.Spec, summaries, choice.Chosen); err != nil {
		return nil, err
	}
	if c.Exact, err = exact(ctx, db, sweep.Spec, runs, shown, truth); err != nil {
		return nil, err
	}
	return c, shown.Setting.Target.Err()
}

// but returns the JSON form of a setting without its guidance, by which settings that differ in nothing else are found.
func but(s experiments.Setting) string {
	s.Sample.Guidance = flow.Guidance{}
	return s.Form()
}

// sameNet returns the finished runs of the net of the chosen run, sampled as it apart from the guidance and the label.
func sameNet(results []experiments.Result, chosen experiments.Result) (list []experiments.Result) {
	form := func(r experiments.Result) string {
		r.Setting.Sample.Label = ""
		return but(r.Setting)
	}
	for _, r := range results {
		if r.Fit == chosen.Fit && r.State == experiments.Finished && form(r) == form(chosen) {
			list = append(list, r)
		}
	}
	return list
}

// Shown returns the run whose samples are shown by what they are given: the chosen one, unless that is of a single class, or of guidance
// 0, which heeds no condition, and there is another one, of which the weight is nearest.
func Shown(runs []experiments.Result, chosen experiments.Result) experiments.Result {
	wanted := chosen.Setting.Sample.Guidance.Weight()
	if wanted == 0 {
		wanted = 1
	}
	worse := func(r experiments.Result) (rank float64) {
		s := r.Setting.Sample
		if s.Label != "" {
			rank += 2e9
		}
		if s.Guidance.Weight() == 0 {
			rank += 1e9
		}
		return rank + math.Abs(s.Guidance.Weight()-wanted)
	}
	best := chosen
	for _, r := range runs {
		if worse(r) < worse(best) {
			best = r
		}
	}
	return best
}

// Samples returns the stored samples of a run with what they were given.
func Samples(ctx context.Context, db *store.DB, spec experiments.Spec, r experiments.Result) (flow.Batch, error) {
	x, err := saved.Samples(ctx, db, r.Run)
	if err != nil {
		return x, err
	}
	x.Given = job.Conditions(r.Setting, spec.Reference.Seed)
	return x, nil
}

// inUnits returns the truth and samples as they are shown: as rows of a table, as pixels or on the scale of the metrics.
func inUnits(s experiments.Setting, c given.Condition, truth, samples flow.Batch) (columns []string, real, drawn conditional.Points) {
	t := s.Target
	shown := func(x flow.Batch) flow.Batch { return x }
	table := job.TableOf(t)
	switch {
	case len(table.Columns) > 0:
		shown = table.Values
	case len(t.Shape) == 3:
		shown = t.Decode
	}
	for _, column := range table.Columns {
		if len(column.Categories) > 0 { // has no order, so no quantiles
			column.Name = ""
		}
		columns = append(columns, column.Name)
	}
	real, drawn = conditioned(c, shown(truth), truth), conditioned(c, shown(samples), samples)
	if len(table.Columns) == 0 {
		drawn = conditioned(c, shown(t.Project(samples)), samples)
	}
	return columns, real, drawn
}

// conditioned returns points with what rows as many are given.
func conditioned(c given.Condition, points, rows flow.Batch) conditional.Points {
	var out conditional.Points
	for i := range points.Len() {
		out.Rows = append(out.Rows, points.Row(i))
		if len(c.Classes) > 0 {
			out.Class = append(out.Class, given.ClassOf(rows.GivenTo(i)))
			continue
		}
		out.Numbers = append(out.Numbers, c.Values(rows.GivenTo(i)))
	}
	return out
}

// classRows returns the classes with the number of samples that were given each.
func classRows(c given.Condition, samples flow.Batch) []conditional.ClassRow {
	rows := make([]conditional.ClassRow, len(c.Classes))
	for k, name := range c.Classes {
		rows[k] = conditional.ClassRow{Class: name, Share: c.Shares[k]}
	}
	for i := range samples.Len() {
		if k := given.ClassOf(samples.GivenTo(i)); k != given.None && len(rows) > 0 {
			rows[k].N++
		}
	}
	return rows
}
