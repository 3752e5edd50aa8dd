package samples

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

	"flowsweep/reports/conditional"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// ByColumn returns the figure of a table: for every column the median and the quartiles of each class. Those columns are drawn that tell
// the classes apart the most.
func (c Conditioned) ByColumn() figure.Figure {
	classes, left := c.Drawn()
	f := figure.Figure{Title: "Columns by " + c.Given.Label, Size: "mid"}
	f.Table = figure.Table{Head: []string{"column", c.Given.Label, "quarter", "median", "three quarters", c.Real, "", ""}, Text: 2}
	f.Legend = []figure.Entry{{Swatch: figure.BarSwatch(figure.Shape, nil), Text: c.Real + " of the class"}, {Swatch: figure.BarSwatch(figure.Palette[1], nil), Text: "samples that were given the class"}}
	all := c.Coordinates()
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(c.apart(b, classes), c.apart(a, classes)) })
	shown := all[:min(len(all), MaxMarginals)]
	f.Caption = fmt.Sprintf("%s: the middle half of the values of each column, with the median, under that of the %s %s of all classes.%s",
		c.Of(), number.Whole(len(c.Truth.Rows)), c.RealPoints(), conditional.LeftNote(left))
	if len(shown) < len(all) {
		f.Caption += fmt.Sprintf(" Drawn are the %d of %s columns of numbers that tell the classes apart the most.", len(shown), number.Whole(len(all)))
	}
	slices.Sort(shown)
	for _, j := range shown {
		f.Drawings = append(f.Drawings, c.quartiles(j, classes, &f.Table))
	}
	return f
}

// apart returns how much of the variance of a coordinate of the truth is between the classes.
func (c Conditioned) apart(j int, classes []int) float64 {
	_, all := Moments(column(Panel{Points: c.Truth.Rows}, j))
	var means []float64
	for _, k := range classes {
		if mean, _ := Moments(column(Panel{Points: c.Truth.Only(k)}, j)); number.Finite(mean) {
			means = append(means, mean)
		}
	}
	_, between := Moments(means)
	if ratio := between / all; number.Finite(ratio) {
		return ratio
	}
	return 0
}

// quartiles draws the middle halves of a column, the first class on top, and adds them to the table.
func (c Conditioned) quartiles(j int, classes []int, t *figure.Table) template.HTML {
	names, marks := make([]string, len(classes)), make([]plot.Tick, len(classes))
	for i, k := range classes {
		names[i] = c.Given.Classes[k]
	}
	p := figure.New(figure.Fitted([]string{c.Named(j)}, 12.5, 300)[0], "", "")
	for i, name := range figure.Fitted(names, 11.5, 90) {
		y := float64(len(names) - i)
		marks[i] = plot.Tick{Value: y, Label: name}
		cells := []string{c.Named(j), names[i]}
		for _, of := range []struct {
			points conditional.Points
			at     float64
			colour color.NRGBA
		}{{c.Samples, y - .17, figure.Palette[1]}, {c.Truth, y + .17, figure.Shape}} {
			values := slices.Sorted(slices.Values(column(Panel{Points: of.points.Only(classes[i])}, j)))
			low, middle, high := conditional.Quantile(values, .25), conditional.Quantile(values, .5), conditional.Quantile(values, .75)
			cells = append(cells, number.Text(low), number.Text(middle), number.Text(high))
			if len(values) == 0 {
				continue
			}
			p.Add(&plotter.Line{XYs: plotter.XYs{{X: low, Y: of.at}, {X: high, Y: of.at}}, LineStyle: draw.LineStyle{Color: of.colour, Width: 7}},
				&plotter.Line{XYs: plotter.XYs{{X: middle, Y: of.at - .15}, {X: middle, Y: of.at + .15}}, LineStyle: draw.LineStyle{Color: figure.Ink, Width: 1.4}})
		}
		t.Add(cells...)
	}
	x := figure.Span{Low: p.X.Min, High: p.X.Max}.Widen(1.08)
	p.X.Min, p.X.Max = x.Low, x.High
	p.Y.Min, p.Y.Max = .4, float64(len(names))+.6
	p.Y.Tick.Marker, p.X.Tick.Marker = plot.ConstantTicks(marks), ticks.Even{}
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	return figure.SVG(c.Named(j), "The middle half of the values of each class, of samples and of the truth. The numbers are in the table below.", 310,
		vg.Length(50+32*len(names)), p.Draw)
}

// maxNumberDrawings is the number of pairs of a coordinate and a number that are drawn.
const maxNumberDrawings = 9

// ByNumber returns the figure of models that are conditional on numbers: every coordinate against every number, with running quantiles.
func (c Conditioned) ByNumber() figure.Figure {
	f := figure.Figure{Title: "Samples against what they are given", Table: figure.Table{Head: []string{"coordinate", "given", "from", "to", "samples 10\u00a0%", "median", "90\u00a0%", c.Real + " 10\u00a0%", "median", "90\u00a0%"}, Text: 2}}
	style := func(colour color.NRGBA) template.HTML {
		return figure.SVG("", "", 30, 12, func(canvas draw.Canvas) { canvas.StrokeLine2(draw.LineStyle{Color: colour, Width: 2}, 1, 6, 29, 6) })
	}
	f.Legend = []figure.Entry{
		{Swatch: figure.DotSwatch(figure.Palette[4]), Text: "a sample, at the number that it was given"}, {Swatch: style(figure.Palette[1]), Text: "samples: median, 10\u00a0% and 90\u00a0% quantile"}, {Swatch: style(figure.Ink), Text: c.Real + ": the same"},
	}
	f.Caption = fmt.Sprintf("%s. The quantiles are those of %d parts with as many points each, in the order of the condition: lines that agree mean that the conditional "+
		"distributions do, as far as one coordinate and one number show.", c.Of(), c.Bins())
	all := c.Coordinates()
	drawn := 0
	for k := range c.Given.Numbers {
		for _, j := range all {
			if drawn++; drawn <= maxNumberDrawings {
				f.Drawings = append(f.Drawings, c.against(j, k, &f.Table))
			}
		}
	}
	f.Size = figure.SizeFor(len(f.Drawings), "mid")
	if drawn > maxNumberDrawings {
		f.Caption += fmt.Sprintf(" Drawn are the first %d of %s pairs.", maxNumberDrawings, number.Whole(drawn))
	}
	return f
}

