package reports

import (
	"fmt"
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

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
	maxPanelPoints = 2000 // drawn per panel
	panelWidth     = 240
	pairWidth      = 400 // if two panels fill a row
)

// sampleFigures returns the figures of the samples: of images as such, of a table by its columns and pairs of them.
func sampleFigures(p Page) []figure {
	if p.Pictures != nil {
		return []figure{pictures(*p.Pictures)}
	}
	var list []figure
	if p.Rows == nil || len(p.Rows.Columns) <= 2 {
		list = append(list, samples(p.Samples))
	}
	if p.Rows == nil {
		return list
	}
	list = append(list, marginals(*p.Rows))
	if len(p.Rows.Correlations) > 0 {
		list = append(list, pairs(*p.Rows))
	}
	if f := correlations(*p.Rows); len(f.Drawings) > 0 {
		list = append(list, f)
	}
	return list
}

// samples returns the figure of the panels, as scatter plots or, in one dimension, histograms. All share the axes of the
// first.
func samples(panels []Panel) figure {
	if len(panels) == 0 || len(panels[0].Points) == 0 || len(panels[0].Points[0]) == 0 {
		return figure{Caption: "There are no samples to draw."}
	}
	dim := len(panels[0].Points[0])
	p := figure{Table: momentsTable(panels, min(dim, 2))}
	x := spanOf(panels[0], 0)
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
	p.Size = sizeFor(len(panels), "small")
	y := spanOf(panels[0], 1)
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
	return fitted(titles, 12.5, width-4)
}

// panelColour returns grey for the data, which come first, one colour for the chosen panel and another for the rest.
func panelColour(panels []Panel, i int) color.NRGBA {
	switch {
	case i == 0:
		return color.NRGBA{70, 70, 70, 255}
	case panels[i].Chosen:
		return palette[1]
	default:
		return palette[0]
	}
}

// span is a range of one coordinate.
type span struct{ low, high float64 }

// spanOf returns the range of a coordinate over the panel's finite values, without those far outside, with a margin.
func spanOf(p Panel, coordinate int) span {
	s := trimmed(column(p, coordinate))
	if !(s.high > s.low) {
		if math.IsInf(s.low, 0) {
			s = span{}
		}
		return span{s.low - 1, s.high + 1}
	}
	margin := .1 * (s.high - s.low)
	return span{s.low - margin, s.high + margin}
}

// widen scales the span by the factor around its middle.
func (s span) widen(factor float64) span {
	middle, half := (s.low+s.high)/2, (s.high-s.low)/2*factor
	return span{middle - half, middle + half}
}

// nearest returns the place in the span that is nearest to x.
func (s span) nearest(x float64) float64 { return min(max(x, s.low), s.high) }

func (s span) has(x float64) bool { return x >= s.low && x <= s.high }

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

// cloud draws the points of a panel, with x and y to the same scale.
func cloud(panel Panel, title string, colour color.NRGBA, x, y span, width vg.Length) template.HTML {
	p := newPlot(title, "", "")
	far := farPoints(panel, colour, x, y)
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	ratio := (y.high - y.low) / (x.high - x.low)
	height := 45 + (width-35)*vg.Length(min(max(ratio, .5), 1.2))
	var inside plotter.XYs
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.low, x.high, y.low, y.high
	area := p.DataCanvas(draw.NewCanvas(nil, width, height)).Size()
	if stretch := ratio * float64(area.X/area.Y); stretch > 1 {
		x = x.widen(stretch)
	} else {
		y = y.widen(1 / stretch)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.low, x.high, y.low, y.high
	for _, row := range panel.Points[:min(len(panel.Points), maxPanelPoints)] {
		if len(row) > 1 && x.has(row[0]) && y.has(row[1]) {
			inside = append(inside, plotter.XY{X: row[0], Y: row[1]})
		}
	}
	p.Add(dots{inside, colour}, far)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.low, x.high, y.low, y.high
	return svg(panel.Title, fmt.Sprintf("Scatter plot of %s.", number.Plural(len(inside), "point")), width, height, p.Draw)
}

// dots draws points in a few layers of one path each. That is much smaller than one path per point, and dense areas are
// still darker.
type dots struct {
	plotter.XYs
	colour color.NRGBA
}

// Plot draws the points.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	const layers = 8
	radius := vg.Length(1)
	if len(d.XYs) < 300 {
		radius = 1.8
	}
	toX, toY := p.Transforms(&c)
	d.colour.A = 130
	c.SetColor(d.colour)
	for layer := range layers {
		var path vg.Path
		for i := layer; i < len(d.XYs); i += layers {
			at := vg.Point{X: toX(d.XYs[i].X), Y: toY(d.XYs[i].Y)}
			path.Move(vg.Point{X: at.X + radius, Y: at.Y})
			path.Arc(at, radius, 0, 2*math.Pi)
			path.Close()
		}
		if len(path) > 0 {
			c.Fill(path)
		}
	}
}

// momentsTable returns counts, means and standard deviations of the panels.
func momentsTable(panels []Panel, dim int) table {
	t := table{Head: []string{"sample", "points", "not finite", "outside the axes"}, Text: 1}
	frame := make([]span, dim)
	for k := range dim {
		frame[k] = spanOf(panels[0], k)
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
				if !frame[k].has(row[k]) {
					outside++
					break
				}
			}
		}
		cells := []string{titles[i], number.Whole(len(p.Points)), number.Whole(bad), number.Whole(outside)}
		for k := range dim {
			mean, std := moments(column(p, k))
			cells = append(cells, number.Text(mean), number.Text(std))
		}
		tip := ""
		if titles[i] != p.Title {
			tip = p.Title
		}
		t.addFor(tip, cells...)
	}
	return t
}

// moments returns the mean and the standard deviation, each NaN if there are too few values.
func moments(values []float64) (mean, std float64) {
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
