package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"flowsweep/experiments"
)

// addBaselines adds the baselines to the leaderboard, each before the settings with a higher mean of the metric of the choice.
func (r report) addBaselines(b *leaderboard) {
	at := slices.Index(r.metrics(), r.Sweep.Spec.Choose.Metric)
	if at < 0 || len(r.Sweep.Baselines()) == 0 {
		return
	}
	for _, of := range r.Sweep.Baselines() {
		b.Rows = append(b.Rows, r.baselineRow(of))
	}
	slices.SortStableFunc(b.Rows, func(x, y row) int { return cmp.Compare(sortKey(x.Cells[at]), sortKey(y.Cells[at])) })
}

// sortKey returns the number by which a cell is sorted.
func sortKey(c cell) float64 {
	x, _ := strconv.ParseFloat(c.Sort, 64) // it is written by sortable
	return x
}

// baselineRow returns a row without what belongs to a net or a solver.
func (r report) baselineRow(of experiments.BaselineSummary) row {
	out := row{
		Label: of.Label, Baseline: true,
		Full: fmt.Sprintf("%s of %s, %s points", of.Name, of.Target().Name, whole(of.Count)),
	}
	for _, m := range r.metrics() {
		out.Cells = append(out.Cells, r.meanCell(of.Summary, m))
	}
	draws := len(of.Summary.Runs)
	out.Cells = append(out.Cells, noCell, cell{Text: whole(draws), Sort: strconv.Itoa(draws)})
	return fill(out, len(r.metrics())+6)
}
