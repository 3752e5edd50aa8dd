package oracle_test

import (
	"fmt"
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// TestPublishedFloorsAndEntropies compares with values that another program computed in float64 for CondOT. The
// tolerance is 3 joint standard errors, plus half a unit of the last printed digit.
func TestPublishedFloorsAndEntropies(t *testing.T) {
	t.Parallel()
	moons := func(noise float64) oracle.Law { return lawOf(t, target.Moons{Noise: noise}) }
	for _, c := range []struct {
		name                               string
		law                                oracle.Law
		floor, floorSE, entropy, entropySE float64
		rounding                           float64
	}{
		{"moons .05", moons(.05), .939, .0015, .298, .003, .0005},
		{"moons .10", moons(.10), .979, .0015, 1.016, .003, .0005},
		{"moons .15", moons(.15), 1.018, .0015, 1.424, .003, .0005},
		{"moons .20", moons(.20), 1.058, .0015, 1.679, .003, .0005},
		{"checkerboard", lawOf(t, target.Checkerboard{Scale: 1 / .45}), 3.750, .005, math.Log(8 / .2025), 1e-12, 0},
	} {
		o := oracle.Oracle{Law: c.law, Path: flow.CondOT}
		floor, se := o.Floor(1<<14, 1)
		if tol := 3*math.Hypot(se, c.floorSE) + .0005; !(math.Abs(floor-c.floor) <= tol) || !(se < .01) {
			t.Errorf("%s: floor %.4f +- %.4f, want %.3f within %.4f", c.name, floor, se, c.floor, tol)
		}
		entropy, se := c.law.Entropy(1<<13, 1)
		if tol := 3*math.Hypot(se, c.entropySE) + c.rounding; !(math.Abs(entropy-c.entropy) <= tol) || !(se < .005) {
			t.Errorf("%s: entropy %.4f +- %.4f, want %.4f within %.4f", c.name, entropy, se, c.entropy, tol)
		}
	}
}

// TestGaussianFloor: for N(m, s^2 I) the floor is s pi/2 under CondOT, for any m and dimension, and pi^2/4 for the
// cosine path and s = 1, within the documented 1e-9.
func TestGaussianFloor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path flow.Path
		std  float64
		want float64
	}{
		{flow.CondOT, 1e-3, 1e-3 * math.Pi / 2},
		{flow.CondOT, .3, .3 * math.Pi / 2},
		{flow.CondOT, 1, math.Pi / 2},
		{flow.CondOT, 20, 20 * math.Pi / 2},
		{cosine, 1, math.Pi * math.Pi / 4},
	} {
		for _, dim := range []int{1, 3} {
			o := oracle.Oracle{Law: lawOf(t, target.Gaussian{Dim: dim, Mean: 2.5, Std: c.std}), Path: c.path}
			if got, se := o.Floor(1, 0); !(math.Abs(got-c.want) <= 1e-9) || se != 0 {
				t.Errorf("%s, std %g, dimension %d: floor %.12f +- %g, want %.12f exactly", c.path.Name, c.std, dim, got, se, c.want)
			}
		}
	}
}

// TestSampledFloorIsTheExact: two equal Gaussians are the same law as one, but their floor and energy are sampled. The
// tolerance is 4 standard errors, which must be below 1 % of the value.
func TestSampledFloorIsTheExact(t *testing.T) {
	t.Parallel()
	for _, path := range []flow.Path{flow.CondOT, cosine} {
		one := oracle.Oracle{Law: oracle.Mixture{Means: flow.Batch{Dim: 2, Data: []float64{1, -1}}, Std: []float64{.4}}, Path: path}
		two := oracle.Oracle{Law: oracle.Mixture{Means: flow.Batch{Dim: 2, Data: []float64{1, -1, 1, -1}}, Std: []float64{.4}}, Path: path}
		for _, c := range []struct {
			name string
			of   func(o oracle.Oracle, n int, seed uint64) (float64, float64)
		}{{"floor", oracle.Oracle.Floor}, {"energy", oracle.Oracle.KineticEnergy}} {
			want, exact := c.of(one, 1, 0)
			got, se := c.of(two, 1<<14, 3)
			if !(math.Abs(got-want) <= 4*se+1e-12) || exact != 0 || !(se < .01*want) {
				t.Errorf("%s, %s: %g +- %g sampled, %g +- %g exactly", path.Name, c.name, got, se, want, exact)
			}
		}
	}
}

