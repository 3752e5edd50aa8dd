package compare

import (
	"context"
	"math"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/reports/comparison"
	"flowsweep/store"
)

// side is a sweep with what is stored of its choice.
type side struct {
	ship.Outcome
	fresh   experiments.Fresh
	verdict experiments.Verdict
	first   int // index of its first setting in the joint labels
	labels  joint
}

// choices sets the chosen settings side by side, for each target. A single target in both is one, even if it differs.
func choices(ctx context.Context, db *store.DB, a, b ship.Outcome, labels joint) (list []comparison.Choices, err error) {
	x, y := side{Outcome: a, labels: labels}, side{Outcome: b, labels: labels, first: len(a.Summaries)}
	for _, s := range []*side{&x, &y} {
		if s.NoChoice == nil {
			if s.fresh, s.verdict, err = s.Judged(ctx, db); err != nil {
				return nil, err
			}
		}
	}
	taken := map[int]bool{}
	for _, t := range x.Targets {
		k := x.counterpart(t, y)
		if k < 0 {
			list = append(list, comparison.Choices{Target: x.target(t), A: x.chosen(t), WhyA: why(t), WhyB: "it has no such target", Rows: []comparison.Row{}})
			continue
		}
		taken[k] = true
		c, err := pairOf(x, y, t, y.Targets[k])
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	for k, t := range y.Targets {
		if !taken[k] {
			list = append(list, comparison.Choices{Target: y.target(t), WhyA: "it has no such target", B: y.chosen(t), WhyB: why(t), Rows: []comparison.Row{}})
		}
	}
	return list, nil
}

// counterpart returns the index of the same target in the other sweep, or -1.
func (s side) counterpart(t experiments.TargetChoice, other side) int {
	if len(t.Settings) == 0 {
		return -1
	}
	for k, u := range other.Targets {
		if len(u.Settings) > 0 && s.form(t) == other.form(u) {
			return k
		}
	}
	if len(s.Targets) == 1 && len(other.Targets) == 1 && len(other.Targets[0].Settings) > 0 {
		return 0
	}
	return -1
}

func (s side) form(t experiments.TargetChoice) string {
	return s.Summaries[t.Settings[0]].Setting.MeasuredForm()
}

// target returns the label of a target, if there are several in either sweep.
func (s side) target(t experiments.TargetChoice) string {
	if len(t.Settings) == 0 {
		return ""
	}
	return s.labels.Target(s.first + t.Settings[0])
}

// why returns why nothing was chosen, if so.
func why(t experiments.TargetChoice) string {
	if t.Err != nil {
		return t.Err.Error()
	}
	return ""
}

// pairOf compares two chosen settings by every metric that both have, each by itself.
func pairOf(x, y side, t, u experiments.TargetChoice) (comparison.Choices, error) {
	c := comparison.Choices{A: x.chosen(t), B: y.chosen(u), WhyA: why(t), WhyB: why(u), Rows: []comparison.Row{}}
	if len(x.Targets) > 1 || len(y.Targets) > 1 {
		c.Target = x.target(t)
	}
	if c.A == nil || c.B == nil {
		return c, nil
	}
	p := match{a: measured{x.Outcome, x.Summaries[t.Chosen]}, b: measured{y.Outcome, y.Summaries[u.Chosen]}}
	for _, name := range shared(x.Outcome, y.Outcome) {
		rows, err := rowsOf([]match{p}, name)
		if err != nil {
			return c, err
		}
		row := rows[0]
		row.A.Fresh, row.B.Fresh = x.freshOf(t, name), y.freshOf(u, name)
		c.Rows = append(c.Rows, row)
	}
	return c, nil
}

// freshOf returns the mean of a metric on fresh points, if it is known for the target.
func (s side) freshOf(t experiments.TargetChoice, name string) *experiments.Interval {
	f, ok := s.fresh.Metrics[name]
	if !ok || t.Chosen != s.Choice.Chosen || math.IsNaN(float64(f.Mean)) {
		return nil
	}
	return &f.Interval
}

// chosen returns the chosen setting for a target, or nil.
func (s side) chosen(t experiments.TargetChoice) *comparison.Chosen {
	if t.Err != nil {
		return nil
	}
	of := s.Summaries[t.Chosen]
	c := &comparison.Chosen{
		Setting: s.labels.Setting(s.first + t.Chosen), Run: t.Run.Run, NFE: of.NFE, Params: of.Params, Reason: t.Reason,
		Milliseconds: experiments.Number(1000 * of.SampleSeconds / float64(of.Setting.Sample.Count)),
	}
	if t.Chosen == s.Choice.Chosen {
		c.Verdict = s.verdict.Sentence()
	}
	return c
}
