package figure

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/reports/number"
)

// The directions in which values lie outside a drawing.
var (
	Upwards   = vg.Point{Y: 1}
	Rightward = vg.Point{X: 1}
	Leftward  = vg.Point{X: -1}
)

// Outside is the mark of a value outside a drawing: an arrow in its direction, at the edge beside at, and a text.
type Outside struct {
	At        plotter.XY
	Direction vg.Point
	Text      string
	Colour    color.NRGBA
}

// Outsiders draws marks. A text that would cover another one moves away from the edge, and is left out if there is no room.
type Outsiders []Outside

// Plot draws the marks.
func (o Outsiders) Plot(c draw.Canvas, p *plot.Plot) {
	const length, half = 7, 3.5 // of an arrow
	toX, toY := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, m := range o {
		tip := vg.Point{X: edge(toX(m.At.X), c.Min.X, c.Max.X, m.Direction.X), Y: edge(toY(m.At.Y), c.Min.Y, c.Max.Y, m.Direction.Y)}
		base, across := tip.Sub(m.Direction.Scale(length)), vg.Point{X: half * m.Direction.Y, Y: half * m.Direction.X}
		var path vg.Path
		path.Move(tip)
		path.Line(base.Add(across))
		path.Line(base.Sub(across))
		path.Close()
		c.SetColor(m.Colour)
		c.Fill(path)
		if box, ok := m.place(c, base, taken); ok {
			taken = append(taken, box)
			c.SetColor(veil)
			c.Fill(box.Path())
			c.FillText(markStyle, box.Min.Add(box.Max).Scale(.5), m.Text)
		}
	}
}

// edge returns the end of a range in a direction or, if that is 0, the place itself, within the range.
func edge(at, low, high, direction vg.Length) vg.Length {
	switch {
	case direction > 0:
		return high
	case direction < 0:
		return low
	default:
		return min(max(at, low), high)
	}
}

var (
	veil      = Translucent(Ground, 215) // behind a text, for contrast with what it covers
	markStyle = text.Style{Color: Ink, Font: Sans(10.5), XAlign: draw.XCenter, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
)

// place returns where the text of a mark goes: beside the base of its arrow or, if that is taken, further from the edge.
func (m Outside) place(c draw.Canvas, base vg.Point, taken []vg.Rectangle) (vg.Rectangle, bool) {
	size := vg.Point{X: markStyle.Width(m.Text) + 4, Y: 12}
	for row := range 5 {
		away := vg.Length(row) + .5
		centre := base.Sub(vg.Point{X: m.Direction.X * size.X * away, Y: m.Direction.Y * size.Y * away})
		centre.X = min(max(centre.X, c.Min.X+size.X/2), c.Max.X-size.X/2)
		centre.Y = min(max(centre.Y, c.Min.Y+size.Y/2), c.Max.Y-size.Y/2)
		box := vg.Rectangle{Min: centre.Sub(size.Scale(.5)), Max: centre.Add(size.Scale(.5))}
		if !slices.ContainsFunc(taken, func(other vg.Rectangle) bool { return overlap(box, other) }) {
			return box, true
		}
	}
	return vg.Rectangle{}, false
}

// overlap reports whether two rectangles have points in common.
func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// Values this far above the reference of a drawing are not on its axis: on a logarithmic axis so many times as large, on a
// linear one above it by so many times the reference or the distance from the lowest value to it.
const (
	farTimes    = 1000
	farDistance = 30
)

// UpperLimit returns the largest value that an axis shows, so that a few diverged settings do not hide the others. Its
// reference is the largest of those in always, which are never left out, and of the lower quartile of the values, which
// diverged settings do not move unless they are three of four. Those in chain, such as a Pareto front, raise it in rising order, each
// if it is within the limit so far. Values that are not finite, or not positive on a logarithmic axis, do not count.
func UpperLimit(values, always, chain []float64, linear bool) float64 {
	shown := func(list []float64) []float64 {
		list = slices.DeleteFunc(slices.Clone(list), func(x float64) bool { return !number.Finite(x) || x <= 0 && !linear })
		slices.Sort(list)
		return list
	}
	values, always = shown(values), shown(always)
	var known []float64
	if len(values) > 0 {
		known = append(known, values[(len(values)-1)/4])
	}
	known = append(known, always...)
	if len(known) == 0 {
		return math.Inf(1)
	}
	lowest := slices.Min(append(known, values...))
	limit := func(reference float64) float64 {
		if linear {
			return reference + farDistance*max(math.Abs(reference), reference-lowest)
		}
		return farTimes * reference
	}
	reference := slices.Max(known)
	for _, x := range shown(chain) {
		if x <= limit(reference) {
			reference = max(reference, x)
		}
	}
	return limit(reference)
}

// Trimmed returns the range of the values without those far outside the bulk: beyond its ends by several times its width.
// The bulk is what remains without a hundredth of the values, and at least one, at either end. If it is a single point, nothing is
// left out.
func Trimmed(values []float64) Span {
	sorted := slices.Sorted(slices.Values(values))
	cut := len(sorted)/100 + 1
	low, high := math.Inf(-1), math.Inf(1)
	if len(sorted) > 2*cut {
		bulk := Span{sorted[cut], sorted[len(sorted)-1-cut]}
		if width := bulk.High - bulk.Low; width > 0 {
			low, high = bulk.Low-farDistance*width, bulk.High+farDistance*width
		}
	}
	s := Span{math.Inf(1), math.Inf(-1)}
	for _, v := range values {
		if v >= low && v <= high {
			s.Low, s.High = min(s.Low, v), max(s.High, v)
		}
	}
	return s
}
