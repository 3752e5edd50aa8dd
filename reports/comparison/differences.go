package comparison

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

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// maxDots is the largest number of settings in a drawing.
const maxDots = 40

// look is how the rows of a finding are drawn.
type look struct {
	finding, text string
	style         figure.Style
	open          bool
}

var looks = []look{
	{Better, "b is better", figure.Style{Colour: 2}, false},
	{Worse, "b is worse", figure.Style{Colour: 1, Marker: 1}, false},
	{NoneSeen, "no difference seen", figure.Style{Colour: 6, Marker: 2}, true},
	{Equal, "equal", figure.Style{Colour: 6, Marker: 3}, true},
}

// dots is a drawing of differences, one row a setting.
type dots struct {
	rows  []Row // from the top
	ratio bool
	span  figure.Span
}

// differences returns the figure of the tested rows of a metric, sorted by the difference; nil for fewer than two.
func differences(c Comparison, m Metric) *figure.Figure {
	var rows []Row
	ratio := true
	for _, r := range m.Rows {
		if r.Versus != nil {
			rows, ratio = append(rows, r), ratio && r.Versus.Ratio != nil
		}
	}
	if len(rows) < 2 {
		return nil
	}
	d := dots{rows: rows, ratio: ratio}
	slices.SortStableFunc(d.rows, func(a, b Row) int { return cmp.Compare(d.at(a).mean, d.at(b).mean) })
	caption := fmt.Sprintf("%s of %s (b) against %s (a), sorted by the difference, with 95 %% intervals. Left of the line b is better.", m.Name, c.B.Sweep, c.A.Sweep)
	if cut := len(d.rows) - maxDots; cut > 0 {
		d.rows = slices.Concat(d.rows[:maxDots/2], d.rows[len(d.rows)-maxDots/2:])
		caption += fmt.Sprintf(" %s in between are only in the table.", number.Plural(cut, "setting"))
	}
	d.setSpan()
	f := &figure.Figure{Title: m.Name + ": difference by setting", Caption: caption, Drawings: []template.HTML{d.draw(m.Name)}}
	for _, l := range looks {
		if slices.ContainsFunc(d.rows, func(r Row) bool { return r.Finding == l.finding }) {
			f.Legend = append(f.Legend, figure.Entry{Swatch: l.style.Swatch(false, true, l.open), Text: l.text, Key: l.finding})
		}
	}
	return f
}

// place is a difference on the axis.
type place struct{ mean, low, high float64 }

func (d dots) at(r Row) place {
	i := r.Versus.Difference
	if d.ratio {
		i = *r.Versus.Ratio
	}
	return place{float64(i.Mean), float64(i.Low), float64(i.High)}
}

// none is where there is no difference.
func (d dots) none() float64 {
	if d.ratio {
		return 1
	}
	return 0
}

// setSpan sets the range of the axis: all means and, as far as they leave those room, the intervals.
func (d *dots) setSpan() {
	to, back := func(x float64) float64 { return x }, func(x float64) float64 { return x }
	if d.ratio {
		to, back = math.Log, math.Exp
	}
	s := figure.Span{Low: to(d.none()), High: to(d.none())}
	for _, r := range d.rows {
		s.Low, s.High = min(s.Low, to(d.at(r).mean)), max(s.High, to(d.at(r).mean))
	}
	room := max(s.High-s.Low, 1e-3*math.Abs(s.High), 1e-12)
	ends := s
	for _, r := range d.rows {
		ends.Low, ends.High = min(ends.Low, to(d.at(r).low)), max(ends.High, to(d.at(r).high))
	}
	s = figure.Span{Low: max(ends.Low, s.Low-2*room), High: min(ends.High, s.High+2*room)}
	if s.High-s.Low < 1e-9 { // all are equal
		s = figure.Span{Low: s.Low - .1, High: s.High + .1}
	}
	s = s.Widen(1.08)
	d.span = figure.Span{Low: back(s.Low), High: back(s.High)}
}

// labelWidth is the room for the names of settings.
const labelWidth = 140

// draw returns the drawing.
func (d dots) draw(metric string) template.HTML {
	axis := metric + ": b less a"
	if d.ratio {
		axis = metric + ": b divided by a"
	}
	p := figure.New("", axis, "")
	p.X.Min, p.X.Max, p.X.Tick.Marker = d.span.Low, d.span.High, ticks.Even{}
	if d.ratio {
		ticks.SetLog(&p.X, d.span.Low, d.span.High)
	}
	n := len(d.rows)
	p.Y.Min, p.Y.Max = -.6, float64(n)-.4
	names := make([]string, n)
	for k, r := range d.rows {
		names[k] = r.Setting
	}
	var labels plot.ConstantTicks
	for k, name := range figure.Fitted(names, 11.5, labelWidth) {
		labels = append(labels, plot.Tick{Value: float64(n - 1 - k), Label: name})
	}
	p.Y.Tick.Marker, p.Y.Tick.Length = labels, 0
	p.Add(&plotter.Line{
		XYs:       plotter.XYs{{X: d.none(), Y: p.Y.Min}, {X: d.none(), Y: p.Y.Max}},
		LineStyle: draw.LineStyle{Color: figure.Ink, Width: 1.1},
	})
	drawing := figure.Drawing{
		Title: metric + ": difference by setting", Description: "A dot with an interval for each setting, and a line where there is no difference. The numbers are in the table below.",
		Width: 420, Height: vg.Length(60 + 16*n), Plot: p,
	}
	for _, l := range looks {
		d.add(&drawing, l)
	}
	return drawing.SVG()
}

// add draws the rows of a finding.
func (d dots) add(drawing *figure.Drawing, l look) {
	bars := &plotter.XErrorBars{LineStyle: l.style.Line(1.1), CapWidth: 5}
	var points plotter.XYs
	for k, r := range d.rows {
		if r.Finding != l.finding {
			continue
		}
		at := d.at(r)
		xy := plotter.XY{X: d.span.Nearest(at.mean), Y: float64(len(d.rows) - 1 - k)}
		points = append(points, xy)
		bars.XYs = append(bars.XYs, xy)
		bars.XErrors = append(bars.XErrors, struct{ Low, High float64 }{max(xy.X-d.span.Nearest(at.low), 0), max(d.span.Nearest(at.high)-xy.X, 0)})
		drawing.Marks = append(drawing.Marks, figure.Mark{At: xy, Setting: -1, Layer: l.finding, Text: r.Setting + ": " + r.Versus.Words() + ", " + r.Finding})
	}
	if len(points) == 0 {
		return
	}
	glyphs := &plotter.Scatter{XYs: points, GlyphStyle: l.style.Glyph(l.open)}
	drawing.Layers = append(drawing.Layers, figure.Layer{Key: l.finding, Plotters: []plot.Plotter{bars, glyphs}})
}
