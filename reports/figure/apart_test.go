package figure

import (
	"math"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// TestApart: on both kinds of axis markers of equal cost, and of nearly equal cost, do not cover each other, and those with room stay.
func TestApart(t *testing.T) {
	t.Parallel()
	for name, scale := range map[string]plot.Normalizer{"linear": plot.LinearScale{}, "logarithmic": plot.LogScale{}} {
		p := New("", "NFE", "mmd")
		p.X.Scale = scale
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 1, 100, 0, 1
		d := Drawing{Width: 400, Height: 300, Plot: p}
		lines := []plotter.XYs{{{X: 8, Y: .5}, {X: 60, Y: .9}}, {{X: 8, Y: .5}}, {{X: 8, Y: .501}}, {{X: 8.01, Y: .5}}, {{X: 8, Y: .1}}}
		moved := d.Apart(lines)
		area := p.DataCanvas(draw.New(vgsvg.New(d.Width, d.Height)))
		toX, toY := p.Transforms(&area)
		var placed plotter.XYs
		for i, line := range moved {
			for k, at := range line {
				here := plotter.XY{X: float64(toX(at.X)), Y: float64(toY(at.Y))}
				for _, other := range placed {
					if gap := math.Hypot(here.X-other.X, here.Y-other.Y); gap < markSize-1e-6 { // rounding of the inverse
						t.Errorf("%s: point %d of line %d is %.2f from another", name, k, i, gap)
					}
				}
				placed = append(placed, here)
				if at.Y != lines[i][k].Y {
					t.Errorf("%s: a point has moved up or down", name)
				}
			}
		}
		if moved[0][0] != lines[0][0] || moved[0][1] != lines[0][1] || moved[4][0] != lines[4][0] {
			t.Errorf("%s: points with room have moved: %v", name, moved)
		}
	}
}
