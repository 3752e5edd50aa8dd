package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/board"
	"flowsweep/reports/number"
)

// leaderboard lists the settings by rising mean of the metric of the choice.
func (r report) leaderboard() board.Board {
	b := board.Board{Head: r.boardHead()}
	var rows []board.Row
	for i := range r.Summaries {
		rows = append(rows, r.row(i))
	}
	for k, of := range r.Sweep.Baselines() {
		row := r.baselineRow(of)
		row.Setting = len(r.Summaries) + k
		rows = append(rows, row)
	}
	b.Head[choiceColumn].Scale = r.addStrips(rows)
	b.Groups = board.Grouped(rows, r.aboutGroup)
	return b.Limited()
}

// ranked returns the settings by rising mean of the metric of the choice, those without one last.
func (r report) ranked() []int {
	order := make([]int, len(r.Summaries))
	mean := make([]float64, len(r.Summaries))
	for i, s := range r.Summaries {
		order[i], mean[i] = i, math.Inf(1)
		if st, ok := s.Stat(r.Sweep.Spec.Choose.Metric); ok && !math.IsNaN(st.Mean) {
			mean[i] = st.Mean
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	return order
}

// choiceColumn is that of the metric of the choice.
const choiceColumn = 1

// boardHead returns the headings: first the cost and the metric of the choice, which are read most.
func (r report) boardHead() []board.Column {
	var head []board.Column
	metrics := r.boardMetrics()
	for _, text := range slices.Concat([]string{"NFE"}, metrics[:min(len(metrics), 1)], []string{"behind the best"}, r.againstHead(), metrics[min(len(metrics), 1):],
		[]string{"ms per sample", "parameters", "seeds", "fit s"}) {
		head = append(head, board.Column{Text: text})
	}
	return head
}

// boardMetrics returns the metrics with that of the choice first.
func (r report) boardMetrics() []string {
	of := r.Sweep.Spec.Choose.Metric
	names := slices.DeleteFunc(r.metrics(), func(name string) bool { return name == of })
	return append([]string{of}, names...)
}

// aboutGroup describes the net that the rows of a group have in common.
func (r report) aboutGroup(best board.Row) (whole, note string) {
	s := r.Summaries[best.Setting]
	parts := []string{"best " + r.Sweep.Spec.Choose.Metric + " " + number.Text(best.Mean)}
	if !number.Finite(best.Mean) {
		parts[0] = "no " + r.Sweep.Spec.Choose.Metric
	}
	if len(s.Runs) > 0 {
		parts = append(parts, number.Whole(s.Params)+" parameters", "fitted in "+number.Text(fitSeconds(s))+" s")
	}
	return r.labels.Whole(best.Of), strings.Join(parts, ", ")
}

// row returns the row of setting i. Its label starts with the recipe.
func (r report) row(i int) board.Row {
	s := r.Summaries[i]
	out := board.Row{Setting: i, How: r.labels.Setting(i), Full: r.labels.Full(i), Chosen: r.isChosen(i), Tied: r.tied(i), Mean: math.NaN()}
	if how, found := strings.CutPrefix(out.How, r.labels.Recipe(i)+" · "); found {
		out.Of, out.How = r.labels.Recipe(i), how
	}
	if st, ok := s.Stat(r.Sweep.Spec.Choose.Metric); ok && len(s.Runs) > 0 {
		out.Mean = st.Mean
	}
	seeds := board.Cell{Text: number.Whole(len(s.Runs)), Sort: strconv.Itoa(len(s.Runs))}
	if len(s.Runs) < s.Planned {
		seeds.Text = fmt.Sprintf("%d of %d", len(s.Runs), s.Planned)
	}
	last := []board.Cell{noCell, noCell, seeds, noCell}
	out.Cells = []board.Cell{noCell}
	if len(s.Runs) > 0 {
		out.Cells[0] = callCell(s)
		last = []board.Cell{
			{Text: number.Text(milliseconds(s)), Sort: sortable(milliseconds(s))},
			{Text: number.Whole(s.Params), Sort: strconv.Itoa(s.Params)},
			seeds,
			{Text: number.Text(fitSeconds(s)), Sort: sortable(fitSeconds(s))},
		}
	}
	out.Cells = append(append(out.Cells, r.metricCells(s, append([]board.Cell{r.behind(i)}, r.againstCell(i)...))...), last...)
	return out
}

// metricCells returns the cells of all metrics, with others after the first.
func (r report) metricCells(s experiments.Summary, behind []board.Cell) (cells []board.Cell) {
	for k, m := range r.boardMetrics() {
		cells = append(cells, r.meanCell(s, m))
		if k == 0 {
			cells = append(cells, behind...)
		}
	}
	return cells
}

// baselineRow returns a row without what belongs to a net or a solver.
func (r report) baselineRow(of experiments.BaselineSummary) board.Row {
	out := board.Row{
		How: of.Label, Baseline: true, Mean: math.NaN(),
		Full: fmt.Sprintf("%s of %s, %s points", of.Name, of.Target().Name, number.Whole(of.Count)),
	}
	if st, ok := of.Summary.Stat(r.Sweep.Spec.Choose.Metric); ok && len(of.Summary.Runs) > 0 {
		out.Mean = st.Mean
	}
	draws := len(of.Summary.Runs)
	out.Cells = append([]board.Cell{noCell}, r.metricCells(of.Summary, append([]board.Cell{noCell}, r.againstCell(-1)...))...)
	out.Cells = append(out.Cells, noCell, noCell, board.Cell{Text: number.Whole(draws), Sort: strconv.Itoa(draws)}, noCell)
	return out
}

// meanCell returns the mean of a metric over the seeds, with its interval.
func (r report) meanCell(s experiments.Summary, metric string) board.Cell {
	st, ok := s.Stat(metric)
	if !ok || len(s.Runs) == 0 {
		return noCell
	}
	c := board.Cell{Sort: sortable(st.Mean), InNoise: r.inNoise(s.Setting, st)}
	c.Text, c.Ends = twoLines(number.Interval(st.Mean, st.Low, st.High))
	return c
}

// twoLines splits an interval into the mean and the ends, each with the power of ten that they share.
func twoLines(interval string) (mean, ends string) {
	mean, ends, found := strings.Cut(interval, " [")
	if !found {
		return interval, ""
	}
	if inner, power, shared := strings.Cut(ends, ")"); shared {
		return strings.TrimPrefix(mean, "(") + power, "[" + inner + power
	}
	return mean, "[" + ends
}

// noCell is an empty cell, which sorts last.
var noCell = board.Cell{Text: "–", Sort: "inf"}
