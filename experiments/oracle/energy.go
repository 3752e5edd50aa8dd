package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// KineticEnergy returns the energy of the flow, summed over the dimensions, and its standard error from about n draws:
//
//	integral from 0 to 1 of E[ |u_t(X_t)|^2 ] dt
//
// It is at least the squared 2-Wasserstein distance between N(0, I) and the law, with equality if the flow is the
// optimal transport. E[ |a' X1 + s' X0|^2 ] exceeds it by d times the floor (arXiv 2412.06264, equation 4.49). For one
// Gaussian it is exact, within 1e-9, with standard error 0. It is +Inf, with standard error 0, if EnergyDiverges.
func (o Oracle) KineticEnergy(n int, seed uint64) (value, se float64) {
	if o.EnergyDiverges() != "" {
		return math.Inf(1), 0
	}
	if one, ok := single(o.Law); ok {
		mean2, r2, d := 0., one.std(0)*one.std(0), float64(one.Dim())
		for _, m := range one.Means.Data {
			mean2 += m * m
		}
		return integrate(o.evenly(func(t float64) float64 {
			obs := o.mustVelocityAt(t)
			c := obs.p*obs.a*r2 + obs.qs
			return obs.p*obs.p*mean2 + d*c*c/(obs.a*obs.a*r2+obs.s*obs.s)
		})), 0
	}
	return estimate(o.Law, n, seed, "energy", func(m *mixer, u float64, r *rand.Rand, x []float64) float64 {
		return o.evenly(func(t float64) float64 {
			square := 0.
			for _, v := range o.drawVelocity(m, t, r, x) {
				square += v * v
			}
			return square
		})(min(max(u, 1e-9), 1-1e-9)) // some paths have no velocity at the ends
	})
}

// evenly returns the integrand f of times t in a variable z in which it is bounded at 0, on a path that leaves t = 0 with
// the power p, 1/2 < p < 1. There f grows like t^(2p-2), whose square need not have an integral, so that a mean over even
// times would have no standard error:
//
//	t = z^k,  f dt = k f(t) t^(2-2p) dz,  k = 1 / (2p - 1)
//
// For p near 1/2, z^k is too small for a float64. There f has long been t^(2p-2) times a constant, so that the product is
// that at any small t.
func (o Oracle) evenly(f func(t float64) float64) func(z float64) float64 {
	p := max(o.Path.AlphaStart, o.Path.SigmaStart)
	if p <= .5 {
		return f
	}
	k := 1 / (2*p - 1)
	return func(z float64) float64 {
		t := max(math.Pow(z, k), 1e-200)
		return k * f(t) * math.Pow(t, 2-2*p)
	}
}

// steep reports whether the square of the derivative of t^p has no integral, for a power as in a flow.Path.
func steep(p float64) bool { return p > 0 && p <= .5 }

// EnergyDiverges returns why the kinetic energy is infinite, or "" if it is not. With m = E[X1],
//
//	u_t(x) = a' m + s' x + O(a a')     near t = 0
//	u_t(x) = a' x - s s' grad log p_t  near t = 1
//
// At t = 0 it diverges with the integral of s'^2, and with that of a'^2 unless m is 0. At t = 1, s s' stays finite where
// s falls like a root, so it diverges only for laws with points of positive probability, where |grad log p_t| is about
// sqrt(d) / s. (Where alpha leaves 0 like a root and m is 0, a a' is finite.)
func (o Oracle) EnergyDiverges() string {
	switch {
	case steep(o.Path.SigmaStart):
		return fmt.Sprintf("sigma' grows like t^%.3g towards t = 0, and its square has no integral", o.Path.SigmaStart-1)
	case steep(o.Path.AlphaStart) && !o.centred():
		return fmt.Sprintf("alpha' grows like t^%.3g towards t = 0, its square has no integral, and the mean is not 0", o.Path.AlphaStart-1)
	case steep(o.Path.SigmaEnd) && o.atoms() > 0:
		return fmt.Sprintf("sigma' grows like (1-t)^%.3g towards t = 1, its square has no integral, and the points have no width", o.Path.SigmaEnd-1)
	default:
		return ""
	}
}

// FloorDiverges returns why the floor over all times is infinite, that without flow.Path.Clamp, or "" if it is not. The
// conditional variance is (W/s)^2 times that of X1 given X_t, with W = a' s - s' a. Towards t = 0 it is a'^2 times the
// variance of X1. Towards t = 1 it is s'^2 times the dimension for a law with a density, as X1 is then known to within s,
// and 0 for single points, which are then told apart.
func (o Oracle) FloorDiverges() string {
	atoms := o.atoms()
	switch {
	case steep(o.Path.AlphaStart) && !(o.Law.parts() == 1 && atoms == 1):
		return fmt.Sprintf("alpha' grows like t^%.3g towards t = 0, and its square has no integral", o.Path.AlphaStart-1)
	case steep(o.Path.SigmaEnd) && atoms < o.Law.parts():
		return fmt.Sprintf("sigma' grows like (1-t)^%.3g towards t = 1, and its square has no integral", o.Path.SigmaEnd-1)
	default:
		return ""
	}
}

// centred reports whether the mean of the law is 0, up to rounding.
func (o Oracle) centred() bool {
	square, spread, cov := 0., 0., o.Law.Cov()
	for j, m := range o.Law.Mean() {
		square, spread = square+m*m, spread+m*m+cov.Row(j)[j]
	}
	return square <= 1e-24*spread
}

// atoms returns how many parts of the law are single points.
func (o Oracle) atoms() (n int) {
	m, ok := o.Law.(Mixture)
	if !ok {
		return 0
	}
	for i := range m.parts() {
		if m.std(i) == 0 {
			n++
		}
	}
	return n
}
