package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// adaptiveSolvers are the solvers with an error estimate.
var adaptiveSolvers = slices.DeleteFunc(slices.Clone(Solvers), func(s Solver) bool { return !s.Adaptive() })

// rows returns the row field of a velocity defined for one row.
func rows(velocity func(t float64, x, u []float64)) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		u := flow.NewBatch(x.Len(), x.Dim)
		for i, ti := range t {
			velocity(ti, x.Row(i), u.Row(i))
		}
		return u, nil
	}
}

// gaussianRows is the field gaussian with its own time for every row.
func gaussianRows(m, s float64) flow.RowField {
	return rows(func(t float64, x, u []float64) {
		for j, v := range x {
			u[j] = m + (v-t*m)*(t*s*s-(1-t))/(t*t*s*s+(1-t)*(1-t))
		}
	})
}

// swirl is a field with no symmetry whose samples need different steps.
var swirl = rows(func(t float64, x, u []float64) {
	turn := 3 * (x[0]*x[0] + x[1]*x[1]) * math.Cos(2*t)
	u[0] = -turn*x[1] - x[0]
	u[1] = turn*x[0] + math.Sin(5*x[1]) + t
})

// points returns n standard normal points in the plane.
func points(n int) flow.Batch {
	x := flow.NewBatch(n, 2)
	flow.NewStream(11, "points").Normal(x, 0)
	return x
}

func mustSolve(t *testing.T, field flow.RowField, s Solver, tol float64, x0 flow.Batch) (flow.Batch, []int) {
	t.Helper()
	x, nfe, err := SolveAdaptive(field, s, Tolerance{Atol: tol, Rtol: tol}, x0)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return x, nfe
}

// TestErrorsMeetTheTolerance uses two problems with known solutions: the flow of a Gaussian, and the logistic equation
// of TestObservedOrder. The largest error at the end is at most 20 tolerances for bosh3, which takes many steps, and 5
// for the others. It is proportional to the tolerance: the slope of the logarithms is 1 within 0.2. It is no closer to
// 1 because a step grows wherever its error estimate passes through 0, and grows more for smaller tolerances.
func TestErrorsMeetTheTolerance(t *testing.T) {
	t.Parallel()
	maxError := map[string]float64{"bosh3": 20, "dopri5": 5, "tsit5": 5}
	for _, c := range []struct {
		name  string
		field flow.RowField
		x0    []float64
		exact func(x0 float64) float64
	}{
		{"gaussian", gaussianRows(1.5, .5), []float64{-2, -.3, 0, 1.1, 2.5}, func(x0 float64) float64 { return 1.5 + .5*x0 }},
		{
			"logistic", rows(func(t float64, x, u []float64) { u[0] = 4 * x[0] * (1 - x[0]) * math.Cos(t) }),
			[]float64{.05, .3, .5, .9},
			func(x0 float64) float64 { return 1 / (1 + (1-x0)/x0*math.Exp(-4*math.Sin(1))) },
		},
	} {
		for _, s := range adaptiveSolvers {
			var logTol, logE []float64
			for _, tol := range []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9} {
				x, _ := mustSolve(t, c.field, s, tol, flow.Batch{Dim: 1, Data: c.x0})
				e := 0.
				for i, v := range x.Data {
					e = max(e, math.Abs(v-c.exact(c.x0[i])))
				}
				if e > maxError[s.Name]*tol {
					t.Errorf("%s, %s: error %.3g at tolerance %g, want at most %g tolerances", c.name, s.Name, e, tol, maxError[s.Name])
				}
				logTol, logE = append(logTol, math.Log(tol)), append(logE, math.Log(e))
			}
			if _, slope := stat.LinearRegression(logTol, logE, nil, false); !(math.Abs(slope-1) <= .2) {
				t.Errorf("%s, %s: the error grows like the tolerance to the power %.2f, want 1 within 0.2", c.name, s.Name, slope)
			}
		}
	}
}

