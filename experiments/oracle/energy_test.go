package oracle_test

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// TestPolynomialEnergy: on the path t^n every conditional velocity is n t^(n-1) (x1 - x0), so with G the energy for a
// given alpha, the energy is
//
//	integral n^2 t^(2n-2) G(t^n) dt = n^2 / (2n - 1) integral G(z^(n/(2n-1))) dz
//
// of which the first is smooth for n above 1, and the second below.
//
// For one point m, G is |m|^2 + d. For N(m, r^2 I) it is |m|^2 + d (alpha r^2 - 1 + alpha)^2 / (alpha^2 r^2 + (1 - alpha)^2),
// integrated here by Simpson's rule, whose error with 20,000 steps is below 1e-10.
func TestPolynomialEnergy(t *testing.T) {
	t.Parallel()
	for _, n := range []float64{.505, .51, .6, 2. / 3, .75, 1, 2, 5} {
		path := must[flow.Path](t)(flow.Polynomial{Power: n}.Make())
		front, power := n*n/(2*n-1), n/(2*n-1)
		const r2, mean2, d, steps = .49, 2.25, 2, 20_000
		simpson := 0.
		for i := range steps + 1 {
			a, speed := math.Pow(float64(i)/steps, power), 1.
			if n > 1 {
				a, speed = math.Pow(float64(i)/steps, n), (2*n-1)*math.Pow(float64(i)/steps, 2*n-2)
			}
			c := a*r2 - 1 + a
			g := speed * (mean2*d + d*c*c/(a*a*r2+(1-a)*(1-a)))
			weight := float64(2 + 2*(i%2))
			if i == 0 || i == steps {
				weight = 1
			}
			simpson += weight * g / (3 * steps)
		}
		one := oracle.Oracle{Law: lawOf(t, target.Gaussian{Dim: d, Mean: 1.5, Std: .7}), Path: path}
		if got, se := one.KineticEnergy(1, 0); !(math.Abs(got/(front*simpson)-1) <= 1e-9) || se != 0 {
			t.Errorf("power %g: energy %.12g +- %g, want %.12g", n, got, se, front*simpson)
		}
		point := oracle.Oracle{Law: oracle.Mixture{Means: flow.Batch{Dim: d, Data: []float64{1, -1}}, Std: []float64{0}}, Path: path}
		want := front * (2 + d)
		if got, se := point.KineticEnergy(1<<13, 0); !(math.Abs(got-want) <= 4*se) || !(se < .02*want) {
			t.Errorf("power %g: energy of a point %.6g +- %.2g, want %.6g", n, got, se, want)
		}
	}
}

// TestInfiniteEnergy: the energy is infinite where E|u_t|^2 grows at least like 1/t towards an end. Over the next three
// decades of time it grows by 10^3 or more then, and by 10^2.7 for the energies here that are finite, at most 1/t^.9.
func TestInfiniteEnergy(t *testing.T) {
	t.Parallel()
	custom := func(alpha, sigma string) flow.Path {
		return must[flow.Path](t)(flow.Custom{Alpha: alpha, Sigma: sigma}.Make())
	}
	power := func(n float64) flow.Path { return must[flow.Path](t)(flow.Polynomial{Power: n}.Make()) }
	noisy := must[flow.Path](t)(flow.VP{BetaMin: .1, BetaMax: 20}.Make())
	points := oracle.Mixture{Means: flow.Batch{Dim: 2, Data: []float64{1, 0, -1, .5}}, Std: []float64{0}}
	some := oracle.Mixture{Means: points.Means, Std: []float64{.5, 0}}
	around := lawOf(t, target.Gaussian{Dim: 2, Std: .7})
	for _, c := range []struct {
		name     string
		law      oracle.Law
		path     flow.Path
		infinite bool // the energy
		floor    bool // the floor over all times is infinite
	}{
		{"power 1/2", three, power(.5), true, true},
		{"power 0.3", overlapping, power(.3), true, true},
		{"power 1/2, mean 0", around, power(.5), true, true},
		{"power 1/2, one point", oracle.Mixture{Means: flow.NewBatch(1, 2), Std: []float64{0}}, power(.5), true, false},
		{"power 0.55", three, power(.55), false, false},
		{"power 2", three, power(2), false, false},
		{"linear-vp", three, flow.LinearVP, false, true},
		{"linear-vp, boxes", overlapping, flow.LinearVP, false, true},
		{"linear-vp, points", points, flow.LinearVP, true, false},
		{"linear-vp, one of them a point", some, flow.LinearVP, true, true},
		{"vp", three, noisy, false, true},
		{"vp, points", points, noisy, true, false},
		{"condot, points", points, flow.CondOT, false, false},
		{"circular alpha", three, custom("circular", "linear"), true, true},
		{"circular alpha, mean 0", around, custom("circular", "linear"), false, true},
		{"circular sigma", three, custom("sine", "circular"), false, true},
		{"circular sigma, points", points, custom("sine", "circular"), true, false},
	} {
		o := oracle.Oracle{Law: c.law, Path: c.path}
		if why := o.EnergyDiverges(); (why != "") != c.infinite {
			t.Errorf("%s: the energy is infinite: %v (%s), want %v", c.name, why != "", why, c.infinite)
		}
		if why := o.FloorDiverges(); (why != "") != c.floor {
			t.Errorf("%s: the floor is infinite: %v (%s), want %v", c.name, why != "", why, c.floor)
		}
		value, se := o.KineticEnergy(1<<8, 0)
		if math.IsInf(value, 1) != c.infinite || c.infinite && se != 0 {
			t.Errorf("%s: energy %g +- %g, want an infinite one: %v", c.name, value, se, c.infinite)
		}
		grows := false
		for _, end := range []float64{0, 1} {
			near, nearer := meanSquare(t, o, math.Abs(end-1e-6)), meanSquare(t, o, math.Abs(end-1e-9))
			grows = grows || nearer/near > 850
		}
		if grows != c.infinite {
			t.Errorf("%s: near an end the energy grows like 1/t: %v, want %v", c.name, grows, c.infinite)
		}
	}
}

// meanSquare returns the mean of |u_t|^2 over draws of X_t.
func meanSquare(t *testing.T, o oracle.Oracle, at float64) (mean float64) {
	t.Helper()
	const n = 2000
	for _, v := range must[flow.Batch](t)(o.Field()(at, along(o.Law, o.Path, at, n))).Data {
		mean += v * v / n
	}
	return mean
}
