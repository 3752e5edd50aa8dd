package samples

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments/metric"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// Rows are the truth and the samples of the chosen net as rows of a table, in the units of its columns. The numbers of a
// column of categories are places in the list of these.
type Rows struct {
	Columns        []metric.TableColumn
	Truth, Samples Panel
	Marginals      []metric.Marginal    // of the columns
	Correlations   []metric.Correlation // of every two
}

// MaxMarginals is the maximum number of columns that are drawn.
const MaxMarginals = 12

// marginals returns the figure of the columns of a table, one drawing each.
func marginals(r Rows) figure.Figure {
	f := figure.Figure{Table: figure.Table{Head: []string{"column", "distance", "±", "data", "±", "samples", "±"}, Text: 1}, Size: "small"}
	distances := r.Marginals
	order := make([]int, len(distances))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(distances[b].Value, distances[a].Value) })
	for _, j := range order {
		r.addMarginal(&f.Table, j, distances[j])
	}
	drawn := order[:min(len(order), MaxMarginals)]
	slices.Sort(drawn)
	titles := make([]string, len(drawn))
	for i, j := range drawn {
		titles[i] = r.Columns[j].Name
	}
	titles = figure.Fitted(titles, 12.5, panelWidth-4)
	for i, j := range drawn {
		f.Drawings = append(f.Drawings, r.marginal(j, titles[i], fmt.Sprintf("distance %s", number.Text(distances[j].Value))))
	}
	f.Legend = []figure.Entry{{Swatch: figure.BarSwatch(figure.Shape, nil), Text: r.Truth.Title}, {Swatch: figure.BarSwatch(nil, figure.Palette[1]), Text: r.Samples.Title}}
	f.Caption = "Every column of the table in its own units: the shares of the values of the data, in grey, and of the samples, as a line. The distance is " +
		"the largest difference between the shares up to some number (Kolmogorov-Smirnov) or, of categories, of any set of them (total variation)."
	if left := len(order) - len(drawn); left > 0 {
		f.Caption += fmt.Sprintf(" The %s with the largest distance are drawn; the table has the other %s too.", number.Plural(len(drawn), "column"), number.Whole(left))
	}
	return f
}

// addMarginal adds the row of a column: its means and standard deviations, or of categories the shares.
func (r Rows) addMarginal(t *figure.Table, j int, m metric.Marginal) {
	c := r.Columns[j]
	truth, samples := column(r.Truth, j), column(r.Samples, j)
	if len(c.Categories) == 0 {
		mean, std := Moments(truth)
		sampleMean, sampleStd := Moments(samples)
		t.Add(c.Name, number.Text(m.Value), number.Text(m.SE), number.Text(mean), number.Text(std), number.Text(sampleMean), number.Text(sampleStd))
		return
	}
	t.Add(c.Name, number.Text(m.Value), number.Text(m.SE), "", "", "", "")
	p, q := c.Shares(truth), c.Shares(samples)
	for k, name := range c.Categories {
		t.Add(c.Name+": "+name, "", "", number.Text(p[k]), "", number.Text(q[k]), "")
	}
}

// marginal draws a column.
func (r Rows) marginal(j int, title, label string) template.HTML {
	const width, height = panelWidth, 170
	c, p := r.Columns[j], figure.New(title, label, "")
	p.Y.Tick.Marker = ticks.Even{}
	if len(c.Categories) > 0 {
		r.bars(p, j)
	} else {
		x := SpanOf(Panel{Points: slices.Concat(r.Truth.Points, r.Samples.Points)}, j)
		n := binsFor(min(len(r.Truth.Points), len(r.Samples.Points)))
		data, samples := density(r.Truth, j, x, n), density(r.Samples, j, x, n)
		p.X.Tick.Marker = ticks.Even{}
		p.Add(&plotter.Line{XYs: data, FillColor: figure.Shape}, &plotter.Line{XYs: samples, LineStyle: draw.LineStyle{Color: figure.Palette[1], Width: 1.6}})
		p.X.Min, p.X.Max = x.Low, x.High
	}
	p.Y.Min = 0
	return figure.SVG(c.Name, "Shares of the values of the data and of the samples.", width, height, p.Draw)
}

