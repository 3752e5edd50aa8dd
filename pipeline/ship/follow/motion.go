package follow

import (
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/reports/motion"
)

// motion returns what is shown of a velocity: the paths of some points of a trail, how dense a crowd is, and the velocity in it.
func (p plane) motion(l, crowd trail, velocity flow.RowField, shown []int) (m motion.Motion, err error) {
	whole := crowd.whole()
	m = motion.Motion{Points: len(whole), Lost: crowd[0].Len() - len(whole), Paths: p.paths(l, shown), Counts: p.counts(crowd)}
	if len(p.view.Axes) == 1 {
		return m, nil
	}
	for i, k := range moments(len(crowd) - 1) {
		x := crowd[k].Take(flow.Batch{}, whole)
		u, err := velocity.Field()(motion.Moments[i], x)
		if err != nil {
			return m, err
		}
		arrows, err := p.arrows(x, u, motion.Moments[i], velocity)
		if err != nil {
			return m, err
		}
		m.Arrows = append(m.Arrows, arrows)
	}
	return m, nil
}

// counts returns the histograms of a crowd: at motion.Moments or, of one coordinate, at all times.
func (p plane) counts(crowd trail) (list [][]int) {
	whole, at := crowd.whole(), moments(len(crowd)-1)
	for k, x := range crowd {
		if len(p.view.Axes) == 1 || slices.Contains(at, k) {
			list = append(list, p.view.Counts(p.points(x.Take(flow.Batch{}, whole))))
		}
	}
	return list
}

// fewShare is the share of the points below which a cell of the grid has too few for an arrow.
const fewShare = .0015

// arrows returns the velocity in the cells of the grid where there are points: at their middle or, where it depends on more than the
// place in the plane, its mean over their points.
func (p plane) arrows(x, u flow.Batch, t float64, velocity flow.RowField) (a motion.Arrows, err error) {
	n := p.view.Grid
	count, sums := make([]float64, n*n), make([][2]float64, n*n)
	for i, at := range p.points(x) {
		k := p.view.Cell(n, at...)
		if v := p.along(u.Row(i)); k >= 0 && flow.Finite(v...) {
			count[k]++
			sums[k][0], sums[k][1] = sums[k][0]+v[0], sums[k][1]+v[1]
		}
	}
	middles := flow.Batch{Dim: 2}
	for k, c := range count {
		if c < max(2, fewShare*float64(x.Len())) {
			continue
		}
		a.At = append(a.At, k)
		a.U, a.V = append(a.U, motion.Round(sums[k][0]/c)), append(a.V, motion.Round(sums[k][1]/c))
		middles.Data = append(middles.Data, p.view.Middle(0, n, k%n), p.view.Middle(1, n, k/n))
	}
	if p.axes != nil || len(x.Given) > 0 || len(a.At) == 0 {
		return a, nil
	}
	there, err := velocity.Field()(t, middles)
	if err != nil {
		return a, err
	}
	for i := range a.At {
		a.U[i], a.V[i] = motion.Round(there.Row(i)[0]), motion.Round(there.Row(i)[1])
	}
	return a, nil
}

// apart returns how far the velocity of a net is from the exact one at motion.Moments, at points of the exact flow.
func apart(net flow.RowField, exact exact) ([]float64, error) {
	us, vs := make([][]float64, len(motion.Moments)), make([][]float64, len(motion.Moments))
	for i, k := range moments(len(exact.crowd) - 1) {
		t, x := motion.Moments[i], exact.crowd[k]
		u, err := net.Field()(t, x)
		if err != nil {
			return nil, err
		}
		v, err := exact.velocity.Field()(t, x)
		if err != nil {
			return nil, err
		}
		us[i], vs[i] = u.Data, v.Data
	}
	return motion.Apart(us, vs), nil
}
