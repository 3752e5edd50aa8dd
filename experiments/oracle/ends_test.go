package oracle_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// TestStart: u_0(x) = a'(0) E[X1] + s'(0) x, so one Euler step of CondOT ends at the mean from any point.
func TestStart(t *testing.T) {
	t.Parallel()
	for name, law := range laws(t) {
		for _, path := range paths {
			o, x := oracle.Oracle{Law: law, Path: path}, along(law, path, 0, 20)
			u, mean := must[flow.Batch](t)(o.Field()(0, x)), must[flow.Batch](t)(o.PosteriorMean(0, x))
			for i, got := range u.Data {
				m := law.Mean()[i%x.Dim]
				if want := path.DAlpha(0)*m + path.DSigma(0)*x.Data[i]; math.Abs(got-want) > 1e-12 || math.Abs(mean.Data[i]-m) > 1e-12 {
					t.Errorf("%s, %s: u_0 = %.15g, want %.15g; posterior mean %.15g, want %.15g", name, path.Name, got, want, mean.Data[i], m)
				}
			}
		}
		x, _, err := ode.Solve(oracle.Oracle{Law: law, Path: flow.CondOT}.Field(), ode.Euler, ode.Uniform(1), along(law, flow.CondOT, 0, 20))
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range x.Data {
			if want := law.Mean()[i%x.Dim]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: one Euler step ends at %.15g, want the mean %.15g", name, got, want)
			}
		}
	}
}

// TestEnd: at t = 1 the velocity is a' x + s' E[X0|x] = a' x - s s' grad log q(x). This is x under CondOT, and x + grad
// log q(x) for alpha = t on the circle, whose s' is infinite but whose s s' is -1. It is also the limit: at 1e-10
// before the end the velocity differs by 1e-10 times its derivative in t, at most about 1/0.1^4 for widths of at least
// 0.1, and by rounding, since 1 - t has a relative error of 1e-6. No point here is that close to an edge of a box.
func TestEnd(t *testing.T) {
	t.Parallel()
	for name, law := range laws(t) {
		for _, path := range paths {
			o, x := oracle.Oracle{Law: law, Path: path}, along(law, path, 1, 20)
			u, score := must[flow.Batch](t)(o.Field()(1, x)), must[flow.Batch](t)(o.Score(1, x))
			before, divBefore, err1 := o.DivField()(1-1e-10, x)
			_, div, err2 := o.DivField()(1, x)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			for i := range div {
				// The divergence is larger than the velocity by a factor of 1/0.1, and so is its derivative.
				if math.Abs(div[i]-divBefore[i]) > 1e-4*(1+math.Abs(div[i])) {
					t.Errorf("%s, %s: div u_1 = %g, just before it is %g", name, path.Name, div[i], divBefore[i])
				}
			}
			mean := must[flow.Batch](t)(o.PosteriorMean(1, x))
			for i, got := range u.Data {
				want := path.DAlpha(1) * x.Data[i]
				if path.Name == "vp" {
					want += score.Data[i]
				}
				if math.Abs(got-want) > 1e-9 {
					t.Errorf("%s, %s: u_1(%g) = %.12g, want %.12g", name, path.Name, x.Data[i], got, want)
				}
				if math.Abs(got-before.Data[i]) > 1e-5*(1+math.Abs(got)) {
					t.Errorf("%s, %s: u_1 = %g, just before it is %g", name, path.Name, got, before.Data[i])
				}
				if math.Abs(mean.Data[i]-x.Data[i]) > 1e-12 {
					t.Errorf("%s, %s: E[X1 | X1 = %g] = %g", name, path.Name, x.Data[i], mean.Data[i])
				}
			}
		}
	}
}

