package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

const (
	maxLines    = 6 // series in one drawing
	maxDrawings = 9 // drawings in one figure
)

// chart is a figure of a metric against a cost. All its drawings have the same frame.
type chart struct {
	report
	metricName string
	cost       cost
	lines      []series
	fronts     map[string][]point  // Pareto fronts by target
	untuned    map[string][]point  // those of the settings that need no tuning; nil if no setting needs it
	drawingOf  func(series) string // names the drawing of a series; nil if there is only one
	frame      frame
}

// qualities returns the figures of every metric: of a net against its size; of samples against velocity calls, and that of the
// choice against time as well.
func (r report) qualities() (list []figure.Figure) {
	for _, metric := range r.metrics() {
		if r.ofNet(metric) {
			list = append(list, r.quality(metric, bySize))
			continue
		}
		list = append(list, r.quality(metric, byCalls))
		if metric == r.Sweep.Spec.Choose.Metric {
			list = append(list, r.quality(metric, byTime))
		}
	}
	return list
}

// quality returns the figure of a metric against a cost.
func (r report) quality(metric string, c cost) figure.Figure {
	title := metric + " against " + c.short
	all, missing := r.series(metric, c)
	if len(all) == 0 {
		return figure.Figure{Title: title, Caption: "No setting has a finite mean to draw."}
	}
	if len(all) == 1 && len(all[0].points) == 1 {
		only := all[0].points[0]
		return figure.Figure{Title: title, Caption: fmt.Sprintf("There is one value to draw: %s of %s.", number.Interval(only.mean, only.low, only.high), r.labels.Setting(only.setting))}
	}
	q := chart{
		report: r, metricName: metric, cost: c, fronts: r.markFront(metric, c, all), untuned: r.frontsUntuned(metric, c, all),
		drawingOf: partition(all),
	}
	var dropped int
	q.lines, dropped = q.some(all)
	q.frame = frameOf(q.lines, all, r.metric(metric).Signed)
	q.setStyles()
	caption := []string{
		r.description(metric, c, q.frame), noiseNote(q.lines, q.frame), r.tiesNote(metric, q.fronts), q.untunedNote(), nonPositiveNote(q.frame), outsideNote(q.lines, q.frame),
		q.omissions(missing, dropped),
	}
	if !r.ofNet(metric) {
		caption = append(caption, r.guidanceNote())
	}
	caption = slices.DeleteFunc(caption, func(part string) bool { return part == "" })
	fig := figure.Figure{Title: title, Caption: strings.Join(caption, " "), Legend: q.legend(), Table: r.qualityTable(c, all)}
	if q.drawingOf == nil {
		fig.Drawings = []template.HTML{q.draw("", "", q.lines)}
		return fig
	}
	names := distinct(q.lines, q.drawingOf)
	titles := figure.Fitted(names, 12.5, 390)
	for i, name := range names {
		lines := slices.DeleteFunc(slices.Clone(q.lines), func(s series) bool { return q.drawingOf(s) != name })
		fig.Drawings = append(fig.Drawings, q.draw(titles[i], cmp.Or(q.labels.Whole(name), name), lines))
	}
	fig.Size = figure.SizeFor(len(fig.Drawings), "mid")
	return fig
}

// some returns the lines that the figure has room for, and how many recipes or lines it leaves out.
func (q chart) some(all []series) (list []series, dropped int) {
	switch {
	case !q.byRecipe(all):
		return limit(all)
	case q.metricName == q.Sweep.Spec.Choose.Metric && q.cost.axis == byCalls.axis:
		return q.shown(all, maxPanels)
	default:
		return q.shown(all, 1)
	}
}

// byRecipe reports whether each recipe has its own drawing.
func (q chart) byRecipe(lines []series) bool {
	return q.drawingOf != nil && q.drawingOf(lines[0]) == lines[0].recipe
}

// limit returns the lines of each target with the lowest means, as many as a drawing can hold, and the number of those left out.
func limit(all []series) (list []series, dropped int) {
	for _, target := range distinct(all, func(s series) string { return s.target }) {
		kept, more := best(slices.DeleteFunc(slices.Clone(all), func(s series) bool { return s.target != target }), series.line, len(figure.Markers))
		list, dropped = append(list, kept...), dropped+more
	}
	return list, dropped
}

// line identifies the line of a series.
func (s series) line() string { return s.recipe + "\n" + s.sampler }

// partition returns the function that assigns lines to drawings: by recipe if there are too many for one drawing, by target
// if there are several, or nil.
func partition(all []series) func(series) string {
	recipe, target := func(s series) string { return s.recipe }, func(s series) string { return s.target }
	samplers, recipes := len(distinct(all, func(s series) string { return s.sampler })), len(distinct(all, recipe))
	switch {
	case recipes > 1 && samplers > 1 && len(all) > maxLines:
		return recipe
	case len(distinct(all, target)) > 1:
		return target
	default:
		return nil
	}
}

