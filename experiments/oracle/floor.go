package oracle

import (
	"math/rand/v2"

	"flowsweep/experiments/flow"
)

// Floor returns the smallest conditional flow-matching loss of any velocity field, and its standard error from about n
// draws. It is a mean over t ~ U[0, 1] and the d dimensions, like a mean-squared-error loss:
//
//	floor = E[ |a' X1 + s' X0 - u_t(X_t)|^2 ] / d,  loss(v) = floor + E[ |v_t(X_t) - u_t(X_t)|^2 ] / d
//
// (arXiv 2210.02747, theorem 2). So a loss minus the floor is the true flow-matching loss. Floor samples the
// conditional variance at (t, X_t) over stratified t. For one Gaussian N(m, r^2 I) the floor is exact, within 1e-9,
// with standard error 0: r pi/2 under CondOT.
//
// The variance is taken at path.Clamp(t), like the loss at the points of flow.Path.Interpolate. Otherwise it would be
// infinite on paths such as linear-vp and vp, whose sigma falls like the root of 1 - t: see FloorDiverges.
//
// The floor of a data set (Std 0) is not that of the distribution it was drawn from: a net whose loss is below the
// latter has begun to memorise.
func (o Oracle) Floor(n int, seed uint64) (value, se float64) {
	return o.FloorOver(flow.Uniform, n, seed)
}

// FloorOver is Floor for a loss whose times t are drawn from times.
func (o Oracle) FloorOver(times flow.Times, n int, seed uint64) (value, se float64) {
	if one, ok := single(o.Law); ok {
		return o.exactFloor(one.std(0)*one.std(0), times.Density), 0
	}
	value, se = estimate(o.Law, n, seed, "floor", func(m *mixer, u float64, r *rand.Rand, x []float64) float64 {
		// The variance may be large near t = 0 and 1, so there are more times there, with smaller weights.
		t, weight := u*u*(3-2*u), 6*u*(1-u)
		weight *= times.Density(t)
		return weight * m.totalVariance(o.drawVelocity(m, o.Path.Clamp(t), r, x))
	})
	d := float64(o.Law.Dim())
	return value / d, se / d
}

// exactFloor returns the floor of N(m, r^2 I), integral p(t) (r W)^2 / (a^2 r^2 + s^2) dt. It integrates piecewise
// between the times at which the path is clamped.
func (o Oracle) exactFloor(r2 float64, density func(t float64) float64) float64 {
	sum := 0.
	ends := []float64{0, o.Path.Clamp(0), o.Path.Clamp(1), 1}
	for i, from := range ends[:3] {
		width := ends[i+1] - from
		if width == 0 {
			continue
		}
		sum += width * integrate(func(u float64) float64 {
			t := from + width*u
			obs := o.mustVelocityAt(o.Path.Clamp(t))
			return density(t) * r2 * obs.w * obs.w / (obs.a*obs.a*r2 + obs.s*obs.s)
		})
	}
	return sum
}

// drawVelocity draws X_t into x, weighs the mixer's parts there and returns the velocity, valid until the next call.
func (o Oracle) drawVelocity(m *mixer, t float64, r *rand.Rand, x []float64) []float64 {
	obs := o.mustVelocityAt(t)
	o.Law.Draw(r, x)
	for j := range x {
		x[j] = obs.a*x[j] + obs.s*r.NormFloat64()
	}
	m.set(obs)
	m.weigh(x)
	m.mean(m.velocity)
	return m.velocity
}

// mustVelocityAt is velocityAt, but panics if the path has no velocity at t.
func (o Oracle) mustVelocityAt(t float64) observation {
	obs, err := velocityAt(o.Path, t)
	if err != nil {
		panic("oracle: " + err.Error())
	}
	return obs
}

// single returns the law as a Mixture, and whether it is one Gaussian.
func single(law Law) (Mixture, bool) {
	m, ok := law.(Mixture)
	return m, ok && m.parts() == 1 && m.std(0) > 0
}