// TestFarPoints: far from the law and just before the end, the velocity points to the nearest edge or Gaussian x1,
// u = (x1 - x) / (1 - t) up to the width of the posterior, and nothing is 0/0.
func TestFarPoints(t *testing.T) {
	t.Parallel()
	const late = 1 - 1e-6
	x := flow.Batch{Dim: 2, Data: []float64{1e6, 3e6, -1e5, 0, 40, -2}}
	for name, law := range laws(t) {
		for _, path := range paths {
			o := oracle.Oracle{Law: law, Path: path}
			for _, at := range []float64{0, 1e-9, .5, late} {
				u, div, err := o.DivField()(at, x)
				logp := must[[]float64](t)(o.LogDensity(at, x))
				for i := range x.Len() {
					if err != nil || math.IsNaN(u.Row(i)[0]+u.Row(i)[1]+div[i]+logp[i]) || math.IsInf(u.Row(i)[0]+div[i], 0) {
						t.Errorf("%s, %s, t = %g: u %v, divergence %g, log density %g (%v)", name, path.Name, at, u.Row(i), div[i], logp[i], err)
					}
				}
			}
		}
	}
	u := must[flow.Batch](t)(oracle.Oracle{Law: overlapping, Path: flow.CondOT}.Field()(late, x))
	// The third point lies to the right of the third box, whose right edge is 2.5, at the height of its lower edge, -2.
	if got, want := u.Row(2)[0], (2.5-40)/1e-6; math.Abs(got/want-1) > 1e-5 {
		t.Errorf("velocity %g, want %g", got, want)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	data := oracle.Mixture{Means: flow.Batch{Dim: 2, Data: []float64{0, 0, 1, 1}}, Std: []float64{0}}
	half := flow.Path{Name: "root", Alpha: math.Sqrt, Sigma: vp.Sigma, DAlpha: func(t float64) float64 { return .5 / math.Sqrt(t) }, DSigma: vp.DSigma}
	for _, c := range []struct {
		name string
		law  oracle.Law
		path flow.Path
		at   float64
		x    flow.Batch
		want string
	}{
		{"before", three, flow.CondOT, -.1, flow.NewBatch(1, 2), "must be in [0, 1]"},
		{"after", three, flow.CondOT, math.Nextafter(1, 2), flow.NewBatch(1, 2), "must be in [0, 1]"},
		{"NaN", three, flow.CondOT, math.NaN(), flow.NewBatch(1, 2), "must be in [0, 1]"},
		{"dimension", three, flow.CondOT, .5, flow.NewBatch(1, 3), "the law has dimension 2"},
		{"data at the end", data, flow.CondOT, 1, flow.NewBatch(1, 2), "add noise to the law"},
		{"data at the end of cosine", data, cosine, 1, flow.NewBatch(1, 2), "add noise to the law"},
		{"off the data at the end", data, flow.CondOT, 1, flow.Batch{Dim: 2, Data: []float64{.5, .5}}, "add noise to the law"},
		{"outside the boxes", overlapping, flow.CondOT, 1, flow.Batch{Dim: 2, Data: []float64{9, 9}}, "has no limit"},
		{"infinite start", three, half, 0, flow.NewBatch(1, 2), "use t = 1e-05 instead"},
	} {
		o := oracle.Oracle{Law: c.law, Path: c.path}
		if _, err := o.Field()(c.at, c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	if _, err := (oracle.Oracle{Law: three, Path: flow.CondOT}).RowField()([]float64{.5}, flow.NewBatch(2, 2)); err == nil {
		t.Error("one time for two points is accepted")
	}
}

// TestNotFinite: a point that is not finite does not affect the others.
func TestNotFinite(t *testing.T) {
	t.Parallel()
	for name, law := range laws(t) {
		for _, at := range []float64{0, .5, 1} {
			x := flow.Batch{Dim: 2, Data: []float64{math.NaN(), 0, .1, -.5, math.Inf(1), 0}}
			x.Row(1)[0], x.Row(1)[1] = along(law, flow.CondOT, 1, 1).Data[0], along(law, flow.CondOT, 1, 1).Data[1]
			u, div, err := oracle.Oracle{Law: law, Path: flow.CondOT}.DivField()(at, x)
			if err != nil || !math.IsNaN(u.Data[0]) || !math.IsNaN(div[0]) || math.IsNaN(u.Data[2]+u.Data[3]+div[1]) || !math.IsNaN(u.Data[4]) {
				t.Errorf("%s at %g: velocity %v, divergence %v (%v)", name, at, u.Data, div, err)
			}
		}
	}
}

// TestDensityAtTheEnd: the log density is -Inf outside the support of the law, +Inf at a point of positive probability,
// and that of the law elsewhere.
func TestDensityAtTheEnd(t *testing.T) {
	t.Parallel()
	at := func(law oracle.Law, x, y float64) float64 {
		return must[[]float64](t)(oracle.Oracle{Law: law, Path: flow.CondOT}.LogDensity(1, flow.Batch{Dim: 2, Data: []float64{x, y}}))[0]
	}
	data := oracle.Mixture{Means: flow.Batch{Dim: 2, Data: []float64{0, 0, 1, 1}}, Std: []float64{0}}
	if on, off := at(data, 1, 1), at(data, 1, 0); !math.IsInf(on, 1) || !math.IsInf(off, -1) {
		t.Errorf("on a point %g and off it %g, want +Inf and -Inf", on, off)
	}
	board := lawOf(t, target.Checkerboard{Scale: 1})
	if on, off := at(board, -1.5, -1.5), at(board, -.5, -1.5); math.Abs(on+math.Log(8)) > 1e-14 || !math.IsInf(off, -1) {
		t.Errorf("on a dark square %g and on a light one %g, want -ln 8 and -Inf", on, off)
	}
	if got, want := at(oracle.Mixture{Means: flow.NewBatch(1, 2), Std: []float64{2}}, 2, 0), -.5-math.Log(8*math.Pi); math.Abs(got-want) > 1e-14 {
		t.Errorf("Gaussian %g, want %g", got, want)
	}
}
