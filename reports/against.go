package reports

import (
	"flowsweep/reports/board"
	"flowsweep/reports/comparison"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// against is the section on the baseline.
type against struct {
	Sentence string
	Table    *figure.Table
}

// against returns the section on the baseline, or nil if there is none.
func (r report) against() *against {
	if r.Baseline == nil {
		return nil
	}
	a := &against{Sentence: r.Baseline.Sentence(r.chosen)}
	if len(r.Baseline.Metrics) > 0 {
		a.Table = r.Baseline.Table(r.ranked())
	}
	return a
}

// againstHead returns the heading of the leaderboard's column on the baseline, if there is one.
func (r report) againstHead() []string {
	if _, ok := r.Baseline.Of(0); !ok {
		return nil
	}
	return []string{"against " + r.Baseline.Label}
}

// againstCell returns the cell of setting i in that column, if there is one.
func (r report) againstCell(i int) []board.Cell {
	if len(r.againstHead()) == 0 {
		return nil
	}
	row, ok := r.Baseline.Of(i)
	if !ok || row.Versus == nil {
		return []board.Cell{noCell}
	}
	of, text := row.Versus.Difference, number.Interval
	if row.Versus.Ratio != nil {
		of = *row.Versus.Ratio
	}
	c := board.Cell{Sort: sortable(float64(of.Mean))}
	c.Text, c.Ends = twoLines(text(float64(of.Mean), float64(of.Low), float64(of.High)))
	if row.Versus.Ratio != nil {
		c.Text += "×"
	}
	if row.Finding == comparison.Equal {
		c.Text, c.Ends = "equal", ""
	}
	return []board.Cell{c}
}
