package figure

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// markSize is the distance from which two markers no longer touch.
const markSize = 6.8

// maxShift is the number of widths by which a marker is moved to either side at most.
const maxShift = 4

// Apart returns the lines with points moved sideways, in the order of the lines, so that no two of their markers cover each other.
// Where there is no room within a few widths, a point stays where it is.
func (d Drawing) Apart(lines []plotter.XYs) []plotter.XYs {
	area := d.Plot.DataCanvas(draw.New(vgsvg.New(d.Width, d.Height)))
	toX, toY := d.Plot.Transforms(&area)
	back := func(x vg.Length) float64 { // the inverse of toX
		share := float64((x - area.Min.X) / (area.Max.X - area.Min.X))
		low, high := d.Plot.X.Min, d.Plot.X.Max
		if _, ok := d.Plot.X.Scale.(plot.LogScale); ok {
			return low * math.Pow(high/low, share)
		}
		return low + share*(high-low)
	}
	var placed []vg.Point
	free := func(at vg.Point) bool {
		for _, p := range placed {
			if math.Hypot(float64(p.X-at.X), float64(p.Y-at.Y)) < markSize {
				return false
			}
		}
		return true
	}
	moved := make([]plotter.XYs, len(lines))
	for i, line := range lines {
		for _, xy := range line {
			at := vg.Point{X: toX(xy.X), Y: toY(xy.Y)}
			if shift, ok := firstFree(at, free); ok && shift != 0 {
				at.X += shift
				xy.X = back(at.X)
			}
			placed = append(placed, at)
			moved[i] = append(moved[i], xy)
		}
	}
	return moved
}

// firstFree returns the smallest shift to either side with which a place is free, and whether there is one.
func firstFree(at vg.Point, free func(vg.Point) bool) (vg.Length, bool) {
	for k := range 2*maxShift*4 + 1 { // 0, then quarters of a width to the right and to the left in turn
		shift := vg.Length((k+1)/2) * markSize / 4
		if k%2 == 0 {
			shift = -shift
		}
		if free(vg.Point{X: at.X + shift, Y: at.Y}) {
			return shift, true
		}
	}
	return 0, false
}
