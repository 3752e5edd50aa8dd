package reports

import (
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// frame is the part of the plane that a drawing shows.
type frame struct {
	xlow, xhigh, ylow, yhigh float64
	linear                   bool    // vertical axis
	nonPositive              bool    // ylow stands for all values that are not positive
	limit                    float64 // values above are outside, and do not extend the frame
}

// frameOf returns the frame of all series, so that drawings of the same figure share their axes. On a logarithmic axis,
// lower ends of intervals and noise floors extend it by at most a factor of five. Means far above all that matter, and upper
// ends of intervals there, do not extend it: that is judged by all series, also those that have no room in the figure.
func frameOf(list, all []series, linear bool) frame {
	f := frame{xlow: math.Inf(1), ylow: math.Inf(1), yhigh: math.Inf(-1), linear: linear, limit: limitOf(all, linear)}
	lowest := math.Inf(1)
	for _, s := range list {
		for _, p := range s.points {
			f.include(p)
			lowest = min(lowest, p.lowest(linear))
		}
	}
	f.xlow, f.xhigh = f.xlow/1.3, f.xhigh*1.3
	if linear {
		return f.linearY(lowest)
	}
	return f.logY(lowest)
}

// limitOf returns the largest mean to show. Noise floors, lower bounds and the chosen setting are always shown.
func limitOf(list []series, linear bool) float64 {
	var means, always, front []float64
	for _, s := range list {
		for _, p := range s.points {
			means = append(means, p.mean)
			always = append(always, p.bound)
			if p.noise.n > 0 {
				always = append(always, p.noise.q95)
			}
			if p.chosen {
				always = append(always, p.mean)
			}
			if p.front {
				front = append(front, p.mean)
			}
		}
	}
	return figure.UpperLimit(means, always, front, linear)
}

// upperLimit returns the largest mean of a metric to show in figures that are not of its quality against a cost.
func (r report) upperLimit(metric string) float64 {
	all, _ := r.series(metric, byCalls)
	r.markFront(metric, byCalls, all)
	return limitOf(all, r.metric(metric).Signed)
}

// include extends the frame to the point's cost and mean, and to the upper ends of its interval and noise floor.
func (f *frame) include(p point) {
	f.xlow, f.xhigh = min(f.xlow, p.cost), max(f.xhigh, p.cost)
	highs := []float64{p.mean, p.high}
	if p.noise.n > 0 {
		highs = append(highs, p.noise.q95)
	}
	for _, y := range highs {
		if number.Finite(y) && y <= f.limit {
			f.yhigh = max(f.yhigh, y)
		}
	}
	if p.mean > f.limit {
		return
	}
	if p.mean <= 0 && !f.linear {
		f.nonPositive = true
		return
	}
	f.ylow = min(f.ylow, p.mean)
}

// lowest returns the lowest of the point's lower ends that the axis can show: its interval, bound and noise floor.
func (p point) lowest(linear bool) float64 {
	lows := []float64{p.low, p.bound}
	if p.noise.n > 0 {
		lows = append(lows, p.noise.mean)
	}
	lowest := math.Inf(1)
	for _, y := range lows {
		if number.Finite(y) && (y > 0 || linear) {
			lowest = min(lowest, y)
		}
	}
	return lowest
}

// logY returns the frame with a logarithmic vertical axis and margins.
func (f frame) logY(lowest float64) frame {
	if f.yhigh <= 0 {
		f.yhigh = 1
	}
	if math.IsInf(f.ylow, 1) {
		f.ylow = f.yhigh / 100
	}
	f.ylow = max(f.ylow/5, min(f.ylow, lowest))
	if f.nonPositive {
		f.ylow *= math.Pow(f.ylow/f.yhigh/2, .12)
	}
	f.ylow, f.yhigh = max(f.ylow/1.15, smallest), min(f.yhigh*1.3, largest)
	return f
}

// linearY returns the frame with a linear vertical axis and margins.
func (f frame) linearY(lowest float64) frame {
	f.ylow = min(f.ylow, lowest)
	margin := max(.08*(f.yhigh-f.ylow), .01*math.Abs(f.yhigh), smallest)
	f.ylow, f.yhigh = max(f.ylow-margin, -largest), min(f.yhigh+margin, largest)
	return f
}

// smallest and largest limit an axis, so that neither the ratio nor the difference of its ends overflows.
const smallest, largest = 1e-300, 1e300

// y returns where a mean is drawn: at an edge if it lies outside the frame.
func (f frame) y(mean float64) float64 { return min(max(mean, f.ylow), f.yhigh) }

// beyond reports whether a value lies outside the frame, far above.
func (f frame) beyond(y float64) bool { return y > f.limit }

// clipped returns the upper end of an interval or, if it lies outside, a place just above the frame, where the bar is cut off.
func (f frame) clipped(high float64) float64 {
	switch {
	case !f.beyond(high):
		return high
	case f.linear:
		return f.yhigh + .1*(f.yhigh-f.ylow)
	default:
		return min(1.5*f.yhigh, largest)
	}
}

// open reports whether the axis cannot show a mean.
func (f frame) open(mean float64) bool { return mean <= 0 && !f.linear }

// lossFrame is what the drawings of the training losses have in common.
type lossFrame struct {
	lines     []plotter.XYs // of each curve
	groups    []string      // with losses to draw
	empty     []string      // groups without
	left      int           // losses that cannot be drawn
	last      float64       // training step
	low, high float64       // losses and floors
	limit     float64       // losses above do not extend the frame
	beyond    []float64     // the largest loss of each curve with such losses
}

func lossFrameOf(curves []Curve) lossFrame {
	f := lossFrame{low: math.Inf(1), high: math.Inf(-1)}
	var all, floors []float64
	for _, c := range curves {
		line, left := c.line()
		f.left += left
		f.lines = append(f.lines, line)
		for _, at := range line {
			all = append(all, at.Y)
		}
		if y, ok := c.Floor.height(); ok {
			floors = append(floors, y)
		}
	}
	f.limit = figure.UpperLimit(all, floors, nil, false)
	for i, c := range curves {
		line := f.lines[i]
		if len(line) == 0 {
			continue
		}
		if !slices.Contains(f.groups, c.Group) {
			f.groups = append(f.groups, c.Group)
		}
		for _, at := range append(c.heldOut(), line...) {
			f.last = max(f.last, at.X)
			if at.Y <= f.limit {
				f.low, f.high = min(f.low, at.Y), max(f.high, at.Y)
			}
		}
		if top := c.highest(); top.Y > f.limit {
			f.beyond = append(f.beyond, top.Y)
		}
		if y, ok := c.Floor.height(); ok {
			f.low = min(f.low, y)
		}
	}
	for _, c := range curves {
		if !slices.Contains(f.groups, c.Group) && !slices.Contains(f.empty, c.Group) {
			f.empty = append(f.empty, c.Group)
		}
	}
	return f
}