// draw returns the drawing of some lines of the chart. Its title may be short for a name.
func (q chart) draw(title, of string, lines []series) template.HTML {
	f := q.frame
	p := figure.New(title, q.cost.axis, q.metricName)
	for _, b := range bands(lines, f) {
		b.draw(p, f)
	}
	for _, y := range lowerBounds(lines, f) {
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: f.xlow, Y: y}, {X: f.xhigh, Y: y}}, LineStyle: boundStyle})
	}
	front := stairs(q.fronts[lines[0].target], f, frontStyle)
	p.Add(front, stairs(q.untuned[lines[0].target], f, untunedStyle))
	ticks.SetLog(&p.X, f.xlow, f.xhigh)
	p.X.Tick.Marker = q.cost.ticks
	axes := "logarithmic axes"
	if f.linear {
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = f.ylow, f.yhigh, ticks.Even{}
		axes = "a logarithmic and a linear axis"
	} else {
		ticks.SetLog(&p.Y, f.ylow, f.yhigh)
	}
	if f.nonPositive {
		p.Y.Tick.Marker = ticks.NonPositive{Low: f.ylow}
	}
	name := q.metricName + " against " + q.cost.short
	if of != "" {
		name += ", " + of
	}
	description := fmt.Sprintf("%s as %s on %s. The numbers are in the table below.", q.metricName, number.Plural(len(lines), "line"), axes)
	d := figure.Drawing{Title: name, Description: description, Width: 400, Height: 300, Plot: p}
	q.addLines(&d, lines, front.XYs)
	return d.SVG()
}

// addLines draws the lines, then rings around the tied settings, and last the chosen setting's ring and name.
func (q chart) addLines(d *figure.Drawing, lines []series, front plotter.XYs) {
	var chosen *figure.Callout
	var tied figure.Rings
	var drawn []plotter.XYs
	var far figure.Outsiders
	places := make([]plotter.XYs, len(lines))
	for i, s := range lines {
		for _, at := range s.points {
			places[i] = append(places[i], plotter.XY{X: at.cost, Y: q.frame.y(at.mean)})
		}
	}
	places = d.Apart(places)
	for i, s := range lines {
		line := places[i]
		layer, bars := s.layer(q.frame, line)
		layer.Key = q.key(s)
		d.Layers = append(d.Layers, layer)
		drawn = append(append(drawn, line), bars...)
		for j, at := range s.points {
			d.Marks = append(d.Marks, figure.Mark{At: line[j], Setting: at.setting, Layer: layer.Key, Text: q.tip(at)})
			if q.frame.beyond(at.mean) {
				far = append(far, figure.Outside{At: line[j], Direction: figure.Upwards, Text: number.Text(at.mean), Colour: s.style.Tint()})
			}
			if at.setting == q.chosen {
				chosen = &figure.Callout{At: line[j], Text: "chosen"}
			} else if slices.Contains(q.ties(q.metricName), at.setting) {
				tied.XYs = append(tied.XYs, line[j])
			}
		}
	}
	top := figure.Layer{Plotters: []plot.Plotter{tied, far}}
	if chosen != nil {
		chosen.Avoid = append(drawn, front)
		top.Plotters = append(top.Plotters, chosen)
	}
	d.Layers = append(d.Layers, top)
}

// tip says what a point stands for.
func (q chart) tip(at point) string {
	value := q.metricName + " " + number.Interval(at.mean, at.low, at.high)
	if at.setting < 0 {
		return value
	}
	return q.labels.Setting(at.setting) + ": " + value + ", NFE " + nfe(q.Summaries[at.setting])
}

// stairs returns the Pareto front as the step line below which no setting has been found.
func stairs(front []point, f frame, style draw.LineStyle) *plotter.Line {
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
	return &plotter.Line{XYs: line, LineStyle: style}
}

// layer returns the line, intervals and markers of the series with its points at their places, and where the intervals are drawn.
func (s series) layer(f frame, line plotter.XYs) (l figure.Layer, intervals []plotter.XYs) {
	bars := &plotter.YErrorBars{LineStyle: s.style.Line(.9), CapWidth: 4}
	bars.Dashes = nil
	var marked plotter.XYs // others have arrows
	var open []bool
	for i, at := range s.points {
		xy := line[i]
		if f.beyond(at.mean) {
			continue
		}
		marked, open = append(marked, xy), append(open, f.open(at.mean))
		if number.Finite(at.low) && number.Finite(at.high) && at.high > f.ylow {
			low, high := at.low, f.clipped(at.high)
			if !f.linear {
				low = max(low, f.ylow/1.5) // below the edge, where it is clipped and gets no cap
				low = max(low, xy.Y*1e-12) // so that y minus low does not round to y
			}
			bars.XYs = append(bars.XYs, xy)
			intervals = append(intervals, plotter.XYs{{X: xy.X, Y: low}, {X: xy.X, Y: high}})
			bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{max(xy.Y-low, 0), max(high-xy.Y, 0)})
		}
	}
	glyphs := &plotter.Scatter{XYs: marked, GlyphStyleFunc: func(i int) draw.GlyphStyle { return s.style.Glyph(open[i]) }}
	l.Plotters = []plot.Plotter{&plotter.Line{XYs: line, LineStyle: s.style.Line(1.2)}, bars, glyphs}
	return l, intervals
}
