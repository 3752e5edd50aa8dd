package follow

import (
	"errors"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/reports/motion"
)

// settingOf returns the first setting of a spec.
func settingOf(t *testing.T, text string) experiments.Setting {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte("name: a\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return spec.Settings[0]
}

// flowOf follows a velocity.
func flowOf(t *testing.T, velocity flow.RowField, s experiments.Setting) *motion.Flow {
	t.Helper()
	f, err := Flow(t.Context(), velocity, experiments.Result{Run: "key", Setting: s}, 7)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil && (f.Run != "key" || f.Version != motion.Version) {
		t.Errorf("the flow is of run %q, version %d", f.Run, f.Version)
	}
	return f
}

// exactOf returns the exact velocity of a setting that is conditional on nothing, times a factor.
func exactOf(s experiments.Setting, factor float64) flow.RowField {
	velocity := oracle.Oracle{Law: s.Target.Law, Path: s.Recipe.Path}.RowField()
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		u, err := velocity(t, x)
		for i := range u.Data {
			u.Data[i] *= factor
		}
		return u, err
	}
}

// near reports whether two numbers agree but for the rounding to four digits and the error of 32 steps of rk4.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-3*math.Abs(b)+1e-4 }

// TestGaussianIsExact: to N(m, s²) along X_t = t X1 + (1 - t) X0 a point x0 moves as t m + sqrt(t² s² + (1 - t)²) x0, and the velocity at x is
// m + (t s² - (1 - t)) / (t² s² + (1 - t)²) (x - t m).
func TestGaussianIsExact(t *testing.T) {
	t.Parallel()
	const m, s = 1, .5
	setting := settingOf(t, "target: {name: gaussian, dim: 2, mean: 1, std: 0.5}\n")
	f := flowOf(t, exactOf(setting, 1.1), setting)
	x0 := start(setting, 7, shownPaths)
	if len(f.Exact.X) != shownPaths || len(f.Exact.Y) != shownPaths || len(f.Times) != steps+1 {
		t.Fatalf("%d paths of %d times", len(f.Exact.X), len(f.Times))
	}
	for i := range f.Exact.X {
		for k, at := range f.Times {
			width := math.Sqrt(at*at*s*s + (1-at)*(1-at))
			if x, y := at*m+width*x0.Row(i)[0], at*m+width*x0.Row(i)[1]; !near(f.Exact.X[i][k], x) || !near(f.Exact.Y[i][k], y) {
				t.Fatalf("point %d is at (%g, %g) at t = %g, want (%g, %g)", i, f.Exact.X[i][k], f.Exact.Y[i][k], at, x, y)
			}
		}
	}
	for i, at := range motion.Moments {
		a, c := f.Exact.Arrows[i], (at*s*s-(1-at))/(at*at*s*s+(1-at)*(1-at))
		for k, cell := range a.At {
			x, y := f.View.Middle(0, motion.Grid, cell%motion.Grid), f.View.Middle(1, motion.Grid, cell/motion.Grid)
			if u, v := m+c*(x-at*m), m+c*(y-at*m); !near(a.U[k], u) || !near(a.V[k], v) {
				t.Errorf("at t = %g the velocity at (%g, %g) is (%g, %g), want (%g, %g)", at, x, y, a.U[k], a.V[k], u, v)
			}
		}
		if len(a.At) < 5 {
			t.Errorf("%d arrows at t = %g", len(a.At), at)
		}
	}
	// E |v|^2 is m² + c² (t² s² + (1 - t)²) for each coordinate.
	sizes, mean := make([]float64, len(motion.Moments)), 0.
	for i, t := range motion.Moments {
		c := (t*s*s - (1 - t)) / (t*t*s*s + (1-t)*(1-t))
		sizes[i] = m*m + c*c*(t*t*s*s+(1-t)*(1-t))
		mean += sizes[i] / float64(len(sizes))
	}
	for i, got := range f.Apart {
		if want := .1 * math.Sqrt(sizes[i]/mean); math.Abs(got-want) > .05*want { // of 2000 points
			t.Errorf("a velocity that is 1.1 times the exact one is %g apart at t = %g, want %g", got, motion.Moments[i], want)
		}
	}
}

// TestDensities: the points that follow a velocity, and those that are mixed with noise, are standard normal at t = 0, and N(m, s²) at t = 1: each cell has as many as Pearson's statistic allows.
func TestDensities(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: {name: gaussian, dim: 2, mean: 1, std: 0.5}\n")
	f := flowOf(t, exactOf(setting, 1), setting)
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	for _, c := range []struct {
		of      motion.Motion
		moment  int
		mean, s float64
	}{{f.Net, 0, 0, 1}, {f.Net, 4, 1, .5}, {*f.Exact, 0, 0, 1}, {*f.Exact, 4, 1, .5}} {
		within := func(axis, i int) float64 {
			a := f.View.Axes[axis]
			size := (a.High - a.Low) / motion.Cells
			low := a.Low + float64(i)*size
			return phi((low+size-c.mean)/c.s) - phi((low-c.mean)/c.s)
		}
		sum, cells, points := 0., 0., 0
		for k, n := range c.of.Counts[c.moment] {
			points += n
			if want := within(0, k%motion.Cells) * within(1, k/motion.Cells) * float64(c.of.Points); want >= 1 {
				sum, cells = sum+(float64(n)-want)*(float64(n)-want)/want, cells+1
			}
		}
		if z := (sum - cells) / math.Sqrt(2*cells); math.Abs(z) > 4 || cells < 50 {
			t.Errorf("at moment %d the counts of %g cells are %.1f standard deviations from the density", c.moment, cells, z)
		}
		if c.of.Points != mostPoints || points < mostPoints*98/100 {
			t.Errorf("%d of %d points are in the view", points, c.of.Points)
		}
	}
}

