package oracle

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// gaze says through which noise a law is looked at, and what is asked of it: p X1 + q X0 given
//
//	x = a X1 + s X0,  so that  p X1 + q X0 = (q/s) x + (W/s) X1,  W = p s - q a
type gaze struct {
	a, s  float64
	p, qs float64 // qs = q s, which stays finite where q does not
	w     float64 // W; only spreads need it
}

// noNoise is the sigma below which a point is taken to have no noise: cos(pi/2) is not quite 0 in float64.
const noNoise = 1e-12

// noiseAt returns the gaze through the path at time t that asks for nothing.
func noiseAt(path flow.Path, t float64) (gaze, error) {
	if !(t >= 0 && t <= 1) {
		return gaze{}, fmt.Errorf("time %g is outside of the path %s: keep it in [0, 1]", t, path.Name)
	}
	g := gaze{a: path.Alpha(t), s: path.Sigma(t)}
	if math.Abs(g.s) < noNoise {
		g.s = 0
	}
	return g, nil
}

// velocityAt returns the gaze through the path at time t that asks for its velocity, a' X1 + s' X0.
func velocityAt(path flow.Path, t float64) (gaze, error) {
	g, err := noiseAt(path, t)
	if err != nil {
		return g, err
	}
	ds := path.DSigma(t)
	g.p, g.qs = path.DAlpha(t), g.s*ds
	g.w = g.p*g.s - ds*g.a
	if t > .5 && !flow.Finite(ds) {
		// Where s falls like the root of 1 - t, s' is infinite and s s' is not: its limit, up to about 1e-12.
		before := t - 0x1p-40
		g.qs = path.Sigma(before) * path.DSigma(before)
	}
	if math.IsInf(g.p, 0) || math.IsInf(g.qs, 0) || math.IsNaN(g.p+g.qs) {
		return g, fmt.Errorf("the path %s has no velocity at t = %g: use t = %g instead", path.Name, t, path.Clamp(t))
	}
	return g, nil
}
