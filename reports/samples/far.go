package samples

import (
	"image/color"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// farSpans is how many widths of a drawing, to either side, a point lies outside to be marked.
const farSpans = 3

// farthest returns how far the lowest and the highest value of a coordinate lie in a panel, if they lie far outside the span.
func farthest(panel Panel, coordinate int, s figure.Span) (far []float64) {
	wide := s.Widen(2*farSpans + 1)
	low, high := wide.Low, wide.High
	for _, v := range column(panel, coordinate) {
		low, high = min(low, v), max(high, v)
	}
	if low < wide.Low {
		far = append(far, low)
	}
	if high > wide.High {
		far = append(far, high)
	}
	return far
}

// farPoints marks the points that lie far outside the spans of their coordinates, by the farthest in each direction.
func farPoints(panel Panel, colour color.NRGBA, spans ...figure.Span) (marks figure.Outsiders) {
	for k, s := range spans {
		for _, v := range farthest(panel, k, s) {
			var at [2]float64
			for j, other := range spans {
				at[j] = (other.Low + other.High) / 2
			}
			direction := []vg.Point{figure.Rightward, figure.Upwards}[k]
			if v < s.Low {
				direction = direction.Scale(-1)
			}
			marks = append(marks, figure.Outside{At: plotter.XY{X: at[0], Y: at[1]}, Direction: direction, Text: number.Text(v), Colour: colour})
		}
	}
	return marks
}

// farNote explains the marks of points far outside, if there are any.
func farNote(panels []Panel, spans ...figure.Span) string {
	for _, panel := range panels {
		if len(farPoints(panel, color.NRGBA{}, spans...)) > 0 {
			return " Arrows at the edges stand for points far outside, with the coordinate of the farthest."
		}
	}
	return ""
}
