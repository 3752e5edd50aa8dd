package follow

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
	"flowsweep/reports/motion"
)

// plane is where points are shown: by their coordinates or, of more than two, by the first two principal axes of the data.
type plane struct {
	view motion.View
	mean []float64   // nil for coordinates
	axes [][]float64 // (2, d)
}

// planeOf returns the plane of a target in which trails are seen as a whole. ok is false if they have no points.
func planeOf(to target.Target, data flow.Batch, trails ...trail) (p plane, ok bool) {
	p.view = motion.View{Of: to.Dim(), Cells: motion.Cells, Grid: motion.Grid}
	if !to.Units.Identity() {
		p.view.Scale = "standardised"
	}
	if to.Dim() <= 2 {
		for _, name := range to.CoordinateNames() {
			p.view.Axes = append(p.view.Axes, motion.Axis{Name: name})
		}
	} else {
		var shares []float64
		p.mean, p.axes, shares = principal(data)
		for j, name := range []string{"first", "second"} {
			p.view.Axes = append(p.view.Axes, motion.Axis{Name: name + " principal axis", Share: motion.Round(shares[j])})
		}
	}
	seen := p.points(data)
	for _, l := range trails {
		if l == nil {
			continue
		}
		whole := l.whole()
		ok = ok || len(whole) > 0
		for _, k := range moments(len(l) - 1) {
			seen = append(seen, p.points(l[k].Take(flow.Batch{}, whole))...)
		}
	}
	p.view = p.view.Fit(seen)
	return p, ok
}

// principal returns the mean of points, (n, d) with d > 1, their first two principal axes, (2, d), and the shares of the variance along
// them. The largest component of an axis is positive.
func principal(points flow.Batch) (mean []float64, axes [][]float64, shares []float64) {
	d := points.Dim
	mean, _ = points.Moments()
	centred := mat.NewDense(points.Len(), d, slices.Clone(points.Data))
	for i := range points.Len() {
		for j := range d {
			centred.Set(i, j, centred.At(i, j)-mean[j])
		}
	}
	var cov mat.SymDense
	cov.SymOuterK(1, centred.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&cov, true) {
		panic("follow: a covariance has no eigenvalues")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // rising
	total := 0.
	for _, v := range values {
		total += v
	}
	for j := d - 1; j >= d-2; j-- {
		axis := mat.Col(nil, j, &vectors)
		if low, high := slices.Min(axis), slices.Max(axis); -low > high {
			for i := range axis {
				axis[i] = -axis[i]
			}
		}
		axes, shares = append(axes, axis), append(shares, values[j]/total)
	}
	return mean, axes, shares
}

// points returns where points are seen, (n, 1 or 2).
func (p plane) points(x flow.Batch) [][]float64 {
	list := make([][]float64, x.Len())
	for i := range list {
		list[i] = p.along(x.Row(i))
		for j, axis := range p.axes {
			for k, m := range p.mean {
				list[i][j] -= m * axis[k]
			}
		}
	}
	return list
}

// along returns the components of a vector along the axes.
func (p plane) along(v []float64) []float64 {
	if p.axes == nil {
		return v
	}
	list := make([]float64, len(p.axes))
	for j, axis := range p.axes {
		for k, x := range v {
			list[j] += x * axis[k]
		}
	}
	return list
}

// paths returns the paths of listed points of a trail.
func (p plane) paths(l []flow.Batch, of []int) (list motion.Paths) {
	list.X = make([][]float64, len(of))
	if len(p.view.Axes) > 1 {
		list.Y = make([][]float64, len(of))
	}
	for _, x := range l {
		for i, at := range p.points(x.Take(flow.Batch{}, of)) {
			list.X[i] = append(list.X[i], motion.Round(at[0]))
			if list.Y != nil {
				list.Y[i] = append(list.Y[i], motion.Round(at[1]))
			}
		}
	}
	return list
}

// mostSteps is the number of steps of a solver up to which they are shown, and shownSteps the number of points.
const (
	mostSteps  = 8
	shownSteps = 16
)

// steps returns where the steps of the solver of a setting carry the first of the points; nil if they are many, have noise, or lead
// along another path than that of the net.
func (p plane) steps(ctx context.Context, net flow.RowField, s experiments.Setting, x0 flow.Batch) (*motion.Steps, error) {
	of := s.Sample
	if of.Solver.Adaptive() || of.Steps > mostSteps || of.SDE.Noise > 0 || of.Path.Name != "" || of.Solver.Along != nil || x0.Len() == 0 {
		return nil, ctx.Err()
	}
	first := make([]int, min(x0.Len(), shownSteps))
	for i := range first {
		first[i] = i
	}
	xs, _, err := ode.Trajectory(net.Field(), of.Solver, of.Times(), x0.Take(flow.Batch{}, first))
	if err != nil {
		return nil, fmt.Errorf("steps of %s: %w", of.Solver.Name, err)
	}
	if len(trail(xs).whole()) < len(first) {
		return nil, nil
	}
	return &motion.Steps{Sampling: of.Words(), Times: rounded(of.Times()), Paths: p.paths(xs, first)}, nil
}

func rounded(list []float64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = motion.Round(v)
	}
	return out
}
