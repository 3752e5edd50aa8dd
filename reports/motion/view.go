package motion

import (
	"math"
	"slices"
	"strconv"
)

// View is the plane, or the line, in which points are shown.
type View struct {
	Axes  []Axis `json:"axes"`  // one or two
	Of    int    `json:"of"`    // number of coordinates of a point
	Scale string `json:"scale"` // "standardised" or another word for the scale of the points; empty for their own
	Cells int    `json:"cells"` // of a histogram, along each axis
	Grid  int    `json:"grid"`  // of the velocity, along each axis
}

// Axis is a direction in which points are shown.
type Axis struct {
	Name  string  `json:"name"`
	Share float64 `json:"share,omitempty"` // of the variance of the data, of a principal axis; 0 for a coordinate
	Low   float64 `json:"low"`             // the range that is shown
	High  float64 `json:"high"`
}

// How fine the histograms and the grid of the velocity are.
const (
	Cells = 48
	Grid  = 13
)

// Principal reports whether the axes are principal axes of the data.
func (v View) Principal() bool { return len(v.Axes) > 0 && v.Axes[0].Share > 0 }

// Cell returns the cell of a grid of n cells along each axis in which a point is, row by row from the lowest of the last axis; -1 if
// it is outside.
func (v View) Cell(n int, point ...float64) int {
	cell := 0
	for j := len(v.Axes) - 1; j >= 0; j-- {
		a := v.Axes[j]
		at := (point[j] - a.Low) / (a.High - a.Low)
		if !(at >= 0 && at < 1) {
			return -1
		}
		cell = cell*n + int(at*float64(n))
	}
	return cell
}

// Middle returns the middle of a cell of a grid of n cells along an axis, given its number along that axis.
func (v View) Middle(axis, n, i int) float64 {
	a := v.Axes[axis]
	return a.Low + (float64(i)+.5)/float64(n)*(a.High-a.Low)
}

// CellSize returns the length, or the area, of a cell of a histogram.
func (v View) CellSize() float64 {
	size := 1.
	for _, a := range v.Axes {
		size *= (a.High - a.Low) / float64(v.Cells)
	}
	return size
}

// Counts returns the number of points in each cell of the view. Points outside are in none.
func (v View) Counts(points [][]float64) []int {
	size := v.Cells
	if len(v.Axes) > 1 {
		size *= v.Cells
	}
	counts := make([]int, size)
	for _, p := range points {
		if k := v.Cell(v.Cells, p...); k >= 0 {
			counts[k]++
		}
	}
	return counts
}

// Moments returns the mean and the standard deviation of points along an axis, from their counts; NaN without points.
func (v View) Moments(counts []int, axis int) (mean, std float64) {
	n, sum, squares := 0., 0., 0.
	for k, count := range counts {
		i := k % v.Cells
		if axis == 1 {
			i = k / v.Cells
		}
		x := v.Middle(axis, v.Cells, i)
		n, sum, squares = n+float64(count), sum+float64(count)*x, squares+float64(count)*x*x
	}
	mean = sum / n
	return mean, math.Sqrt(max(squares/n-mean*mean, 0))
}

// Fit returns the axes with ranges that hold nearly all of the points, all but a few in a thousand at either end, with a margin. Two
// axes of similar ranges get the same length, so that a round cloud looks round.
func (v View) Fit(points [][]float64) View {
	v.Axes = slices.Clone(v.Axes)
	for j := range v.Axes {
		values := make([]float64, len(points))
		for i, p := range points {
			values[i] = p[j]
		}
		slices.Sort(values)
		low, high := values[len(values)*outside/1000], values[len(values)-1-len(values)*outside/1000]
		margin := .08 * (high - low)
		if !(margin > 0) {
			margin = 1
		}
		v.Axes[j].Low, v.Axes[j].High = low-margin, high+margin
	}
	if len(v.Axes) == 2 {
		v.Axes[0], v.Axes[1] = alike(v.Axes[0], v.Axes[1])
	}
	for j, a := range v.Axes {
		v.Axes[j].Low, v.Axes[j].High = Round(a.Low), Round(a.High)
	}
	return v
}

// outside is how many points in a thousand may be outside a range at either end.
const outside = 2

// alike returns the axes with the length of the longer one, unless that would leave little to see along the other.
func alike(a, b Axis) (Axis, Axis) {
	const most = 4
	long := max(a.High-a.Low, b.High-b.Low)
	if long > most*min(a.High-a.Low, b.High-b.Low) {
		return a, b
	}
	for _, x := range []*Axis{&a, &b} {
		middle := (x.Low + x.High) / 2
		x.Low, x.High = middle-long/2, middle+long/2
	}
	return a, b
}

// Round returns x to four significant digits, which is as many as a drawing shows.
func Round(x float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 3, 64), 64)
	if err != nil {
		panic("motion: " + err.Error())
	}
	return r
}

// Apart returns how far a velocity is from the exact one at the Moments, each at the same points, (n, d), that are distributed as the exact
// flow is at that time:
//
//	sqrt(E |u - v|^2 / S),  S = the mean of E |v|^2 over the Moments
//
// It is relative to the size of the exact velocity over all of them, since some paths start or end with none. It is nil if nothing moves,
// or the velocity has diverged.
func Apart(u, exact [][]float64) []float64 {
	apart, size := make([]float64, len(exact)), 0.
	for k, vs := range exact {
		for i, v := range vs {
			apart[k] += (u[k][i] - v) * (u[k][i] - v) / float64(len(vs))
			size += v * v / float64(len(vs)) / float64(len(exact))
		}
	}
	for k, off := range apart {
		if apart[k] = math.Sqrt(off / size); math.IsNaN(apart[k]) || math.IsInf(apart[k], 0) {
			return nil
		}
		apart[k] = Round(apart[k])
	}
	return apart
}
