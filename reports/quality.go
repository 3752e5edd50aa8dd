package reports

import (
	"fmt"
	"html/template"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	crowd  = 6 // series that one figure can hold
	facets = 9 // small multiples that one figure can have
)

// quality returns the figure of a metric against a cost.
func (r report) quality(metric string, c cost) plate {
	all, missing := r.series(metric, c)
	if len(all) == 0 {
		return plate{Title: metric + " against " + c.short, Caption: "No setting has a finite mean to draw."}
	}
	front := r.markFront(metric, c, all)
	recipe := func(s series) string { return s.recipe }
	sampler := func(s series) string { return s.sampler }
	list, dropped := best(all, recipe, facets)
	split := len(names(all, recipe)) > 1 && len(names(all, sampler)) > 1 && len(all) > crowd
	if !split {
		list, dropped = best(all, func(s series) string { return s.recipe + "\n" + s.sampler }, len(marks))
	}
	p := plate{Title: metric + " against " + c.short, Table: r.qualityTable(c, all)}
	p.Caption = r.qualityCaption(metric, c, all, front, missing, dropped, split)
	p.Legend = dress(list, split, frameOf(list).floor)
	if len(r.ties(metric)) > 1 {
		p.Legend = append(p.Legend, entry{tieSwatch, "tied with the best"})
	}
	for _, title := range names(list, recipe) {
		panel := slices.DeleteFunc(slices.Clone(list), func(s series) bool { return split && s.recipe != title })
		if !split {
			title = ""
		}
		p.Drawings = append(p.Drawings, r.drawQuality(metric, title, c, panel, front, frameOf(list)))
		if !split {
			break
		}
	}
	p.Size = sizeFor(len(p.Drawings), "mid")
	return p
}

// dress gives each series its look and returns the legend that explains them: colour and mark tell samplers apart, or
// recipes where there is one sampler, and the dash tells recipes apart where they share a drawing.
func dress(list []series, split, floor bool) []entry {
	samplers := names(list, func(s series) string { return s.sampler })
	recipes := names(list, func(s series) string { return s.recipe })
	var legend []entry
	for i, name := range samplers {
		if len(samplers) > 1 {
			legend = append(legend, entry{look{Colour: i, Mark: i}.swatch(true, true, false), name})
		}
	}
	for i, name := range recipes {
		switch {
		case len(samplers) == 1 && len(recipes) > 1:
			legend = append(legend, entry{look{i, i, i}.swatch(true, true, false), name})
		case !split && len(recipes) > 1:
			legend = append(legend, entry{look{Colour: 6, Dash: i}.swatch(true, false, false), name})
		}
	}
	for i := range list {
		list[i].look = look{Colour: slices.Index(samplers, list[i].sampler), Mark: slices.Index(samplers, list[i].sampler)}
		if n := slices.Index(recipes, list[i].recipe); len(samplers) == 1 {
			list[i].look = look{n, n, n}
		} else if !split {
			list[i].look.Dash = n
		}
	}
	legend = append(legend, entry{frontSwatch, "Pareto front"}, entry{ringSwatch, "chosen"})
	if floor {
		legend = append(legend, entry{look{Colour: 6}.swatch(false, true, true), "mean ≤ 0, drawn at the lower edge"})
	}
	return legend
}

