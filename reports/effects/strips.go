package effects

import (
	"fmt"
	"html/template"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

const (
	maxFactors = 9  // with a strip
	maxLevels  = 12 // in a strip
)

// Strips returns the figure of the effects: a strip for each factor, largest share first, all with one axis.
func (s Sweep) Strips() figure.Figure {
	list := s.Effects()
	f := figure.Figure{Title: "Mean " + s.Metric + " by each swept value", Size: figure.SizeFor(len(list), "mid")}
	f.Table = figure.Table{Head: []string{"swept", "share of the variance", "value", "mean " + s.Metric, "from", "to", "settings"}, Text: 1}
	x, log := s.span(list)
	for i, e := range list {
		name := s.Factors[e.Factor].Name
		for k, l := range e.Levels {
			share := ""
			if k == 0 {
				share = percent(e.Share)
			}
			low, high := "—", "—"
			if number.Finite(l.Low) {
				low, high = number.Text(l.Low), number.Text(l.High)
			}
			f.Table.Add(name, share, l.Value, number.Text(l.Mean), low, high, number.Whole(l.Settings))
		}
		if i < maxFactors {
			f.Drawings = append(f.Drawings, s.strip(e, x, log))
		}
	}
	f.Caption = s.caption(list)
	return f
}

// caption says what the strips show.
func (s Sweep) caption(list []Effect) string {
	text := fmt.Sprintf("The mean %s of all %s that have a value in common, so averaged over all other swept values; bars are 95\u00a0%% intervals over the seeds. "+
		"A share is the part of the variance between settings that a swept value explains by itself", s.Metric, number.Plural(len(s.Settings), "setting"))
	sum := 0.
	for _, e := range list {
		sum += e.Share
	}
	if s.Balanced() {
		text += fmt.Sprintf("; the other %s is due to values that depend on each other.", percent(max(0, 1-sum)))
	} else {
		text += "; as not every combination is here, shares may overlap, and means may be of unlike settings."
	}
	text += s.partly(list)
	if s.Left > 0 {
		text += fmt.Sprintf(" %s left out: diverged, copies of training rows, of another target, or without a finite value of every seed.", number.CountAre(s.Left, "setting", "settings"))
	}
	if more := len(list) - maxFactors; more > 0 {
		text += fmt.Sprintf(" The other %d swept values are in the table.", more)
	}
	return text
}

func percent(share float64) string { return fmt.Sprintf("%.0f\u00a0%%", 100*share) }

// span returns the range of all means and of their intervals, which extend it by at most its own width to either side; on a
// logarithmic axis, if that suits all of them.
func (s Sweep) span(list []Effect) (x figure.Span, log bool) {
	x = figure.Span{Low: math.Inf(1), High: math.Inf(-1)}
	for _, e := range list {
		for _, l := range e.Levels {
			x.Low, x.High = min(x.Low, l.Mean), max(x.High, l.Mean)
		}
	}
	log = x.Low > 0 && x.High > 3*x.Low
	to, back := func(v float64) float64 { return v }, func(v float64) float64 { return v }
	if log {
		to, back = math.Log, math.Exp
	}
	inner := figure.Span{Low: to(x.Low), High: to(x.High)}
	outer, wide := inner, inner.Widen(3)
	for _, e := range list {
		for _, l := range e.Levels {
			if number.Finite(l.Low) && (!log || l.Low > 0) {
				outer.Low = min(outer.Low, max(to(l.Low), wide.Low))
			}
			if number.Finite(l.High) {
				outer.High = max(outer.High, min(to(l.High), wide.High))
			}
		}
	}
	if !(outer.High > outer.Low) {
		outer = figure.Span{Low: outer.Low - math.Abs(outer.Low)/10 - 1e-9, High: outer.High + math.Abs(outer.High)/10 + 1e-9}
	}
	outer = outer.Widen(1.08)
	return figure.Span{Low: back(outer.Low), High: back(outer.High)}, log
}

// strip draws the levels of a factor, the first on top.
func (s Sweep) strip(e Effect, x figure.Span, log bool) template.HTML {
	const width, margin, row = 310, 62, 20
	shown := some(e.Levels, maxLevels)
	name := s.Factors[e.Factor].Name
	p := figure.New(fmt.Sprintf("%s: %s", figure.Fitted([]string{name}, 12.5, 200)[0], percent(e.Share)), s.Metric, "")
	names, marks := make([]string, len(shown)), make([]plot.Tick, len(shown))
	for i, l := range shown {
		names[i] = l.Value
	}
	dots := &plotter.Scatter{GlyphStyle: figure.Style{}.Glyph(false)}
	bars := &plotter.XErrorBars{LineStyle: draw.LineStyle{Color: figure.Palette[0], Width: 1.4}, CapWidth: 5}
	d := figure.Drawing{
		Title: s.Metric + " by " + name, Width: width, Height: vg.Length(margin + row*len(shown)), Plot: p,
		Description: fmt.Sprintf("The mean at %s. The numbers are in the table below.", number.Plural(len(shown), "value")),
	}
	for i, short := range figure.Fitted(names, 11.5, 96) {
		l, y := shown[i], float64(len(shown)-i)
		marks[i] = plot.Tick{Value: y, Label: short}
		at := plotter.XY{X: x.Nearest(l.Mean), Y: y}
		dots.XYs = append(dots.XYs, at)
		text := fmt.Sprintf("%s %s: mean %s %s", name, l.Value, s.Metric, number.Interval(l.Mean, l.Low, l.High))
		d.Marks = append(d.Marks, figure.Mark{At: at, Setting: -1, Text: text})
		if number.Finite(l.Low) && number.Finite(l.High) {
			bars.XYs = append(bars.XYs, at)
			bars.XErrors = append(bars.XErrors, struct{ Low, High float64 }{at.X - x.Nearest(l.Low), x.Nearest(l.High) - at.X})
		}
	}
	p.X.Min, p.X.Max = x.Low, x.High
	p.X.Tick.Marker = ticks.Even{}
	if log {
		ticks.SetLog(&p.X, x.Low, x.High)
	}
	p.Y.Min, p.Y.Max = .4, float64(len(shown))+.6
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width = plot.ConstantTicks(marks), 0, 0
	d.Layers = []figure.Layer{{Plotters: []plot.Plotter{bars, dots}}}
	return d.SVG()
}

// some returns at most n levels, evenly spaced, with both ends.
func some(levels []Level, n int) []Level {
	if len(levels) <= n {
		return levels
	}
	list := make([]Level, n)
	for i := range list {
		list[i] = levels[i*(len(levels)-1)/(n-1)]
	}
	return list
}
