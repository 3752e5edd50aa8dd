package oracle

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// observation describes a noisy observation x of X1 and the quantity p X1 + q X0 to be estimated from it:
//
//	x = a X1 + s X0,  so that  p X1 + q X0 = (q/s) x + (W/s) X1,  W = p s - q a
type observation struct {
	a, s  float64
	p, qs float64 // qs = q s, which is finite even if q is not
	w     float64 // W; only variances need it
}

// minSigma is the smallest sigma that counts as noise: cos(pi/2) is not quite 0 in float64.
const minSigma = 1e-12

// observationAt returns the observation at time t of the path, with no quantity to estimate.
func observationAt(path flow.Path, t float64) (observation, error) {
	if !(t >= 0 && t <= 1) {
		return observation{}, fmt.Errorf("time %g is outside the path %s: must be in [0, 1]", t, path.Name)
	}
	obs := observation{a: path.Alpha(t), s: path.Sigma(t)}
	if math.Abs(obs.s) < minSigma {
		obs.s = 0
	}
	return obs, nil
}

// velocityAt returns the observation at time t of the path, with its velocity, a' X1 + s' X0, to be estimated.
func velocityAt(path flow.Path, t float64) (observation, error) {
	obs, err := observationAt(path, t)
	if err != nil {
		return obs, err
	}
	ds := path.DSigma(t)
	obs.p, obs.qs = path.DAlpha(t), obs.s*ds
	obs.w = obs.p*obs.s - ds*obs.a
	if t > .5 && !flow.Finite(ds) {
		// If s falls like the root of 1 - t, s' is infinite, but s s' has a limit, computed here within about 1e-12.
		before := t - 0x1p-40
		obs.qs = path.Sigma(before) * path.DSigma(before)
	}
	if math.IsInf(obs.p, 0) || math.IsInf(obs.qs, 0) || math.IsNaN(obs.p+obs.qs) {
		return obs, fmt.Errorf("the path %s has no velocity at t = %g: use t = %g instead", path.Name, t, path.Clamp(t))
	}
	return obs, nil
}
