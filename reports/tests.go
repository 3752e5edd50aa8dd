package reports

import (
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