// TestFloorWithoutNoise: the floor of a single data point is 0. That of many is positive, and below E|X1 - X0|^2 / d
// under CondOT. It is finite on a variance-preserving path too.
func TestFloorWithoutNoise(t *testing.T) {
	t.Parallel()
	law := lawOf(t, target.Moons{Noise: 0})
	cov, mean := law.Cov(), law.Mean()
	all := (2 + cov.Row(0)[0] + cov.Row(1)[1] + mean[0]*mean[0] + mean[1]*mean[1]) / 2
	for _, path := range paths {
		point := oracle.Oracle{Law: oracle.Mixture{Means: flow.Batch{Dim: 1, Data: []float64{3}}, Std: []float64{0}}, Path: path}
		if v, se := point.Floor(64, 0); v != 0 || se != 0 {
			t.Errorf("%s: the floor of one point is %g +- %g, want 0", path.Name, v, se)
		}
		v, se := oracle.Oracle{Law: law, Path: path}.Floor(1<<10, 0)
		if !(v > .1*all) || !(se < v) || path.Name == "condot" && !(v < all) {
			t.Errorf("%s: the floor of a data set is %g +- %g, while E|X1 - X0|^2 / d is %g", path.Name, v, se, all)
		}
	}
}

// TestClampedFloor: for N(0, I) and alpha = t on the circle the conditional variance is 1 / (1 - t^2), which has no
// integral. Up to T = Clamp(1) the integral is atanh(T), and the clamped times add (1 - T) / (1 - T^2). The sampled
// floor of two such Gaussians agrees within 4 standard errors.
func TestClampedFloor(t *testing.T) {
	t.Parallel()
	end := vp.Clamp(1)
	if !(end < 1) {
		t.Fatalf("times are not clamped: up to %g", end)
	}
	want := math.Atanh(end) + 1/(1+end)
	exact, _ := oracle.Oracle{Law: lawOf(t, target.Gaussian{Dim: 2, Std: 1}), Path: vp}.Floor(1, 0)
	if !(math.Abs(exact-want) <= 1e-9) {
		t.Errorf("floor %.12f, want %.12f", exact, want)
	}
	two := oracle.Oracle{Law: oracle.Mixture{Means: flow.NewBatch(2, 2), Std: []float64{1}}, Path: vp}
	if got, se := two.Floor(1<<14, 1); !(math.Abs(got-want) <= 4*se+1e-9) || !(se < .01*want) {
		t.Errorf("sampled floor %g +- %g, want %g", got, se, want)
	}
}

// TestFloorOverTimes: for N(0, I) under CondOT the conditional variance is 1 / (t^2 + (1-t)^2). It is the same at t and
// 1 - t, so the density 2t gives pi/2, like the uniform one. The density of late times, 4 from 3/4 on, gives
// 4 (pi/4 - atan(1/2)); its jump leaves the rule only 3 digits. Sampling agrees within 4 standard errors.
func TestFloorOverTimes(t *testing.T) {
	t.Parallel()
	one := oracle.Oracle{Law: lawOf(t, target.Gaussian{Dim: 2, Std: 1}), Path: flow.CondOT}
	two := oracle.Oracle{Law: oracle.Mixture{Means: flow.NewBatch(2, 2), Std: []float64{1}}, Path: flow.CondOT}
	for _, c := range []struct {
		name    string
		density func(t float64) float64
		want    float64
		tol     float64
	}{
		{"rising", func(t float64) float64 { return 2 * t }, math.Pi / 2, 1e-9},
		{"late", func(t float64) float64 { return 4 * math.Floor(t+.25) }, 4 * (math.Pi/4 - math.Atan(.5)), 1e-3},
	} {
		times := flow.Times{Name: c.name, Density: c.density}
		if got, _ := one.FloorOver(times, 1, 0); !(math.Abs(got-c.want) <= c.tol) {
			t.Errorf("%s: floor %.12f, want %.12f", c.name, got, c.want)
		}
		if got, se := two.FloorOver(times, 1<<13, 0); !(math.Abs(got-c.want) <= 4*se+1e-9) || !(se < .01*c.want) {
			t.Errorf("%s: sampled floor %g +- %g, want %g", c.name, got, se, c.want)
		}
	}
}