var (
	frontStyle  = draw.LineStyle{Color: color.NRGBA{190, 190, 190, 255}, Width: 5}
	frontSwatch = svg("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(frontStyle, 1, 6, 29, 6) })
	ringSwatch  = svg("", "", 30, 12, func(c draw.Canvas) { ring(&c, vg.Point{X: 15, Y: 6}, 5, 1.4) })
	tieSwatch   = svg("", "", 30, 12, func(c draw.Canvas) { ring(&c, vg.Point{X: 15, Y: 6}, 4.6, .6) })
)

func (r report) drawQuality(metric, title string, c cost, list []series, front []point, f frame) template.HTML {
	p := newPlot(c.axis, metric)
	p.Title.Text = title
	p.Title.Padding = 5
	p.Title.TextStyle.Font = sans(12.5)
	p.Add(stairs(front, f))
	var chosen *callout
	var tied rings
	var drawn []plotter.XYs
	for i, s := range list {
		// Marks of equal NFE step aside for one another, by less than their own width.
		aside := 1 + .03*(float64(i)-float64(len(list)-1)/2)
		line, bars := s.add(p, f, aside)
		drawn = append(append(drawn, line), bars...)
		for j, at := range s.points {
			if at.setting == r.chosen {
				chosen = &callout{at: line[j], text: "chosen"}
			} else if slices.Contains(r.ties(metric), at.setting) {
				tied.XYs = append(tied.XYs, line[j])
			}
		}
	}
	p.Add(tied)
	if chosen != nil {
		chosen.avoid = append(drawn, stairs(front, f).XYs)
		p.Add(chosen)
	}
	logAxis(&p.X, f.xlow, f.xhigh)
	p.X.Tick.Marker = c.ticks
	logAxis(&p.Y, f.ylow, f.yhigh)
	if f.floor {
		p.Y.Tick.Marker = floorTicks{f.ylow}
	}
	name := metric + " against " + c.short
	if title != "" {
		name += ", " + title
	}
	return svg(name, fmt.Sprintf("%s over %s, logarithmic axes. The numbers are in the table below.", metric,
		many(len(list), "line")), 400, 300, p.Draw)
}

// stairs returns the Pareto front as the border of what has been reached.
func stairs(front []point, f frame) *plotter.Line {
	var line plotter.XYs
	for i, p := range front {
		if i > 0 {
			line = append(line, plotter.XY{X: p.cost, Y: f.y(front[i-1].mean)})
		}
		line = append(line, plotter.XY{X: p.cost, Y: f.y(p.mean)})
	}
	if len(line) > 0 {
		line = append(line, plotter.XY{X: f.xhigh, Y: line[len(line)-1].Y})
	}
	return &plotter.Line{XYs: line, LineStyle: frontStyle}
}

// add draws the series: its line, the intervals that there are, and a mark a setting. It returns the line and
// the intervals as they are drawn.
func (s series) add(p *plot.Plot, f frame, aside float64) (line plotter.XYs, intervals []plotter.XYs) {
	bars := &plotter.YErrorBars{LineStyle: s.look.line(.9), CapWidth: 4}
	bars.Dashes = nil
	for _, at := range s.points {
		xy := plotter.XY{X: at.cost * aside, Y: f.y(at.mean)}
		line = append(line, xy)
		if finite(at.low) && finite(at.high) && at.high > f.ylow {
			low := max(at.low, f.ylow/1.5) // below the edge, where it is clipped and gets no cap
			bars.XYs = append(bars.XYs, xy)
			intervals = append(intervals, plotter.XYs{{X: xy.X, Y: low}, {X: xy.X, Y: at.high}})
			bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{max(xy.Y-low, 0), max(at.high-xy.Y, 0)})
		}
	}
	glyphs := &plotter.Scatter{XYs: line, GlyphStyleFunc: func(i int) draw.GlyphStyle {
		return s.look.glyph(s.points[i].mean <= 0)
	}}
	p.Add(&plotter.Line{XYs: line, LineStyle: s.look.line(1.2)}, bars, glyphs)
	return line, intervals
}

// qualityCaption says how to read the figure and what is not in it.
func (r report) qualityCaption(metric string, c cost, list []series, front []point, missing, dropped int, split bool) string {
	text := fmt.Sprintf("Further left is cheaper and lower is better: mean %s over the seeds against %s, "+
		"both on logarithmic axes; bars are 95\u00a0%% intervals of the mean, the grey line is the Pareto front of all settings "+
		"that finished every seed, and marks of equal cost stand a little aside of one another.",
		metric, c.axis)
	if ties := r.ties(metric); len(ties) > 1 {
		last := 0
		for _, p := range front {
			if slices.Contains(ties, p.setting) {
				last++
			}
		}
		text += fmt.Sprintf(" Thin rings mark the settings tied with the best; %d of the %s on the front are, and what the front "+
			"gains from one of them to the next may be luck.", last, many(len(front), "setting"))
	}
	for _, s := range list {
		if slices.ContainsFunc(s.points, func(p point) bool { return p.mean <= 0 }) {
			text += " A mean of 0 or less has no place on a logarithmic axis: it is an open mark at the lower edge, where intervals are cut too."
			break
		}
	}
	if missing > 0 {
		text += fmt.Sprintf(" %s left out, without a finite mean.", areOf(missing, "setting", "settings"))
	}
	if dropped > 0 && split {
		text += fmt.Sprintf(" %s not drawn: these have the lowest means.", areOf(dropped, "other recipe", "other recipes"))
	} else if dropped > 0 {
		text += fmt.Sprintf(" %s not drawn: these have the lowest means.", areOf(dropped, "other line", "other lines"))
	}
	return text
}
