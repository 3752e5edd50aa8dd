package samples

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"flowsweep/reports/conditional"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Conditioned draws what is shown of conditional models.
type Conditioned struct{ *conditional.Conditions }

// maxClassPoints is the number of points of the truth and of the samples in the panel of a class.
const maxClassPoints = 150

// ByClass returns the figure of points of one or two coordinates: a panel for each class, samples over the truth.
func (c Conditioned) ByClass() figure.Figure {
	classes, left := c.Drawn()
	f := figure.Figure{Title: "Samples of each " + c.Given.Label, Size: "small"}
	dim := len(c.Truth.Rows[0])
	f.Legend = []figure.Entry{{Swatch: figure.DotSwatch(figure.Backdrop), Text: c.Real + " of the class"}, {Swatch: figure.DotSwatch(figure.Palette[1]), Text: "samples that were given it"}}
	f.Caption = fmt.Sprintf("%s, over %s of the class. All panels have the same axes, and up to %d points of each kind; the table counts them all.", c.Of(), c.Real, maxClassPoints)
	if dim == 1 {
		f.Legend[0].Swatch, f.Legend[1].Swatch = figure.BarSwatch(figure.Shape, nil), figure.BarSwatch(nil, figure.Palette[1])
		f.Caption = fmt.Sprintf("Densities. %s, as a line over %s of the class. All panels have the same horizontal axis.", c.Of(), c.Real)
	}
	f.Caption += conditional.LeftNote(left)
	var spans []figure.Span
	for j := range min(dim, 2) {
		spans = append(spans, SpanOf(Panel{Points: slices.Concat(c.Truth.Rows, c.Samples.Rows)}, j))
	}
	if dim > 2 {
		f.Caption += fmt.Sprintf(" Only the first two of %d coordinates are drawn.", dim)
	}
	f.Table = figure.Table{Head: []string{c.Given.Label, "samples", c.Real}, Text: 1}
	for j := range min(dim, 2) {
		f.Table.Head = append(f.Table.Head, fmt.Sprintf("mean x%d", j+1), c.Real, fmt.Sprintf("std x%d", j+1), c.Real)
	}
	for _, k := range classes {
		name := c.Given.Classes[k]
		truth, samples := Panel{Title: name, Points: c.Truth.Only(k)}, Panel{Title: name, Points: c.Samples.Only(k)}
		cells := []string{name, number.Whole(len(samples.Points)), number.Whole(len(truth.Points))}
		for j := range min(dim, 2) {
			mean, std := Moments(column(samples, j))
			realMean, realStd := Moments(column(truth, j))
			cells = append(cells, number.Text(mean), number.Text(realMean), number.Text(std), number.Text(realStd))
		}
		f.Table.Add(cells...)
		f.Drawings = append(f.Drawings, classPanel(truth, samples, spans))
	}
	return f
}

// classPanel draws samples over the truth: as dots or, in one dimension, as a line over a grey shape.
func classPanel(truth, samples Panel, spans []figure.Span) template.HTML {
	title := figure.Fitted([]string{samples.Title}, 12.5, panelWidth-4)[0]
	p := figure.New(title, "", "")
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	description := fmt.Sprintf("%s over %s of the truth.", number.Plural(len(samples.Points), "sample"), number.Plural(len(truth.Points), "point"))
	x := spans[0]
	if len(spans) == 1 {
		n := binsFor(max(min(len(truth.Points), len(samples.Points)), 1))
		p.Add(&plotter.Line{XYs: density(truth, 0, x, n), FillColor: figure.Shape},
			&plotter.Line{XYs: density(samples, 0, x, n), LineStyle: draw.LineStyle{Color: figure.Palette[1], Width: 1.6}})
		p.X.Min, p.X.Max, p.Y.Min = x.Low, x.High, 0
		return figure.SVG(samples.Title, description, panelWidth, 170, p.Draw)
	}
	y := spans[1]
	p.Add(figure.Dots{XYs: someInside(truth, x, y), Colour: figure.Backdrop}, figure.Dots{XYs: someInside(samples, x, y), Colour: figure.Palette[1]})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, y.Low, y.High
	height := 45 + (panelWidth-35)*min(max((y.High-y.Low)/(x.High-x.Low), .5), 1.2)
	return figure.SVG(samples.Title, description, panelWidth, vg.Length(math.Round(height)), p.Draw)
}

// someInside returns the first points of a panel within the spans.
func someInside(panel Panel, x, y figure.Span) (list plotter.XYs) {
	for _, row := range panel.Points[:min(len(panel.Points), maxClassPoints)] {
		if x.Has(row[0]) && y.Has(row[1]) {
			list = append(list, plotter.XY{X: row[0], Y: row[1]})
		}
	}
	return list
}
