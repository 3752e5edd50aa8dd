package figure

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Callout draws a ring around a point, and its name where it covers the least of the drawing.
type Callout struct {
	At    plotter.XY
	Text  string
	Avoid []plotter.XYs // lines that the name should not cover
}

// Plot draws the ring and the name.
func (o *Callout) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	at := vg.Point{X: toX(o.At.X), Y: toY(o.At.Y)}
	style := text.Style{
		Color: Ink, Font: Sans(12), XAlign: draw.XCenter, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler,
	}
	size := vg.Point{X: style.Width(o.Text), Y: style.Height(o.Text)}
	drawn := o.path(toX, toY)
	for i := range 16 { // the ring itself
		sin, cos := math.Sincos(math.Pi / 8 * float64(i))
		drawn = append(drawn, vg.Point{X: at.X + 7*vg.Length(cos), Y: at.Y + 7*vg.Length(sin)})
	}
	fewest, place := math.MaxInt, at
	for i := range 32 {
		sin, cos := math.Sincos(math.Pi / 8 * float64(i))
		away := vg.Length(9 + 8*(i/16))
		centre := vg.Point{
			X: at.X + vg.Length(cos)*(away+size.X/2),
			Y: at.Y + vg.Length(sin)*(away+size.Y/2),
		}
		half := vg.Point{X: size.X/2 + 2, Y: size.Y/2 + 1}
		box := vg.Rectangle{Min: centre.Sub(half), Max: centre.Add(half)}
		if !c.Contains(box.Min) || !c.Contains(box.Max) {
			continue
		}
		if n := covered(box, drawn); n < fewest {
			fewest, place = n, centre
		}
	}
	Ring(&c, at, 6.5, 1.4)
	if fewest < math.MaxInt {
		c.FillText(style, place, o.Text)
	}
}

// path returns closely spaced points along the lines to avoid.
func (o *Callout) path(toX, toY func(float64) vg.Length) []vg.Point {
	const pieces = 24
	var points []vg.Point
	for _, line := range o.Avoid {
		for i, to := range line {
			from := line[max(i-1, 0)]
			a, b := vg.Point{X: toX(from.X), Y: toY(from.Y)}, vg.Point{X: toX(to.X), Y: toY(to.Y)}
			for k := range pieces {
				points = append(points, a.Add(b.Sub(a).Scale(vg.Length(k+1)/pieces)))
			}
		}
	}
	return points
}

func covered(box vg.Rectangle, points []vg.Point) int {
	n := 0
	for _, p := range points {
		if p.X >= box.Min.X && p.X <= box.Max.X && p.Y >= box.Min.Y && p.Y <= box.Max.Y {
			n++
		}
	}
	return n
}

// Rings draws a thin ring around every point.
type Rings struct{ plotter.XYs }

// Plot draws the rings.
func (o Rings) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	for _, at := range o.XYs {
		Ring(&c, vg.Point{X: toX(at.X), Y: toY(at.Y)}, 4.6, .6)
	}
}

// Ring draws a circle.
func Ring(c *draw.Canvas, at vg.Point, radius, width vg.Length) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + radius, Y: at.Y})
	path.Arc(at, radius, 0, 2*math.Pi)
	path.Close()
	c.SetLineStyle(draw.LineStyle{Color: Ink, Width: width})
	c.Stroke(path)
}
