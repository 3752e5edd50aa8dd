package comparison

import (
	"cmp"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

var sideStyles = [2]figure.Style{{Colour: 0}, {Colour: 1, Marker: 1, Dash: 1}}

// quality returns the figure of the metric to choose by against velocity calls, of both sweeps; nil if there is nothing to draw.
func quality(c Comparison, metric string) *figure.Figure {
	sides := [2]Side{c.A, c.B}
	var means []float64
	positive := true
	for i := range sides {
		sides[i].Points = slices.DeleteFunc(slices.Clone(sides[i].Points), func(p Point) bool { return !number.Finite(p.Mean) || !(p.NFE > 0) })
		for _, p := range sides[i].Points {
			means, positive = append(means, p.Mean), positive && p.Mean > 0
		}
	}
	if len(means) < 2 {
		return nil
	}
	limit := figure.UpperLimit(means, nil, nil, !positive)
	p := axes(metric, sides, limit, positive)
	d := figure.Drawing{
		Title: metric + " against velocity calls", Description: "A mark for each setting of both sweeps, and for each sweep a step line along its Pareto front.", Width: 400, Height: 300, Plot: p,
	}
	f := &figure.Figure{
		Title: d.Title, Caption: "Each mark is the mean of a setting over its seeds: further left is cheaper, lower is better. The lines are the Pareto fronts, below which no " +
			"setting of the sweep was found. Rings are the choices.",
		Table: figure.Table{Head: []string{"sweep", "setting", "NFE", metric}, Text: 2},
	}
	beyond := 0
	places := d.Apart([]plotter.XYs{places(sides[0], limit), places(sides[1], limit)})
	for i, s := range sides {
		key := []string{"a", "b"}[i]
		beyond += addSide(&d, s, i, key, places[i], limit)
		f.Legend = append(f.Legend, figure.Entry{Swatch: sideStyles[i].Swatch(true, true, false), Text: s.Sweep, Key: key})
		for _, at := range s.Points {
			f.Table.Add(s.Sweep, at.Setting, experiments.Calls(at.NFE).String(), number.Precise(at.Mean))
		}
	}
	if beyond > 0 {
		f.Caption += " " + number.CountAre(beyond, "setting", "settings") + " far above, and only in the table."
	}
	f.Drawings = []template.HTML{d.SVG()}
	return f
}

// axes returns the plot without marks.
func axes(metric string, sides [2]Side, limit float64, positive bool) *plot.Plot {
	p := figure.New("", "velocity calls per sample (NFE)", metric)
	x, y := figure.Span{Low: math.Inf(1), High: math.Inf(-1)}, figure.Span{Low: math.Inf(1), High: math.Inf(-1)}
	for _, s := range sides {
		for _, at := range s.Points {
			x = figure.Span{Low: min(x.Low, at.NFE), High: max(x.High, at.NFE)}
			if at.Mean <= limit {
				y = figure.Span{Low: min(y.Low, at.Mean), High: max(y.High, at.Mean)}
			}
		}
	}
	ticks.SetLog(&p.X, x.Low/1.3, x.High*1.3)
	p.X.Tick.Marker = ticks.Doubling{}
	if positive {
		ticks.SetLog(&p.Y, y.Low/1.2, y.High*1.2)
		return p
	}
	margin := max(.08*(y.High-y.Low), 1e-9)
	p.Y.Min, p.Y.Max, p.Y.Tick.Marker = y.Low-margin, y.High+margin, ticks.Even{}
	return p
}

// places returns where the settings of a sweep belong that are not too far above.
func places(s Side, limit float64) (list plotter.XYs) {
	for _, at := range s.Points {
		if at.Mean <= limit {
			list = append(list, plotter.XY{X: at.NFE, Y: at.Mean})
		}
	}
	return list
}

// addSide draws the settings of a sweep at their places and its Pareto front, and returns how many are too far above.
func addSide(d *figure.Drawing, s Side, i int, key string, places plotter.XYs, limit float64) (beyond int) {
	style := sideStyles[i]
	var marks plotter.XYs
	var rings figure.Rings
	for _, at := range s.Points {
		if at.Mean > limit {
			beyond++
			continue
		}
		xy := places[len(marks)]
		marks = append(marks, xy)
		d.Marks = append(d.Marks, figure.Mark{At: xy, Setting: -1, Layer: key, Text: s.Sweep + ", " + at.Setting + ": " + number.Precise(at.Mean) + ", NFE " + experiments.Calls(at.NFE).String()})
		if at.Chosen {
			rings.XYs = append(rings.XYs, xy)
		}
	}
	line := style.Line(1.2)
	glyphs := &plotter.Scatter{XYs: marks, GlyphStyle: style.Glyph(false)}
	d.Layers = append(d.Layers, figure.Layer{Key: key, Plotters: []plot.Plotter{stairs(s.Points, limit, d.Plot.X.Max, line), glyphs, rings}})
	return beyond
}

// stairs returns the Pareto front of settings as a step line, to the right end of the drawing.
func stairs(points []Point, limit, right float64, style draw.LineStyle) *plotter.Line {
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b Point) int { return cmp.Or(cmp.Compare(a.NFE, b.NFE), cmp.Compare(a.Mean, b.Mean)) })
	var line plotter.XYs
	for _, at := range sorted {
		last := len(line) - 1
		if at.Mean > limit || last >= 0 && at.Mean >= line[last].Y {
			continue
		}
		if last >= 0 {
			line = append(line, plotter.XY{X: at.NFE, Y: line[last].Y})
		}
		line = append(line, plotter.XY{X: at.NFE, Y: at.Mean})
	}
	if len(line) > 0 {
		line = append(line, plotter.XY{X: right, Y: line[len(line)-1].Y})
	}
	return &plotter.Line{XYs: line, LineStyle: style}
}
