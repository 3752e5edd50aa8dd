package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// maxBars is the maximum number of settings in a drawing of budgets.
const maxBars = 24

// The parts of a budget, in the order of their bars.
var budgetParts = []struct {
	name   string
	colour color.NRGBA
	of     func(experiments.Budget) float64
}{
	{"noise floor: what samples of the target score", figure.Front, func(b experiments.Budget) float64 { return b.Floor }},
	{"the net: what a dense solve adds", figure.Palette[0], func(b experiments.Budget) float64 { return b.Net.Value }},
	{"the solver: what its steps add", figure.Palette[5], func(b experiments.Budget) float64 { return b.Solver.Value }},
}

// budgetRow is the budget of setting i.
type budgetRow struct {
	i      int
	mean   float64
	budget experiments.Budget
}

// budgets returns one figure for each metric with known budgets.
func (r report) budgets() []figure.Figure {
	var figures []figure.Figure
	for _, m := range r.metrics() {
		var rows []budgetRow
		infinite := 0
		for i, s := range r.Summaries {
			b, ok := s.Budget(m)
			switch st, there := s.Stat(m); {
			case !ok || !there:
			case number.Finite(b.Net.Value) && number.Finite(b.Solver.Value) && number.Finite(b.Floor):
				rows = append(rows, budgetRow{i, st.Mean, b})
			default:
				infinite++
			}
		}
		if len(rows) == 0 {
			continue
		}
		slices.SortStableFunc(rows, func(a, b budgetRow) int { return cmp.Compare(a.mean, b.mean) })
		fig := r.budgetFigure(m, rows)
		if infinite > 0 {
			fig.Caption += fmt.Sprintf(" %s not here: a part is not finite.", number.CountAre(infinite, "setting", "settings"))
		}
		if note := r.guidanceNote(); note != "" {
			fig.Caption += " " + note
		}
		figures = append(figures, fig)
	}
	return figures
}

func (r report) budgetFigure(metric string, rows []budgetRow) figure.Figure {
	fig := figure.Figure{
		Title: metric,
		Caption: fmt.Sprintf("The mean %s of each setting is the sum of three parts. The floor is the mean of samples of the target itself, the net’s part "+
			"what a dense solve of the same net from the same noise adds, and the solver’s part what its steps add to that. A part below 0 lies to the "+
			"left: there, the run scores better than what it is compared with. One sample of the target differs from another by the noise, %s "+
			"(one standard deviation).", metric, number.Text(rows[0].budget.Noise)),
		Table: figure.Table{Head: []string{"setting", "mean", "noise floor", "net", "± se", "solver", "± se", "noise"}, Text: 1},
	}
	for _, part := range budgetParts {
		fig.Legend = append(fig.Legend, figure.Entry{Swatch: figure.SVG("", "", 30, 12, func(c draw.Canvas) {
			c.SetColor(part.colour)
			c.Fill(vg.Rectangle{Min: vg.Point{X: 1, Y: 1}, Max: vg.Point{X: 29, Y: 11}}.Path())
		}), Text: part.name})
	}
	for _, row := range rows {
		b := row.budget
		label := r.labels.Setting(row.i)
		fig.Table.AddFor(r.labels.Whole(label), label, number.Text(row.mean), number.Text(b.Floor), number.Text(b.Net.Value), number.Text(b.Net.SE), number.Text(b.Solver.Value),
			number.Text(b.Solver.SE), number.Text(b.Noise))
	}
	shown, which := r.shownBudgets(rows)
	if len(shown) < len(rows) {
		fig.Caption += fmt.Sprintf(" Drawn are the %d %s; the table has all.", len(shown), which)
	}
	x, cut := budgetAxis(shown, r.upperLimit(metric))
	if cut > 0 {
		fig.Caption += fmt.Sprintf(" %s far longer than the others and cut off, with an arrow and the place of the end.", number.CountAre(cut, "bar", "bars"))
	}
	fig.Drawings = []template.HTML{r.drawBudgets(metric, shown, x)}
	return fig
}

// shownBudgets returns the budgets to draw, and what they are: those of the chosen net, from few velocity calls to many, or
// else those with the lowest means.
func (r report) shownBudgets(rows []budgetRow) (shown []budgetRow, which string) {
	if r.chosen >= 0 {
		recipe := r.labels.Recipe(r.chosen)
		for _, row := range rows {
			if r.labels.Recipe(row.i) == recipe {
				shown = append(shown, row)
			}
		}
	}
	if len(shown) < 2 || len(shown) > maxBars {
		return rows[:min(len(rows), maxBars)], "settings with the lowest means"
	}
	slices.SortStableFunc(shown, func(a, b budgetRow) int { return cmp.Compare(r.Summaries[a.i].NFE, r.Summaries[b.i].NFE) })
	return shown, "settings of the chosen net, from few velocity calls to many"
}

