package oracle

import (
	"math/rand/v2"

	"flowsweep/experiments/flow"
)

// Floor returns the least conditional flow-matching loss that any velocity field has, as a mean over the d dimensions,
// which is what a mean-squared-error loss prints, with t ~ U[0, 1], and its standard error from about n draws:
//
//	floor = E[ |a' X1 + s' X0 - u_t(X_t)|^2 ] / d,  loss(v) = floor + E[ |v_t(X_t) - u_t(X_t)|^2 ] / d
//
// (arXiv 2210.02747, theorem 2). So a loss less the floor is the true flow-matching loss. What is sampled is the
// conditional variance at (t, X_t), over stratified t. For one Gaussian N(m, r^2 I) the floor is exact, within 1e-9, with
// standard error 0: r pi/2 under CondOT.
//
// The variance is that at path.Clamp(t), as a loss on the points of flow.Path.Interpolate has it. Only so is it finite on
// a path whose sigma falls like the root of 1 - t, such as linear-vp and vp: its floor is that of the clamped loss.
//
// The floor of a data set (Std 0) is not that of the distribution it came from: a net whose loss is below the latter has
// begun to memorise.
func (o Oracle) Floor(n int, seed uint64) (value, se float64) {
	return o.FloorOver(flow.Uniform, n, seed)
}

// FloorOver is Floor where the loss draws its times t from times.
func (o Oracle) FloorOver(times flow.Times, n int, seed uint64) (value, se float64) {
	if g, ok := single(o.Law); ok {
		return o.exactFloor(g.std(0)*g.std(0), times.Density), 0
	}
	value, se = estimate(o.Law, n, seed, "floor", func(m *mixer, u float64, r *rand.Rand, x []float64) float64 {
		// Near t = 0 and 1 the variance may be large: there the times are the more, and weigh the less.
		t, weight := u*u*(3-2*u), 6*u*(1-u)
		weight *= times.Density(t)
		return weight * m.totalSpread(o.drawVelocity(m, o.Path.Clamp(t), r, x))
	})
	d := float64(o.Law.Dim())
	return value / d, se / d
}

// exactFloor is the floor of N(m, r^2 I), integral p(t) (r W)^2 / (a^2 r^2 + s^2) dt, in parts between the times where
// the path is clamped.
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
			g := o.mustLookAt(o.Path.Clamp(t))
			return density(t) * r2 * g.w * g.w / (g.a*g.a*r2 + g.s*g.s)
		})
	}
	return sum
}

// KineticEnergy returns the energy of the flow, summed over the dimensions, and its standard error from about n draws:
//
//	integral from 0 to 1 of E[ |u_t(X_t)|^2 ] dt
//
// It is at least the squared 2-Wasserstein distance between N(0, I) and the law, with equality where the flow is the
// optimal transport, and E[ |a' X1 + s' X0|^2 ] exceeds it by d times the floor (arXiv 2412.06264, equation 4.49). For one
// Gaussian it is exact, within 1e-9, with standard error 0. It is infinite, which sampling does not show, where a'^2 has
// no integral: on polynomial paths of a power up to 1/2.
func (o Oracle) KineticEnergy(n int, seed uint64) (value, se float64) {
	if one, ok := single(o.Law); ok {
		mean2, r2, d := 0., one.std(0)*one.std(0), float64(one.Dim())
		for _, m := range one.Means.Data {
			mean2 += m * m
		}
		return integrate(func(t float64) float64 {
			g := o.mustLookAt(t)
			c := g.p*g.a*r2 + g.qs
			return g.p*g.p*mean2 + d*c*c/(g.a*g.a*r2+g.s*g.s)
		}), 0
	}
	return estimate(o.Law, n, seed, "energy", func(m *mixer, t float64, r *rand.Rand, x []float64) float64 {
		square := 0.
		for _, v := range o.drawVelocity(m, min(max(t, 1e-9), 1-1e-9), r, x) { // some have no velocity at the ends
			square += v * v
		}
		return square
	})
}

// drawVelocity draws X_t into x, turns the mixer to it and returns the velocity there, valid until the next call.
func (o Oracle) drawVelocity(m *mixer, t float64, r *rand.Rand, x []float64) []float64 {
	g := o.mustLookAt(t)
	o.Law.Draw(r, x)
	for j := range x {
		x[j] = g.a*x[j] + g.s*r.NormFloat64()
	}
	m.set(g)
	m.look(x)
	m.mean(m.velocity)
	return m.velocity
}

// mustLookAt is velocityAt for times at which the path has a velocity.
func (o Oracle) mustLookAt(t float64) gaze {
	g, err := velocityAt(o.Path, t)
	if err != nil {
		panic("oracle: " + err.Error())
	}
	return g
}

// single returns the law where it is one Gaussian.
func single(law Law) (Mixture, bool) {
	m, ok := law.(Mixture)
	return m, ok && m.parts() == 1 && m.std(0) > 0
}
