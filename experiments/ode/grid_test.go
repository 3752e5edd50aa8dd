package ode

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

func mustGrid(t *testing.T, m flow.Maker[Grid]) Grid {
	t.Helper()
	g, err := m.Make()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestGridsRiseFromNoiseToData includes step counts for which a grid summed in float32 has one step too many, as in
// torchdiffeq.
func TestGridsRiseFromNoiseToData(t *testing.T) {
	t.Parallel()
	for _, m := range []flow.Maker[Grid]{fixedUniform{}, fixedCosine{}, EDMGrid{7, .002, 80}, EDMGrid{1, 1e-5, 1000}, EDMGrid{.5, .1, 2}} {
		g := mustGrid(t, m)
		for _, n := range []int{1, 2, 3, 61, 109, 115, 121, 122, 123, 1000, 100_000} {
			ts := g.Times(n)
			if len(ts) != n+1 || ts[0] != 0 || ts[n] != 1 {
				t.Errorf("%s %+v in %d steps: %d times from %g to %g", g.Name, m, n, len(ts), ts[0], ts[len(ts)-1])
			}
			for i := range n {
				if !(ts[i] < ts[i+1]) {
					t.Fatalf("%s %+v in %d steps: time %d is %g and the next %g", g.Name, m, n, i, ts[i], ts[i+1])
				}
			}
		}
	}
}

// TestGridTimes compares with values computed from the definitions to 8 digits. Those of edm follow from the noise
// levels of equation 5 of arXiv 2206.00364 for 5 steps: 80, 17.527832, 2.5152190, 0.16975276, 0.002.
func TestGridTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m    flow.Maker[Grid]
		want []float64
	}{
		{fixedUniform{}, []float64{0, .25, .5, .75, 1}},
		{fixedCosine{}, []float64{0, .0761204675, .2928932188, .6173165676, 1}},
		{EDMGrid{7, .002, 80}, []float64{0, 1 / 18.527832, 1 / 3.5152190, 1 / 1.16975276, 1 / 1.002, 1}},
		{EDMGrid{1, 1, 3}, []float64{0, 1 / (1 + 7./3), 1 / (1 + 5./3), .5, 1}},
		{ExplicitGrid{[]float64{0, .1, .9, 1}}, []float64{0, .1, .9, 1}},
	} {
		g := mustGrid(t, c.m)
		for i, got := range g.Times(len(c.want) - 1) {
			if !(math.Abs(got-c.want[i]) <= 1e-8) {
				t.Errorf("%s: time %d is %.9f, want %.9f", g.Name, i, got, c.want[i])
			}
		}
	}
}

// TestCosineGridKeepsSmallTimes: near 0 the times are (pi i / 2n)^2 / 2 within a relative 1e-12, a precision that
// 1 - cos would lose.
func TestCosineGridKeepsSmallTimes(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	first, want := CosineGrid.Times(n)[1], math.Pow(math.Pi/(2*n), 2)/2
	if !(math.Abs(first/want-1) <= 1e-11) {
		t.Errorf("the first time of %d steps is %g, want %g", n, first, want)
	}
}

func TestGridsInASpec(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m    flow.Maker[Grid]
		want string
	}{
		{fixedUniform{}, `"uniform"`},
		{fixedCosine{}, `"cosine"`},
		{EDMGrid{7, .002, 80}, `{"name":"edm","rho":7,"sigma_min":0.002,"sigma_max":80}`},
		{ExplicitGrid{[]float64{0, .5, 1}}, `{"name":"explicit","times":[0,0.5,1]}`},
	} {
		got, err := json.Marshal(mustGrid(t, c.m))
		if err != nil || string(got) != c.want {
			t.Errorf("%+v is written as %s (%v), want %s", c.m, got, err, c.want)
		}
	}
	for _, f := range GridFamilies {
		if g, err := f.Default.Make(); err == nil && g.Name != f.Name {
			t.Errorf("the family %s makes a grid named %s", f.Name, g.Name)
		}
	}
}

func TestGridProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m    flow.Maker[Grid]
		want string
	}{
		{EDMGrid{0, .002, 80}, "rho: 0"},
		{EDMGrid{math.NaN(), .002, 80}, "rho: NaN"},
		{EDMGrid{7, -1, 80}, "sigma_min: -1"},
		{EDMGrid{7, .002, math.Inf(1)}, "sigma_max: +Inf"},
		{EDMGrid{7, 2, 2}, "sigma_min: 2: must be below sigma_max, 2"},
		{ExplicitGrid{}, "times: must start"},
		{ExplicitGrid{[]float64{0}}, "times: must start"},
		{ExplicitGrid{[]float64{.1, 1}}, "times: must start"},
		{ExplicitGrid{[]float64{0, .9}}, "times: must start"},
		{ExplicitGrid{[]float64{0, .5, .5, 1}}, "times: 0.5 is followed by 0.5"},
		{ExplicitGrid{[]float64{0, math.NaN(), 1}}, "times: 0 is followed by NaN"},
	} {
		if _, err := c.m.Make(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.m, err, c.want)
		}
	}
}