// against draws coordinate j of the samples against number k, and adds the quantiles to the table.
func (c Conditioned) against(j, k int, t *figure.Table) template.HTML {
	p := figure.New("", c.Given.Numbers[k].Name, c.Named(j))
	var points plotter.XYs
	for i, row := range c.Samples.Rows[:min(len(c.Samples.Rows), maxPanelPoints/4)] {
		if z := c.Samples.Numbers[i][k]; number.Finite(z) && number.Finite(row[j]) {
			points = append(points, plotter.XY{X: z, Y: row[j]})
		}
	}
	x, y := SpanOf(Panel{Points: c.Truth.Numbers}, k), SpanOf(Panel{Points: c.Truth.Rows}, j)
	points = slices.DeleteFunc(points, func(at plotter.XY) bool { return !x.Has(at.X) || !y.Has(at.Y) })
	p.Add(figure.Dots{XYs: points, Colour: figure.Palette[4]})
	samples, truth := c.Samples.Running(j, k, c.Bins()), c.Truth.Running(j, k, c.Bins())
	for _, of := range []struct {
		bins   []conditional.Bin
		colour color.NRGBA
	}{{truth, figure.Ink}, {samples, figure.Palette[1]}} {
		for q, width := range []vg.Length{1.1, 2, 1.1} {
			var line plotter.XYs
			for _, b := range of.bins {
				line = append(line, plotter.XY{X: b.Middle, Y: y.Nearest(b.Quantiles[q])})
			}
			p.Add(&plotter.Line{XYs: line, LineStyle: draw.LineStyle{Color: of.colour, Width: width}})
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, y.Low, y.High
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	for i, b := range samples {
		cells := []string{c.Named(j), c.Given.Numbers[k].Name, number.Text(b.Low), number.Text(b.High)}
		for _, of := range [][]conditional.Bin{samples, truth} {
			for q := range 3 {
				if i < len(of) {
					cells = append(cells, number.Text(of[i].Quantiles[q]))
				}
			}
		}
		t.Add(cells...)
	}
	return figure.SVG(c.Named(j)+" against "+c.Given.Numbers[k].Name, "Samples as dots, with lines of quantiles of samples and of the truth. The numbers are in the table below.", 400, 280, p.Draw)
}

// maxExactPoints is the number of points in a panel of a guided flow.
const maxExactPoints = 299

// classColours distinguish classes, with a grey beside the palette.
var classColours = append(slices.Clone(figure.Palette), figure.Backdrop)

// place returns where point i is drawn: in one dimension at its number, or spread over the room of its class.
func (c Conditioned) place(x conditional.Points, i int) (at plotter.XY) {
	row := x.Rows[i]
	switch {
	case len(row) > 1:
		return plotter.XY{X: row[0], Y: row[1]}
	case len(c.Given.Numbers) > 0:
		return plotter.XY{X: x.Numbers[i][0], Y: row[0]}
	default:
		return plotter.XY{X: float64(x.Class[i]) + .7*(float64(i*7919%1000)/1000-.5), Y: row[0]}
	}
}

// spansOf returns the axes of the points.
func (c Conditioned) spansOf(x conditional.Points) (figure.Span, figure.Span) {
	var placed Panel
	for i := range x.Rows {
		at := c.place(x, i)
		placed.Points = append(placed.Points, []float64{at.X, at.Y})
	}
	return SpanOf(placed, 0), SpanOf(placed, 1)
}

// coloured draws points in the colours of their classes.
func (c Conditioned) coloured(title string, of conditional.Points, x, y figure.Span) template.HTML {
	label := [2]string{}
	if len(of.Rows[0]) == 1 {
		label = [2]string{c.Given.Label, "x1"}
		if len(c.Given.Numbers) > 0 {
			label[0] = c.Given.Numbers[0].Name
		}
	}
	p := figure.New(title, label[0], label[1])
	byColour := make([]plotter.XYs, len(classColours))
	for i := range min(len(of.Rows), maxExactPoints) {
		k := 0
		if len(of.Class) > 0 {
			k = max(of.Class[i], 0) % len(classColours)
		}
		if at := c.place(of, i); x.Has(at.X) && y.Has(at.Y) {
			byColour[k] = append(byColour[k], at)
		}
	}
	for k, points := range byColour {
		p.Add(figure.Dots{XYs: points, Colour: classColours[k]})
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Low, x.High, y.Low, y.High
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	if label[1] != "" && len(of.Class) > 0 {
		var names plot.ConstantTicks
		for k, name := range figure.Fitted(c.Given.Classes, 11.5, panelWidth/vg.Length(len(c.Given.Classes))) {
			names = append(names, plot.Tick{Value: float64(k), Label: name})
		}
		p.X.Tick.Marker = names
	}
	return figure.SVG(title, fmt.Sprintf("Scatter plot of %s.", number.Plural(min(len(of.Rows), maxExactPoints), "point")), panelWidth, panelWidth, p.Draw)
}