// TestArenstorf compares with the output of the code DOPRI5 (Hairer, Norsett and Wanner, appendix) for the Arenstorf
// orbit at tolerance 1e-7: 1442 velocity calls, ending at 0.9940021016, 0.8911185692e-05. The code chooses the first
// step by a different norm, a sum instead of a mean; hence the tolerance of 2e-8 for the end point.
func TestArenstorf(t *testing.T) {
	t.Parallel()
	const mu, period = 0.012277471, 17.0652165601579625588917206249
	orbit := rows(func(_ float64, y, u []float64) {
		d1 := math.Pow((y[0]+mu)*(y[0]+mu)+y[1]*y[1], 1.5)
		d2 := math.Pow((y[0]-1+mu)*(y[0]-1+mu)+y[1]*y[1], 1.5)
		u[0], u[1] = y[2], y[3]
		u[2] = y[0] + 2*y[3] - (1-mu)*(y[0]+mu)/d1 - mu*(y[0]-1+mu)/d2
		u[3] = y[1] - 2*y[2] - (1-mu)*y[1]/d1 - mu*y[1]/d2
	})
	x0 := flow.Batch{Dim: 4, Data: []float64{0.994, 0, 0, -2.00158510637908252240537862224}}
	x, nfe, err := SolveAdaptiveBetween(orbit, Dopri5, Tolerance{Atol: 1e-7, Rtol: 1e-7}, 0, period, x0)
	if err != nil || nfe[0] != 1442 {
		t.Errorf("%d velocity calls (%v), want 1442", nfe[0], err)
	}
	for i, want := range []float64{0.9940021016, 0.8911185692e-05} {
		if !(math.Abs(x.Data[i]-want) <= 2e-8) {
			t.Errorf("coordinate %d ends at %.10g, want %.10g", i, x.Data[i], want)
		}
	}
}

// TestSamplesDoNotDependOnTheirNeighbours compares to the last bit and the last velocity call.
func TestSamplesDoNotDependOnTheirNeighbours(t *testing.T) {
	t.Parallel()
	x0 := points(40)
	for _, s := range adaptiveSolvers {
		x, nfe := mustSolve(t, swirl, s, 1e-5, x0)
		if slices.Min(nfe) == slices.Max(nfe) {
			t.Fatalf("%s: every sample takes %d calls: the test cannot detect a shared step", s.Name, nfe[0])
		}
		same := func(what string, id int, got []float64, calls int) {
			if !slices.Equal(got, x.Row(id)) || calls != nfe[id] {
				t.Errorf("%s: sample %d %s ends at %v in %d calls, want %v in %d", s.Name, id, what, got, calls, x.Row(id), nfe[id])
			}
		}
		backwards := flow.NewBatch(x0.Len(), 2)
		for id := range x0.Len() {
			copy(backwards.Row(x0.Len()-1-id), x0.Row(id))
			alone, calls := mustSolve(t, swirl, s, 1e-5, x0.Slice(id, id+1))
			same("alone", id, alone.Row(0), calls[0])
		}
		reversed, calls := mustSolve(t, swirl, s, 1e-5, backwards)
		part, partCalls := mustSolve(t, swirl, s, 1e-5, x0.Slice(13, 21))
		for id := range x0.Len() {
			same("in another order", id, reversed.Row(x0.Len()-1-id), calls[x0.Len()-1-id])
			if id >= 13 && id < 21 {
				same("in a part", id, part.Row(id-13), partCalls[id-13])
			}
		}
	}
}

// TestAdaptiveCallsAreCounted: every row passed to the field is a call for one sample, and one call of the field serves
// all active samples.
func TestAdaptiveCallsAreCounted(t *testing.T) {
	t.Parallel()
	for _, s := range adaptiveSolvers {
		calls, seen := 0, 0
		counted := func(t []float64, x flow.Batch) (flow.Batch, error) {
			calls++
			seen += x.Len()
			return swirl(t, x)
		}
		_, nfe := mustSolve(t, counted, s, 1e-5, points(40))
		sum := 0
		for i, n := range nfe {
			sum += n
			if (n-2)%(s.Stages()-1) != 0 {
				t.Errorf("%s: sample %d takes %d calls, want 2 to start and %d per attempt", s.Name, i, n, s.Stages()-1)
			}
		}
		if sum != seen || calls != slices.Max(nfe) {
			t.Errorf("%s: %d calls of %d rows, want %d of %d", s.Name, calls, seen, slices.Max(nfe), sum)
		}
	}
}

// TestAdaptiveTimes: in both directions, samples stay within the interval and end exactly at its end. The first
// coordinate is a clock, x = t, which shows when a sample ended.
func TestAdaptiveTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to float64 }{{0, 1}, {1, 0}, {.1, .7}, {-3, 1. / 3}, {1. / 3, -1e-3}, {5, 5}, {0, 1e-7}} {
		for _, s := range adaptiveSolvers {
			low, high := c.from, c.from
			clock := rows(func(t float64, x, u []float64) {
				low, high = min(low, t), max(high, t)
				u[0], u[1] = 1, math.Sin(20*t)
			})
			x, _, err := SolveAdaptiveBetween(clock, s, Tolerance{Atol: 1e-6, Rtol: 0}, c.from, c.to, flow.Batch{Dim: 2, Data: []float64{c.from, 0}})
			if err != nil {
				t.Fatalf("%s from %g to %g: %v", s.Name, c.from, c.to, err)
			}
			if low != min(c.from, c.to) || high != max(c.from, c.to) {
				t.Errorf("%s from %g to %g: velocities at times from %g to %g", s.Name, c.from, c.to, low, high)
			}
			if !(math.Abs(x.Data[0]-c.to) <= 1e-13) { // a hundred roundings
				t.Errorf("%s from %g to %g: the clock shows %g", s.Name, c.from, c.to, x.Data[0])
			}
			if want := (math.Cos(20*c.from) - math.Cos(20*c.to)) / 20; !(math.Abs(x.Data[1]-want) <= 2e-5) { // 20 tolerances
				t.Errorf("%s from %g to %g: the integral is %g, want %g", s.Name, c.from, c.to, x.Data[1], want)
			}
		}
	}
}