// TestEveryPathAndTimes: every path and distribution of times has a finite floor and energy.
func TestEveryPathAndTimes(t *testing.T) {
	t.Parallel()
	for name, law := range map[string]oracle.Law{"three": three, "overlapping": overlapping} {
		for _, path := range defaults(t, flow.PathFamilies) {
			o := oracle.Oracle{Law: law, Path: path}
			if v, se := o.KineticEnergy(1<<9, 0); !(v > 0 && v < 100) || !(se < v) {
				t.Errorf("%s, %s: energy %g +- %g", name, path.Name, v, se)
			}
			for _, times := range defaults(t, flow.TimesFamilies) {
				if v, se := o.FloorOver(times, 1<<9, 0); !(v > 0 && v < 100) || !(se < v) {
					t.Errorf("%s, %s, %s: floor %g +- %g", name, path.Name, times.Name, v, se)
				}
			}
			for _, at := range []float64{0, 1} {
				u, err := o.Field()(at, along(law, path, at, 10))
				for _, v := range u.Data {
					if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("%s, %s: velocity %g at t = %g (%v)", name, path.Name, v, at, err)
					}
				}
			}
		}
	}
}

// TestEnergyAndFloorMakeTheWhole: E|a' X1 + s' X0|^2 = integral E|u_t|^2 dt + d floor. For independent ends the left
// side is integral a'^2 dt E|X1|^2 + integral s'^2 dt d, and n^2 / (2n - 1) is both integrals on a polynomial path. The
// tolerance is 4 standard errors. (That the floor is of clamped times takes less than a tenth of one from it.)
func TestEnergyAndFloorMakeTheWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path    flow.Path
		squares float64 // integral of a'^2, and of s'^2
	}{
		{flow.CondOT, 1},
		{cosine, math.Pi * math.Pi / 8},
		{must[flow.Path](t)(flow.Polynomial{Power: .75}.Make()), 9. / 8},
		{must[flow.Path](t)(flow.Polynomial{Power: 2}.Make()), 4. / 3},
	} {
		for name, law := range laws(t) {
			d := float64(law.Dim())
			square, cov := d, law.Cov()
			for j, m := range law.Mean() {
				square += m*m + cov.Row(j)[j]
			}
			o := oracle.Oracle{Law: law, Path: c.path}
			energy, energySE := o.KineticEnergy(1<<13, 1)
			floor, floorSE := o.Floor(1<<13, 2)
			got, want, se := energy+d*floor, c.squares*square, math.Hypot(energySE, d*floorSE)
			if !(math.Abs(got-want) <= 4*se) || !(se < .02*want) {
				t.Errorf("%s, %s: energy %.4f + %g floors %.4f = %.4f +- %.4f, want %.4f", c.path.Name, name, energy, d, floor, got, se, want)
			}
		}
	}
}

func ExampleOracle_Floor() {
	ring, _ := target.Gaussians{Count: 1, Std: .5}.Make()
	floor, se := oracle.Oracle{Law: ring.Law, Path: flow.CondOT}.Floor(1e5, 0)
	fmt.Printf("%.6f +- %g\n", floor, se)
	// Output: 0.785398 +- 0
}
