package reports

import (
	"fmt"
	"html/template"
	"image/color"
	"slices"
	"strings"

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
	fronts := r.markFront(metric, c, all)
	split := partition(all)
	list, dropped := fitting(all, split)
	p := plate{Title: metric + " against " + c.short, Table: r.qualityTable(c, all)}
	f := frameOf(list, r.facts(metric).Signed)
	p.Caption = strings.Join(slices.DeleteFunc([]string{
		r.about(metric, c, f), noiseNote(list, f), r.tiesNote(metric, fronts), floorNote(f), leftOut(missing, dropped, split != nil),
	}, func(part string) bool { return part == "" }), " ")
	p.Legend = r.dress(metric, list, split, f)
	if split == nil {
		p.Drawings = []template.HTML{r.drawQuality(metric, "", c, list, fronts[list[0].target], f)}
		return p
	}
	for _, title := range names(list, split) {
		panel := slices.DeleteFunc(slices.Clone(list), func(s series) bool { return split(s) != title })
		p.Drawings = append(p.Drawings, r.drawQuality(metric, title, c, panel, fronts[panel[0].target], f))
	}
	p.Size = sizeFor(len(p.Drawings), "mid")
	return p
}

// fitting returns the lines that there is room for, those of the lowest means, and how many names of them it left out: of
// recipes where each has a drawing, and else of lines.
func fitting(all []series, split func(series) string) (list []series, dropped int) {
	if split != nil && split(all[0]) == all[0].recipe {
		return best(all, split, facets)
	}
	for _, target := range names(all, func(s series) string { return s.target }) {
		kept, more := best(slices.DeleteFunc(slices.Clone(all), func(s series) bool { return s.target != target }), series.line, len(marks))
		list, dropped = append(list, kept...), dropped+more
	}
	return list, dropped
}

// line names what a line of a figure is of.
func (s series) line() string { return s.recipe + "\n" + s.sampler }

// partition returns what the lines of a figure are parted into drawings by: their recipe where one drawing could not hold
// them, their target where there are several, or nothing.
func partition(all []series) func(series) string {
	recipe, target := func(s series) string { return s.recipe }, func(s series) string { return s.target }
	samplers, recipes := len(names(all, func(s series) string { return s.sampler })), len(names(all, recipe))
	switch {
	case recipes > 1 && samplers > 1 && len(all) > crowd:
		return recipe
	case len(names(all, target)) > 1:
		return target
	default:
		return nil
	}
}

// dress gives each series its look and returns the legend that explains them: colour and mark tell samplers apart, or
// recipes where there is one sampler, and the dash tells recipes apart where they share a drawing.
func (r report) dress(metric string, list []series, split func(series) string, f frame) []entry {
	samplers := names(list, func(s series) string { return s.sampler })
	recipes := names(list, func(s series) string { return s.recipe })
	var legend []entry
	for i, name := range samplers {
		if len(samplers) > 1 {
			legend = append(legend, entry{look{Colour: i, Mark: i}.swatch(true, true, false), name})
		}
	}
	byRecipe := split != nil && split(list[0]) == list[0].recipe && len(samplers) > 1
	for i, name := range recipes {
		switch {
		case len(samplers) == 1 && len(recipes) > 1:
			legend = append(legend, entry{look{i, i, i}.swatch(true, true, false), name})
		case !byRecipe && len(recipes) > 1:
			legend = append(legend, entry{look{Colour: 6, Dash: i}.swatch(true, false, false), name})
		}
	}
	for i := range list {
		list[i].look = look{Colour: slices.Index(samplers, list[i].sampler), Mark: slices.Index(samplers, list[i].sampler)}
		if n := slices.Index(recipes, list[i].recipe); len(samplers) == 1 {
			list[i].look = look{n, n, n}
		} else if !byRecipe {
			list[i].look.Dash = n
		}
	}
	legend = append(legend, entry{frontSwatch, "Pareto front"})
	if r.chosen >= 0 {
		legend = append(legend, entry{ringSwatch, "chosen"})
	}
	if len(r.ties(metric)) > 1 {
		legend = append(legend, entry{tieSwatch, "tied with the best"})
	}
	if len(bands(list, f)) > 0 {
		legend = append(legend, entry{bandSwatch, "noise floor: what the truth itself scores, from its mean to 95\u00a0%"})
	}
	if len(leasts(list, f)) > 0 {
		legend = append(legend, entry{leastSwatch, "entropy of the target, the least there is"})
	}
	if f.floor {
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
	for _, b := range bands(list, f) {
		b.draw(p, f)
	}
	for _, y := range leasts(list, f) {
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: f.xlow, Y: y}, {X: f.xhigh, Y: y}}, LineStyle: leastStyle})
	}
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
	axes := "logarithmic axes"
	if f.linear {
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = f.ylow, f.yhigh, evenTicks{}
		axes = "a logarithmic axis"
	} else {
		logAxis(&p.Y, f.ylow, f.yhigh)
	}
	if f.floor {
		p.Y.Tick.Marker = floorTicks{f.ylow}
	}
	name := metric + " against " + c.short
	if title != "" {
		name += ", " + title
	}
	return svg(name, fmt.Sprintf("%s over %s, %s. The numbers are in the table below.", metric, many(len(list), "line"), axes), 400, 300, p.Draw)
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
			low := at.low
			if !f.linear {
				low = max(low, f.ylow/1.5) // below the edge, where it is clipped and gets no cap
				low = max(low, xy.Y*1e-12) // the difference to it must not round to all of y
			}
			bars.XYs = append(bars.XYs, xy)
			intervals = append(intervals, plotter.XYs{{X: xy.X, Y: low}, {X: xy.X, Y: at.high}})
			bars.YErrors = append(bars.YErrors, struct{ Low, High float64 }{max(xy.Y-low, 0), max(at.high-xy.Y, 0)})
		}
	}
	glyphs := &plotter.Scatter{XYs: line, GlyphStyleFunc: func(i int) draw.GlyphStyle {
		return s.look.glyph(f.open(s.points[i].mean))
	}}
	p.Add(&plotter.Line{XYs: line, LineStyle: s.look.line(1.2)}, bars, glyphs)
	return line, intervals
}
