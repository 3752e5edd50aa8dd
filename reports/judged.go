package reports

import (
	"fmt"
	"strings"

	"flowsweep/experiments"
)

// testRow is the outcome of a metric's test in the verdict.
type testRow struct {
	Metric, Value, Null, P, Holm, Mark, Why string
	Failed                                  bool
}

// tests lists the tests of the verdict.
func (r report) tests() []testRow {
	var rows []testRow
	for _, t := range r.Verdict.Tests {
		row := testRow{
			Metric: t.Metric, Value: number(float64(t.Value)), P: pText(float64(t.P)), Holm: pText(float64(t.Holm)), Mark: string(t.Mark), Why: t.Why,
			Failed: t.Mark == experiments.TestFail, Null: noCell.Text,
		}
		switch {
		case t.Null != nil:
			row.Null = number(float64(t.Null.Mean)) + " to " + number(float64(t.Null.Q95))
		case t.Above != nil:
			row.Null = "at least " + number(float64(t.Value-*t.Above))
		}
		rows = append(rows, row)
	}
	return rows
}

// fresh says how good the chosen setting is on fresh points, if that was measured.
func (r report) fresh(chosenBy experiments.Stat) string {
	if len(r.Fresh.Metrics) == 0 {
		return ""
	}
	var figures []string
	judged := false
	for _, st := range r.Fresh.Stats(r.Sweep.Spec.Metrics) {
		figures = append(figures, st.Name+" "+interval(st.Mean, st.Low, st.High))
		judged = judged || st.Name == chosenBy.Name
	}
	text := strings.Join(figures, ", ")
	if r.Fresh.SameRows {
		return text + ", with other noise. Too few rows are held out to keep some for these figures: the reference is of the rows that the choice used."
	}
	text += ", with noise and a reference that the choice did not use."
	if judged && len(r.Summaries) > 1 {
		text += fmt.Sprintf(" The lowest of many figures is partly luck, so the %s of %s behind the choice flatters the setting: "+
			"publish these figures instead.", chosenBy.Name, number(chosenBy.Mean))
	}
	return text
}

// freshFact returns the fresh figure of the metric of the choice, if there is one.
func (r report) freshFact(metric string) []fact {
	for _, st := range r.Fresh.Stats(r.Sweep.Spec.Metrics) {
		if st.Name == metric {
			return []fact{{metric + " on fresh points", interval(st.Mean, st.Low, st.High), "the figure to publish"}}
		}
	}
	return nil
}