func TestGridsPanicWithoutSteps(t *testing.T) {
	t.Parallel()
	explicit := mustGrid(t, ExplicitGrid{[]float64{0, .5, 1}})
	if explicit.Steps != 2 {
		t.Errorf("a list of 3 times has %d steps, want 2", explicit.Steps)
	}
	for name, call := range map[string]func(){"uniform": func() { Uniform(0) }, "explicit": func() { explicit.Times(3) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s accepts an impossible number of steps", name)
				}
			}()
			call()
		}()
	}
}

func TestExplicitGridIsNotShared(t *testing.T) {
	t.Parallel()
	g := mustGrid(t, ExplicitGrid{[]float64{0, .5, 1}})
	g.Times(2)[1] = 7
	if got := g.Times(2)[1]; got != .5 {
		t.Errorf("a change to the returned times changed the grid: %g", got)
	}
}

func ExampleEDMGrid() {
	grid, _ := EDMGrid{Rho: 7, SigmaMin: 0.002, SigmaMax: 80}.Make()
	fmt.Printf("%.4f\n", grid.Times(5))
	// Output: [0.0000 0.0540 0.2845 0.8549 0.9980 1.0000]
}

// TestTangentGrid: for data of standard deviation c, the middle of the grid is where the noise is as large as the data, t = 1/(1 + c),
// and the angles atan((1-t)/(t c)) are evenly spaced.
func TestTangentGrid(t *testing.T) {
	t.Parallel()
	for _, c := range []float64{.1, 1, 5} {
		g, err := TangentGrid{Std: c}.Make()
		if err != nil {
			t.Fatal(err)
		}
		if ts := g.Times(2); ts[0] != 0 || ts[2] != 1 || math.Abs(ts[1]-1/(1+c)) > 1e-15 {
			t.Errorf("std %g: %v, want the middle %g", c, ts, 1/(1+c))
		}
		ts := g.Times(10)
		for i := 1; i < 10; i++ {
			angle := math.Atan((1 - ts[i]) / ts[i] / c)
			if want := math.Pi / 2 * (1 - float64(i)/10); math.Abs(angle-want) > 1e-12 || ts[i] <= ts[i-1] {
				t.Errorf("std %g, time %d is %g: its angle is %g, want %g", c, i, ts[i], angle, want)
			}
		}
	}
	for _, std := range []float64{-1, math.Inf(1), math.NaN()} {
		if _, err := (TangentGrid{Std: std}).Make(); err == nil {
			t.Errorf("std %g is taken", std)
		}
	}
	auto, _ := TangentGrid{}.Make()
	if got := auto.Of(func() float64 { return 2 }); got.Params != (TangentGrid{Std: 2}) || UniformGrid.Of(nil).Name != "uniform" {
		t.Errorf("a grid of the data is %+v", got.Params)
	}
}

// TestTuneGridFindsNothingWhereNothingIsOff: for a constant velocity every grid is exact, and one step has no inner times. Even steps
// come first and stay. A bad velocity is an error.
func TestTuneGridFindsNothingWhereNothingIsOff(t *testing.T) {
	t.Parallel()
	x0 := flow.NewBatch(16, 2)
	flow.NewStream(1, "x0").Normal(x0, 0)
	still := func(_ float64, x flow.Batch) (flow.Batch, error) { return x.Like(x.Dim), nil }
	for _, steps := range []int{1, 4} {
		ts, nfe, err := TuneGrid(still, Heun, steps, x0, x0)
		if err != nil || fmt.Sprint(ts) != fmt.Sprint(Uniform(steps)) || nfe < 2*steps || nfe > GridCalls(Heun, steps) {
			t.Errorf("%d steps: %g with %d calls (%v), want even steps and at most %d calls", steps, ts, nfe, err, GridCalls(Heun, steps))
		}
	}
	broken := func(_ float64, x flow.Batch) (flow.Batch, error) {
		u := x.Like(x.Dim)
		u.Data[0] = math.NaN()
		return u, nil
	}
	if ts, _, err := TuneGrid(broken, Heun, 4, x0, x0); err == nil {
		t.Errorf("a velocity that is not a number leads to the times %g", ts)
	}
}
