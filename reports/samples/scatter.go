// Package samples draws points, rows of tables and images beside those of the data.
//
//	figures := samples.Figures(panels, nil, nil)
package samples

import (
	"fmt"
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// Panel is a sample to draw: points, (n, d), with a title. The first panel of a page is the data.
type Panel struct {
	Title  string
	Points [][]float64
	Chosen bool // drawn in its own colour
}

const (
	maxPanelPoints = 1000 // drawn per panel
	panelWidth     = 240
	pairWidth      = 400 // if two panels fill a row
)

// Figures returns the figures of the samples: of images as such, of a table by its columns and pairs of them.
func Figures(panels []Panel, images *Pictures, rows *Rows) []figure.Figure {
	if images != nil {
		return []figure.Figure{pictures(*images)}
	}
	var list []figure.Figure
	if rows == nil || len(rows.Columns) <= 2 {
		list = append(list, Samples(panels))
	}
	if rows == nil {
		return list
	}
	list = append(list, marginals(*rows))
	if len(rows.Correlations) > 0 {
		list = append(list, pairs(*rows))
	}
	if f := correlations(*rows); len(f.Drawings) > 0 {
		list = append(list, f)
	}
	return list
}

// Samples returns the figure of the panels, as scatter plots or, in one dimension, histograms. All share the axes of the
// first.
func Samples(panels []Panel) figure.Figure {
	if len(panels) == 0 || len(panels[0].Points) == 0 || len(panels[0].Points[0]) == 0 {
		return figure.Figure{Caption: "There are no samples to draw."}
	}
	dim := len(panels[0].Points[0])
	p := figure.Figure{Table: momentsTable(panels, min(dim, 2))}
	x := SpanOf(panels[0], 0)
	if dim == 1 {
		p.Caption = "Densities over the range of the data, which are grey. Where a coloured line leaves the grey shape, there are too many " +
			"or too few samples."
		p.Drawings = histograms(panels, x)
		p.Caption += farNote(panels, x)
		return p
	}
	p.Caption = "The shapes should match. Each dot is a point; all panels have the axes of the first, with equal scales."
	if dim > 2 {
		p.Caption += fmt.Sprintf(" Only the first two of %d coordinates are drawn.", dim)
	}
	p.Size = figure.SizeFor(len(panels), "small")
	y := SpanOf(panels[0], 1)
	width := vg.Length(panelWidth)
	if len(panels) < 3 {
		width = pairWidth
	}
	titles := panelTitles(panels, width)
	for i, panel := range panels {
		p.Drawings = append(p.Drawings, cloud(panel, titles[i], panelColour(panels, i), x, y, width))
		if len(panel.Points) > maxPanelPoints {
			p.Caption += fmt.Sprintf(" %s: the first %s of %s points.", panel.Title, number.Whole(maxPanelPoints), number.Whole(len(panel.Points)))
		}
	}
	p.Caption += " Points outside the axes are counted in the table." + farNote(panels, x, y)
	return p
}

// panelTitles returns the titles of the panels, short enough for their width.
func panelTitles(panels []Panel, width vg.Length) []string {
	titles := make([]string, len(panels))
	for i, p := range panels {
		titles[i] = p.Title
	}
	return figure.Fitted(titles, 12.5, width-4)
}

// panelColour returns grey for the data, which come first, one colour for the chosen panel and another for the rest.
func panelColour(panels []Panel, i int) color.NRGBA {
	switch {
	case i == 0:
		return figure.Data
	case panels[i].Chosen:
		return figure.Palette[1]
	default:
		return figure.Palette[0]
	}
}

// SpanOf returns the range of a coordinate over the panel's finite values, without those far outside, with a margin.
func SpanOf(p Panel, coordinate int) figure.Span {
	s := figure.Trimmed(column(p, coordinate))
	if !(s.High > s.Low) {
		if math.IsInf(s.Low, 0) {
			s = figure.Span{}
		}
		return figure.Span{Low: s.Low - 1, High: s.High + 1}
	}
	margin := .1 * (s.High - s.Low)
	return figure.Span{Low: s.Low - margin, High: s.High + margin}
}

// cloud draws the points of a panel, with x and y to the same scale.
func cloud(panel Panel, title string, colour color.NRGBA, x, y figure.Span, width vg.Length) template.HTML {
	p, height, inside := scatter(panel, title, colour, x, y, width)
	return figure.SVG(panel.Title, fmt.Sprintf("Scatter plot of %s.", number.Plural(inside, "point")), width, height, p.Draw)
}

// scatter returns the plot of a cloud, the height that it is to be drawn at, and how many points are inside the axes.
func scatter(panel Panel, title string, colour color.NRGBA, x, y figure.Span, width vg.Length) (*plot.Plot, vg.Length, int) {
	p := figure.New(title, "", "")
	far := farPoints(panel, colour, x, y)
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	ratio := (y.High - y.Low) / (x.High - x.Low)
	height := 45 + (width-35)*vg.Length(min(max(ratio, .5), 1.2))
	var inside plotter.XYs
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, y.Low, y.High
	area := p.DataCanvas(draw.NewCanvas(nil, width, height)).Size()
	if stretch := ratio * float64(area.X/area.Y); stretch > 1 {
		x = x.Widen(stretch)
	} else {
		y = y.Widen(1 / stretch)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, y.Low, y.High
	for _, row := range panel.Points[:min(len(panel.Points), maxPanelPoints)] {
		if len(row) > 1 && x.Has(row[0]) && y.Has(row[1]) {
			inside = append(inside, plotter.XY{X: row[0], Y: row[1]})
		}
	}
	p.Add(figure.Dots{XYs: inside, Colour: colour}, far)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, y.Low, y.High
	return p, height, len(inside)
}

// momentsTable returns counts, means and standard deviations of the panels.
func momentsTable(panels []Panel, dim int) figure.Table {
	t := figure.Table{Head: []string{"sample", "points", "not finite", "outside the axes"}, Text: 1}
	frame := make([]figure.Span, dim)
	for k := range dim {
		frame[k] = SpanOf(panels[0], k)
		t.Head = append(t.Head, fmt.Sprintf("mean x%d", k+1), fmt.Sprintf("std x%d", k+1))
	}
	titles := panelTitles(panels, 400)
	for i, p := range panels {
		bad, outside := 0, 0
		for _, row := range p.Points {
			for k := range min(dim, len(row)) {
				if !number.Finite(row[k]) {
					bad++
					break
				}
				if !frame[k].Has(row[k]) {
					outside++
					break
				}
			}
		}
		cells := []string{titles[i], number.Whole(len(p.Points)), number.Whole(bad), number.Whole(outside)}
		for k := range dim {
			mean, std := Moments(column(p, k))
			cells = append(cells, number.Text(mean), number.Text(std))
		}
		tip := ""
		if titles[i] != p.Title {
			tip = p.Title
		}
		t.AddFor(tip, cells...)
	}
	return t
}

// column returns the finite values of a coordinate.
func column(p Panel, coordinate int) []float64 {
	var values []float64
	for _, row := range p.Points {
		if coordinate < len(row) && number.Finite(row[coordinate]) {
			values = append(values, row[coordinate])
		}
	}
	return values
}

// Moments returns the mean and the standard deviation, each NaN if there are too few values.
func Moments(values []float64) (mean, std float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		std += (v - mean) * (v - mean) / (n - 1)
	}
	if len(values) == 0 {
		mean = math.NaN()
	}
	if len(values) < 2 {
		std = math.NaN()
	}
	return mean, math.Sqrt(std)
}