// TestNonFiniteSamples: a failing sample does not affect the others.
func TestNonFiniteSamples(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name  string
		first float64                                 // first coordinate of the failing sample
		calls int                                     // calls it takes; 0 for any number
		bad   func(t, x float64) (u float64, is bool) // its velocity, if it differs from the others'
	}{
		{"starts as NaN", nan, 1, func(float64, float64) (float64, bool) { return 0, false }},
		{"starts as infinity", -inf, 1, func(float64, float64) (float64, bool) { return 0, true }},
		{"velocity NaN at once", 50, 1, func(_, x float64) (float64, bool) { return nan, x > 20 }},
		{"velocity infinite at once", 50, 1, func(_, x float64) (float64, bool) { return inf, x > 20 }},
		{"velocity NaN later", 50, 0, func(t, x float64) (float64, bool) { return []float64{1, nan}[b2i(t > .4)], x > 20 }},
		{"overflow", 1.7e308, 0, func(_, x float64) (float64, bool) { return 1e308, x > 20 }},
		{"velocity NaN at the end", 50, 0, func(t, x float64) (float64, bool) { return []float64{1, nan}[b2i(t == 1)], x > 20 }},
	} {
		for _, s := range adaptiveSolvers {
			field := rows(func(t float64, x, u []float64) {
				u[1] = x[1] * math.Cos(3*t)
				u[0] = math.Sin(4*t) - x[0]
				if v, is := c.bad(t, x[0]); is {
					u[0] = v
				}
			})
			x0 := points(5)
			alone, aloneCalls := mustSolve(t, field, s, 1e-5, x0)
			among := flow.Batch{Dim: 2, Data: slices.Concat(x0.Data[:4], []float64{c.first, .5}, x0.Data[4:])}
			x, calls := mustSolve(t, field, s, 1e-5, among)
			if lost := x.Row(2); !math.IsNaN(lost[0]) || !math.IsNaN(lost[1]) {
				t.Errorf("%s, %s: the sample is %v, want NaN", c.name, s.Name, lost)
			}
			if c.calls > 0 && calls[2] != c.calls {
				t.Errorf("%s, %s: the sample takes %d calls, want %d", c.name, s.Name, calls[2], c.calls)
			}
			rest, restCalls := slices.Concat(x.Data[:4], x.Data[6:]), slices.Concat(calls[:2], calls[3:])
			if !slices.Equal(rest, alone.Data) || !slices.Equal(restCalls, aloneCalls) {
				t.Errorf("%s, %s: the others are %v in %v calls, want %v in %v", c.name, s.Name, rest, restCalls, alone.Data, aloneCalls)
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestTooLongAStepIsRecovered: the velocity is not finite beyond x = 1.01. The solution 1 - exp(-60 t) never gets
// there, but the stages of a long step do.
func TestTooLongAStepIsRecovered(t *testing.T) {
	t.Parallel()
	for _, s := range adaptiveSolvers {
		met := 0
		field := rows(func(t float64, x, u []float64) {
			u[0] = 60 * (1 - x[0])
			if x[0] > 1.01 {
				u[0] = math.NaN()
				met++
			}
		})
		x, nfe := mustSolve(t, field, s, .05, flow.NewBatch(1, 1))
		if met == 0 || math.Abs(x.Data[0]-1) > .05 {
			t.Errorf("%s: met the edge %d times and ends at %g after %d calls, want 1", s.Name, met, x.Data[0], nfe[0])
		}
	}
}

// TestStepsGrowTenfoldAtRest: the steps from rest at 0 are 1e-6, 1e-5, ..., 0.1, which add up to 0.111111. If no more
// than a hundredth of the last step remains, that step is extended; otherwise there is another one.
func TestStepsGrowTenfoldAtRest(t *testing.T) {
	t.Parallel()
	rest := rows(func(float64, []float64, []float64) {})
	for _, c := range []struct {
		to       float64
		attempts int
	}{{.011111, 5}, {.111111 + .0005, 6}, {.111111 + .002, 7}} {
		for _, s := range adaptiveSolvers {
			_, nfe, err := SolveAdaptiveBetween(rest, s, Tolerance{1e-6, 1e-6}, 0, c.to, flow.NewBatch(1, 1))
			if want := 2 + c.attempts*(s.Stages()-1); err != nil || nfe[0] != want {
				t.Errorf("%s to %g: %d calls (%v), want %d", s.Name, c.to, nfe[0], err, want)
			}
		}
	}
}

// TestNoGrowthAfterARejection: the fifth step at rest, 0.01, meets a velocity that is not finite. It is retried as
// 0.002, which is repeated once before steps grow again, so reaching 0.02 takes 8 attempts instead of 7.
func TestNoGrowthAfterARejection(t *testing.T) {
	t.Parallel()
	for _, s := range adaptiveSolvers {
		calls, attempt := 0, s.Stages()-1
		rest := rows(func(_ float64, _, u []float64) {
			if calls++; calls > 2+4*attempt && calls <= 2+5*attempt {
				u[0] = math.NaN()
			}
		})
		_, nfe, err := SolveAdaptiveBetween(rest, s, Tolerance{1e-6, 1e-6}, 0, .02, flow.NewBatch(1, 1))
		if err != nil || nfe[0] != 2+8*attempt {
			t.Errorf("%s: %d calls (%v), want %d", s.Name, nfe[0], err, 2+8*attempt)
		}
	}
}

func TestAdaptiveErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	blowUp := rows(func(_ float64, x, u []float64) { u[0] = x[0] * x[0] }) // 1/(1/x0 - t)
	wave := rows(func(t float64, _, u []float64) { u[0] = math.Sin(1e5 * t) })
	fails := func([]float64, flow.Batch) (flow.Batch, error) { return flow.Batch{}, broken }
	short := func([]float64, flow.Batch) (flow.Batch, error) { return flow.NewBatch(1, 1), nil }
	two := flow.Batch{Dim: 1, Data: []float64{.5, 2}}
	for _, c := range []struct {
		name  string
		field flow.RowField
		tol   Tolerance
		want  []string
	}{
		{"blow-up", blowUp, Tolerance{1e-6, 1e-6}, []string{"sample 1 at t = 0.5000001", "the step became too short", "raise the tolerances"}},
		{"too many steps", wave, Tolerance{1e-12, 0}, []string{"sample 0 at t = 0.", "10000 steps are not enough: raise the tolerances"}},
		{"the field's error", fails, Tolerance{1e-6, 1e-6}, []string{"velocity of 2 samples", "t = 0", "broken"}},
		{"too few velocities", short, Tolerance{1e-6, 1e-6}, []string{"do not match"}},
		{"no atol", swirl, Tolerance{0, 1e-6}, []string{"atol: 0: must be positive and finite"}},
		{"atol NaN", swirl, Tolerance{math.NaN(), 1e-6}, []string{"atol: NaN"}},
		{"negative rtol", swirl, Tolerance{1e-6, -1}, []string{"rtol: -1: must be finite and at least 0"}},
		{"infinite rtol", swirl, Tolerance{1e-6, math.Inf(1)}, []string{"rtol: +Inf"}},
	} {
		_, _, err := SolveAdaptive(c.field, Dopri5, c.tol, two)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", c.name, err, want)
			}
		}
		if c.name == "the field's error" && !errors.Is(err, broken) {
			t.Errorf("%v does not wrap the field's error", err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("SolveAdaptive accepts a solver without an error estimate")
		}
	}()
	_, _, _ = SolveAdaptive(swirl, RK4, Tolerance{1e-6, 1e-6}, two)
}

func TestAdaptiveWithoutSamples(t *testing.T) {
	t.Parallel()
	x, nfe := mustSolve(t, swirl, Tsit5, 1e-6, flow.NewBatch(0, 2))
	if x.Len() != 0 || len(nfe) != 0 {
		t.Errorf("0 samples became %d", x.Len())
	}
}

func TestAdaptiveLeavesTheNoise(t *testing.T) {
	t.Parallel()
	x0 := points(7)
	mustSolve(t, swirl, Tsit5, 1e-6, x0)
	if !slices.Equal(x0.Data, points(7).Data) {
		t.Error("the starting points changed")
	}
}

func ExampleSolveAdaptive() {
	fall := func(t []float64, x flow.Batch) (flow.Batch, error) { // dx/dt = -x
		u := x.Clone()
		for i := range u.Data {
			u.Data[i] = -x.Data[i]
		}
		return u, nil
	}
	x, nfe, _ := SolveAdaptive(fall, Tsit5, Tolerance{Atol: 1e-8, Rtol: 1e-8}, flow.Batch{Dim: 1, Data: []float64{1, 1000}})
	fmt.Printf("%.6f after %d and %d velocity calls\n", x.Data, nfe[0], nfe[1])
	// Output: [0.367879 367.879441] after 68 and 80 velocity calls
}