// parts returns the bar of each of the parts, and where they begin and end together.
func (b budgetRow) parts() (bars []figure.Span, all figure.Span) {
	for _, part := range budgetParts {
		v := part.of(b.budget)
		from := all.High
		if v < 0 {
			from = all.Low
		}
		bars = append(bars, figure.Span{Low: from, High: from + v})
		all = figure.Span{Low: min(all.Low, from+v), High: max(all.High, from+v)}
	}
	return bars, all
}

// budgetAxis returns the span of the bars that are not longer than a limit, and the number of those that are.
func budgetAxis(rows []budgetRow, limit float64) (x figure.Span, cut int) {
	for _, row := range rows {
		_, all := row.parts()
		if max(all.High, -all.Low) > limit {
			cut++
			continue
		}
		x = figure.Span{Low: min(x.Low, all.Low), High: max(x.High, all.High)}
	}
	return x, cut
}

// drawBudgets draws one bar for each row, the first on top. Those that leave the span are cut off and marked.
func (r report) drawBudgets(metric string, rows []budgetRow, x figure.Span) template.HTML {
	p := figure.New("", metric, "")
	marks := make([]plot.Tick, len(rows))
	labels := r.barLabels(rows)
	var far figure.Outsiders
	for k, row := range rows {
		y := float64(len(rows) - k)
		marks[k] = plot.Tick{Value: y, Label: labels[k]}
		bars, all := row.parts()
		for i, b := range bars {
			p.Add(bar(x.Nearest(b.Low), x.Nearest(b.High), y, budgetParts[i].colour))
		}
		if all.High > x.High {
			far = append(far, figure.Outside{At: plotter.XY{X: x.High, Y: y}, Direction: figure.Rightward, Text: number.Text(all.High), Colour: figure.Ink})
		}
		if all.Low < x.Low {
			far = append(far, figure.Outside{At: plotter.XY{X: x.Low, Y: y}, Direction: figure.Leftward, Text: number.Text(all.Low), Colour: figure.Ink})
		}
	}
	p.Add(far)
	p.Add(&plotter.Line{XYs: plotter.XYs{{X: 0, Y: .4}, {X: 0, Y: float64(len(rows)) + .6}}, LineStyle: draw.LineStyle{Color: figure.Muted, Width: .8}})
	p.Y.Min, p.Y.Max = .4, float64(len(rows))+.6
	p.Y.Tick.Marker, p.X.Tick.Marker = plot.ConstantTicks(marks), ticks.Even{}
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	d := figure.Drawing{
		Title: metric + " by its parts", Width: 560, Height: vg.Length(60 + 17*len(rows)), Plot: p,
		Description: fmt.Sprintf("One bar for each of %s. The numbers are in the table below.", number.Plural(len(rows), "setting")),
	}
	for k, row := range rows {
		b := row.budget
		d.Marks = append(d.Marks, figure.Mark{
			At: plotter.XY{X: x.Nearest(row.mean), Y: float64(len(rows) - k)}, Setting: row.i,
			Text: fmt.Sprintf("%s: %s %s, of which noise floor %s, net %s, solver %s", r.labels.Setting(row.i), metric, number.Text(row.mean),
				number.Text(b.Floor), number.Text(b.Net.Value), number.Text(b.Solver.Value)),
		})
	}
	return d.SVG()
}

// barLabels returns the labels of the settings, short enough for the drawing.
func (r report) barLabels(rows []budgetRow) []string {
	labels := make([]string, len(rows))
	for k, row := range rows {
		labels[k] = r.labels.Setting(row.i)
	}
	labels = figure.Fitted(labels, 11.5, 260)
	for k, row := range rows {
		if row.i == r.chosen {
			labels[k] += " ◀ chosen"
		}
	}
	return labels
}

// bar returns a horizontal bar around y.
func bar(from, to, y float64, colour color.NRGBA) *plotter.Polygon {
	const half = .36
	return &plotter.Polygon{XYs: []plotter.XYs{{{X: from, Y: y - half}, {X: to, Y: y - half}, {X: to, Y: y + half}, {X: from, Y: y + half}}}, Color: colour}
}