// maxCategories is the maximum number of categories of a column that are drawn.
const maxCategories = 10

// bars draws the shares of the categories of column j: the most frequent ones.
func (r Rows) bars(p *plot.Plot, j int) {
	c := r.Columns[j]
	shares, theirs := c.Shares(column(r.Truth, j)), c.Shares(column(r.Samples, j))
	order := make([]int, len(shares))
	for k := range order {
		order[k] = k
	}
	if len(order) > maxCategories {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(shares[b], shares[a]) })
		order = order[:maxCategories]
		slices.Sort(order)
	}
	names := make([]string, len(order))
	for i, k := range order {
		names[i] = c.Categories[k]
	}
	names = figure.Fitted(names, 11.5, (panelWidth-50)/vg.Length(max(1, len(names))))
	var ticks plot.ConstantTicks
	for i, k := range order {
		at := float64(i)
		p.Add(figure.Box(at-.4, at+.4, shares[k], figure.Shape, nil), figure.Box(at-.4, at+.4, theirs[k], nil, figure.Palette[1]))
		ticks = append(ticks, plot.Tick{Value: at, Label: names[i]})
	}
	p.X.Tick.Marker = ticks
	p.X.Min, p.X.Max = -.6, float64(len(order))-.4
}

// bins is the number of bars of a histogram of thousands of values.
const bins = 40

// histograms returns one drawing for each panel after the data, over that of the data, or one of the data alone.
func histograms(panels []Panel, x figure.Span) []template.HTML {
	var drawings []template.HTML
	plots := histogramPlots(panels, x)
	for i, p := range plots {
		title := panels[len(panels)-len(plots)+i].Title
		drawings = append(drawings, figure.SVG(title, "Histogram in front of that of the data.", histogramWidth, histogramHeight, p.Draw))
	}
	return drawings
}

// histogramWidth and histogramHeight are the size of the drawing of a histogram.
const histogramWidth, histogramHeight = 400, 260

// histogramPlots returns the plots of the histograms.
func histogramPlots(panels []Panel, x figure.Span) (plots []*plot.Plot) {
	data := density(panels[0], 0, x, bins)
	top := 0.
	for _, panel := range panels {
		for _, at := range density(panel, 0, x, bins) {
			top = max(top, at.Y)
		}
	}
	titles := panelTitles(panels, histogramWidth)
	for i, panel := range panels {
		if i == 0 && len(panels) > 1 {
			continue
		}
		p := figure.New(titles[i], "x1", "density")
		p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
		p.Add(&plotter.Line{XYs: data, FillColor: figure.Shape})
		if i > 0 {
			p.Add(&plotter.Line{XYs: density(panel, 0, x, bins), LineStyle: draw.LineStyle{Color: panelColour(panels, i), Width: 1.6}})
		}
		p.Add(farPoints(panel, panelColour(panels, i), x))
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, 0, max(top*1.05, 1e-9)
		plots = append(plots, p)
	}
	return plots
}

// binsFor returns how many bars suit n values: a number that grows with the cube root, as in Rice's rule.
func binsFor(n int) int { return min(max(8, int(3*math.Cbrt(float64(n)))), bins) }

// density returns the outline of a histogram of a coordinate whose area is the fraction of the values within the span.
func density(p Panel, coordinate int, x figure.Span, bins int) plotter.XYs {
	values := column(p, coordinate)
	width := (x.High - x.Low) / float64(bins)
	counts := make([]float64, bins)
	for _, v := range values {
		if i := int((v - x.Low) / width); v >= x.Low && v < x.High && i < bins {
			counts[i]++
		}
	}
	line := plotter.XYs{{X: x.Low}}
	for i, n := range counts {
		y := 0.
		if len(values) > 0 {
			y = n / float64(len(values)) / width
		}
		left := x.Low + float64(i)*width
		line = append(line, plotter.XY{X: left, Y: y}, plotter.XY{X: left + width, Y: y})
	}
	return append(line, plotter.XY{X: x.High})
}