// TestOneCoordinate: of points of one coordinate there is a histogram at every time, and no arrows.
func TestOneCoordinate(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: {name: gaussian, dim: 1, mean: 0, std: 1}\nsample: {solver: heun, steps: 2}\n")
	f := flowOf(t, exactOf(setting, 1), setting)
	if len(f.Net.Counts) != steps+1 || len(f.Exact.Counts) != steps+1 || len(f.Net.Counts[3]) != motion.Cells || f.Net.Y != nil || f.Net.Arrows != nil {
		t.Errorf("%d histograms, %d arrows", len(f.Net.Counts), len(f.Net.Arrows))
	}
	if !slices.Equal(f.Steps.Times, []float64{0, .5, 1}) || len(f.Steps.X) != shownSteps || f.Steps.Sampling != "heun, 2 steps" {
		t.Errorf("steps of %s at %v", f.Steps.Sampling, f.Steps.Times)
	}
	if f.Steps.X[2][0] != f.Net.X[2][0] {
		t.Error("the steps do not start where the paths do")
	}
}

// TestNoLimit: moons without noise have no velocity at t = 1 beside their points, and are followed all the same.
func TestNoLimit(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: {name: checkerboard}\n")
	exact := exactOf(setting, 1)
	one := slices.Repeat([]float64{1}, 1)
	outside := flow.Batch{Dim: 2, Data: []float64{50, 50}}
	if _, err := exact(one, outside); !errors.Is(err, oracle.ErrNoLimit) {
		t.Fatalf("a point outside the checkerboard: %v", err)
	}
	if u, err := limited(exact)(one, outside); err != nil || !(u.Data[0] < 0) {
		t.Errorf("a point outside moves by %v (%v), want back", u.Data, err)
	}
	if f := flowOf(t, limited(exact), setting); f.Exact == nil || slices.Max(f.Apart) > 1e-12 { // the same velocity
		t.Error("the exact velocity is not known, or apart from itself")
	}
}

// TestLost: a velocity that leaves the numbers loses its points, and none is shown.
func TestLost(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: {name: gaussian, dim: 2}\ncoupling: ot\n")
	far := func(only bool) flow.RowField {
		return func(t []float64, x flow.Batch) (flow.Batch, error) {
			u := x.Like(x.Dim)
			for i, v := range x.Data {
				if !only || x.Row(i / 2)[0] > 0 {
					u.Data[i] = math.Inf(1) * v
				}
			}
			return u, nil
		}
	}
	if f := flowOf(t, far(false), setting); f != nil {
		t.Errorf("all points are lost, and %d shown", f.Net.Points)
	}
	f := flowOf(t, far(true), setting)
	if f.Net.Lost < 900 || f.Net.Lost > 1100 || f.Net.Lost+f.Net.Points != mostPoints || len(f.Net.X) != shownPaths || f.Exact != nil || f.Mixed != nil {
		t.Errorf("%d lost, %d points, %d paths", f.Net.Lost, f.Net.Points, len(f.Net.X))
	}
	for _, path := range f.Net.X {
		if path[0] > 0 {
			t.Fatal("a lost point has a path")
		}
	}
}

// TestConditional: paths have the class of their noise, and the exact velocity has the guidance.
func TestConditional(t *testing.T) {
	t.Parallel()
	setting := settingOf(t, "target: {name: gaussians, count: 4, label: component}\ntrain: {drop: 0.1}\nsample: {guidance: 2}\n")
	exact := oracle.NewConditional(setting.Target.LawGiven, setting.Recipe.Path).RowField()
	f := flowOf(t, exact.Guide(setting.Sample.Guidance), setting)
	if len(f.Class) != shownPaths || len(f.Classes) != 4 || slices.Max(f.Apart) > 1e-12 {
		t.Fatalf("%d classes of %d paths, apart by %v", len(f.Classes), len(f.Class), f.Apart)
	}
	tell := setting.Target.Classifier()
	for i, k := range f.Class {
		if end := (flow.Batch{Dim: 2, Data: []float64{f.Exact.X[i][steps], f.Exact.Y[i][steps]}}); tell(end)[0] != k {
			t.Errorf("path %d, given %d, ends at %v", i, k, end.Data)
		}
	}
	if !slices.Equal(f.Exact.Counts[4], f.Net.Counts[4]) {
		t.Error("with a guidance of 2 the exact density is not where the exact velocity carries the noise")
	}
	if unguided := flowOf(t, exact, setting); unguided.Apart[0] < .01 {
		t.Errorf("without its guidance the velocity is only %g apart", unguided.Apart[0])
	}
}
