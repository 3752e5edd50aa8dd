package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Dots draws points in a few layers of one path each. That is much smaller than one path per point, and dense areas are
// still darker.
type Dots struct {
	plotter.XYs
	Colour color.NRGBA
}

// Plot draws the points.
func (d Dots) Plot(c draw.Canvas, p *plot.Plot) {
	const layers = 8
	radius := vg.Length(1)
	d.Colour.A = 130
	if len(d.XYs) < 300 { // they rarely lie on one another, so each is to be seen alone
		radius, d.Colour.A = 1.8, 255
	}
	toX, toY := p.Transforms(&c)
	c.SetColor(d.Colour)
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
