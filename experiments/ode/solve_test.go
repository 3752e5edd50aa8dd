package ode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// gaussian is the exact field of CondOT from N(0, I) to N(m, s^2 I). The flow is x(t) = t m + r(t) x(0) with
// r^2 = t^2 s^2 + (1 - t)^2, so u = m + (x - t m) (t s^2 - (1 - t)) / r^2.
func gaussian(m, s float64) flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		r2 := t*t*s*s + (1-t)*(1-t)
		for i, v := range x.Data {
			u.Data[i] = m + (v-t*m)*(t*s*s-(1-t))/r2
		}
		return u, nil
	}
}

// TestObservedOrder measures the order of every solver as the slope of log error against log h on dx/dt =
// 4 x (1 - x) cos t, whose solution is the logistic function of logit(x(0)) + 4 sin t. From x(0) = 0.05 and with 32 to
// 128 steps, the leading error term of every solver dominates, and rounding stays below a thousandth of the smallest
// error, 2e-13. The Gaussian field is unsuitable: for any mean and width, the leading error of the midpoint rule
// vanishes there at every t, and its observed order is 3.
func TestObservedOrder(t *testing.T) {
	t.Parallel()
	const x0 = .05
	logistic := func(t float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i, v := range x.Data {
			u.Data[i] = 4 * v * (1 - v) * math.Cos(t)
		}
		return u, nil
	}
	for _, solver := range Solvers {
		var logH, logE []float64
		first, last := 0., 1.
		if solver.Along != nil { // its first and last steps have another order at 0 and 1
			first, last = .2, .8
		}
		exact := 1 / (1 + (1-x0)/x0*math.Exp(-4*(math.Sin(last)-math.Sin(first))))
		for _, n := range []int{32, 48, 64, 96, 128} {
			if solver.Table != nil {
				n *= 4 // its steps are longer for the calls that they take
			}
			ts := Uniform(n)
			for i, s := range ts {
				ts[i] = first + s*(last-first)
			}
			x, _, err := Solve(logistic, solver, ts, flow.Batch{Dim: 1, Data: []float64{x0}})
			if err != nil {
				t.Fatal(err)
			}
			logH, logE = append(logH, -math.Log(float64(n))), append(logE, math.Log(math.Abs(x.Data[0]-exact)))
		}
		_, slope := stat.LinearRegression(logH, logE, nil, false)
		if !(math.Abs(slope-float64(solver.Order)) <= .1) {
			t.Errorf("%s: observed order %.3f, want %d within 0.1", solver.Name, slope, solver.Order)
		}
	}
}

// TestSolveIsUnchanged compares four solvers, to the last bit, with what they gave before their stages shared memory,
// so that older samples can be drawn again.
func TestSolveIsUnchanged(t *testing.T) {
	t.Parallel()
	field := func(t float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i, v := range x.Data {
			u.Data[i] = v * (1 - v) * (3 - t)
		}
		return u, nil
	}
	many := flow.NewBatch(150, 2) // enough to reveal a changed order of operations
	for i := range many.Data {
		many.Data[i] = float64(i) / 100
	}
	few := flow.Batch{Dim: 1, Data: []float64{.1, .7, 1.3}}
	for _, c := range []struct {
		s    Solver
		few  [3]float64 // in uneven steps
		many uint64     // in even steps: the FNV-1a hash of the bits
	}{
		{Euler, [3]float64{0x1.06cfa1e4bb852p-01, 0x1.032c8eb0b5af6p+00, 0x1.f5f3306d5996ep-01}, 0x6c940d6ac39a52c},
		{Midpoint, [3]float64{0x1.270d28acdcd02p-01, 0x1.e449e2881136ep-01, 0x1.0d87adf473daap+00}, 0x7edc1faedf5bbe25},
		{Heun, [3]float64{0x1.1bc90fa19702bp-01, 0x1.e4485ef4d6fe7p-01, 0x1.09baeae6a1c72p+00}, 0x207e32a4820a101e},
		{RK4, [3]float64{0x1.261e51eed28d2p-01, 0x1.edfa6c0d882f6p-01, 0x1.054ca7a750221p+00}, 0x691a5c24bb693ee},
	} {
		x, _, err := Solve(field, c.s, []float64{0, .1, .25, .3, .8, 1}, few)
		if err != nil || [3]float64(x.Data) != c.few {
			t.Errorf("%s in uneven steps: %x (%v), want %x", c.s.Name, x.Data, err, c.few)
		}
		if x, _, err = Solve(field, c.s, Uniform(7), many); err != nil {
			t.Fatal(err)
		}
		hash := fnv.New64a()
		for _, v := range x.Data {
			_ = binary.Write(hash, binary.LittleEndian, v) // a hash returns no error
		}
		if hash.Sum64() != c.many {
			t.Errorf("%s in even steps: hash %#x, want %#x", c.s.Name, hash.Sum64(), c.many)
		}
	}
}

// TestSolveBackAndForth: solving backwards returns to the start, within the errors of both solves.
func TestSolveBackAndForth(t *testing.T) {
	t.Parallel()
	x0, ts := flow.Batch{Dim: 1, Data: []float64{-2, -.3, 1.1}}, Uniform(100)
	for _, s := range []Solver{RK4, RK438, Dopri5, Tsit5} {
		x, _, err := Solve(gaussian(1.5, .5), s, ts, x0)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(ts)
		back, _, err := Solve(gaussian(1.5, .5), s, ts, x)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(ts)
		for i, v := range back.Data {
			if !(math.Abs(v-x0.Data[i]) <= 1e-6) { // the error of RK4 there and back is 1e-7
				t.Errorf("%s: %g comes back as %g", s.Name, x0.Data[i], v)
			}
		}
	}
}

// TestTrajectory: after i steps it equals Solve over the first i steps, to the last bit.
func TestTrajectory(t *testing.T) {
	t.Parallel()
	x0, ts := flow.Batch{Dim: 2, Data: []float64{-2, -.3, 1.1, .4}}, Uniform(5)
	for _, s := range Solvers {
		xs, nfe, err := Trajectory(gaussian(1.5, .5), s, ts, x0)
		if err != nil || len(xs) != 6 || nfe != s.Calls(5) {
			t.Fatalf("%s: %d batches, nfe %d (%v), want 6, %d", s.Name, len(xs), nfe, err, s.Calls(5))
		}
		for i, got := range xs {
			want, _, err := Solve(gaussian(1.5, .5), s, ts[:i+1], x0)
			if err != nil || !slices.Equal(got.Data, want.Data) {
				t.Errorf("%s: after %d steps %v (%v), want %v", s.Name, i, got.Data, err, want.Data)
			}
		}
	}
}

// TestGaussianFlow: the exact field of CondOT moves x to m + s x. 100 steps of RK4 are within 1e-7 of it.
func TestGaussianFlow(t *testing.T) {
	t.Parallel()
	x, _, err := Solve(gaussian(1.5, .5), RK4, Uniform(100), flow.Batch{Dim: 1, Data: []float64{-2, -.3, 1.1}})
	if err != nil {
		t.Fatal(err)
	}
	for i, x0 := range []float64{-2, -.3, 1.1} {
		if want := 1.5 + .5*x0; !(math.Abs(x.Data[i]-want) <= 1e-7) {
			t.Errorf("%g goes to %g, want %g", x0, x.Data[i], want)
		}
	}
}

// TestOneEulerStepIsTheMean: u(0, x) = E[X1] - x under CondOT, so one Euler step from any x ends at the mean.
func TestOneEulerStepIsTheMean(t *testing.T) {
	t.Parallel()
	x, _, err := Solve(gaussian(2, .7), Euler, Uniform(1), flow.Batch{Dim: 1, Data: []float64{-3, 0, 5}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range x.Data {
		if !(math.Abs(v-2) <= 1e-14) {
			t.Errorf("one Euler step ends at %g, want the mean 2", v)
		}
	}
}

// TestNFEIsCounted: nfe and Calls agree with the calls made. FSAL saves one per step.
func TestNFEIsCounted(t *testing.T) {
	t.Parallel()
	five := map[string]int{
		"euler": 5, "midpoint": 10, "heun": 10, "ralston": 10, "rk3": 15, "rk4": 20, "rk4-38": 20, "bosh3": 15, "dopri5": 30, "tsit5": 30,
		"bosh3-fixed": 15, "dopri5-fixed": 30, "tsit5-fixed": 30, "ab2": 5, "ab3": 6, "dpm++2m": 5,
	}
	for _, s := range Solvers {
		for _, steps := range []int{0, 1, 5} {
			calls := 0
			field := func(_ float64, x flow.Batch) (flow.Batch, error) { calls++; return x.Clone(), nil }
			_, nfe, err := Solve(field, s, Uniform(5)[:steps+1], flow.NewBatch(3, 2))
			if err != nil || nfe != calls || nfe != s.Calls(steps) || steps == 5 && nfe != five[s.Name] {
				t.Errorf("%s: nfe of %d steps is %d, Calls %d, and %d calls were made (%v)", s.Name, steps, nfe, s.Calls(steps), calls, err)
			}
		}
	}
}

// TestFixedStepsOfAdaptiveSolvers: every adaptive solver can be named at fixed steps, where it takes the same steps.
func TestFixedStepsOfAdaptiveSolvers(t *testing.T) {
	t.Parallel()
	x0, ts := flow.Batch{Dim: 2, Data: []float64{-2, -.3, 1.1, .4}}, Uniform(5)
	for _, s := range Solvers {
		fixed := s.AtFixedSteps()
		if !s.Adaptive() {
			if fixed.Name != s.Name {
				t.Errorf("%s takes fixed steps already, and becomes %s", s.Name, fixed.Name)
			}
			continue
		}
		if fixed.Adaptive() || fixed.Name == s.Name || !slices.ContainsFunc(Solvers, func(o Solver) bool { return o.Name == fixed.Name }) {
			t.Errorf("%s at fixed steps is %s (adaptive: %v): want a name in Solvers", s.Name, fixed.Name, fixed.Adaptive())
		}
		want, calls, err := Solve(gaussian(1.5, .5), s, ts, x0)
		got, nfe, fixedErr := Solve(gaussian(1.5, .5), fixed, ts, x0)
		if err != nil || fixedErr != nil || nfe != calls || !slices.Equal(got.Data, want.Data) {
			t.Errorf("%s: %v with %d calls (%v), want %v with %d (%v)", fixed.Name, got.Data, nfe, fixedErr, want.Data, calls, err)
		}
	}
}

func TestStepsStayWithinTheGrid(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		for _, n := range []int{3, 7, 49, 93} { // i/n + 1/n is not (i+1)/n for some i
			for grid, ts := range map[string][]float64{"even": Uniform(n), "uneven": {0, float64(n) * 1e-3, 1}} {
				last := 0.
				field := func(t float64, x flow.Batch) (flow.Batch, error) { last = max(last, t); return x.Clone(), nil }
				if _, _, err := Solve(field, s, ts, flow.NewBatch(1, 1)); err != nil {
					t.Fatal(err)
				}
				if last > 1 {
					t.Errorf("%s in %d %s steps asks for the velocity at t = 1 + %g", s.Name, n, grid, last-1)
				}
			}
		}
	}
}

func TestSolveReturnsTheFieldsError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	field := func(t float64, x flow.Batch) (flow.Batch, error) {
		if t >= .5 {
			return x, broken
		}
		return x.Clone(), nil
	}
	_, _, err := Solve(field, Euler, Uniform(4), flow.NewBatch(1, 1))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "t = 0.5") {
		t.Errorf("error %v, want the field's error at t = 0.5", err)
	}
	short := func(float64, flow.Batch) (flow.Batch, error) { return flow.NewBatch(1, 1), nil }
	if _, _, err := Solve(short, Euler, Uniform(1), flow.NewBatch(2, 1)); err == nil {
		t.Error("a field that returns too few points is accepted")
	}
}

func TestSolveLeavesTheNoise(t *testing.T) {
	t.Parallel()
	x0 := flow.Batch{Dim: 1, Data: []float64{1, 2}}
	if _, _, err := Solve(gaussian(1, 1), RK4, Uniform(3), x0); err != nil {
		t.Fatal(err)
	}
	if x0.Data[0] != 1 || x0.Data[1] != 2 {
		t.Errorf("the starting points became %v", x0.Data)
	}
}

func ExampleSolve() {
	field := func(t float64, x flow.Batch) (flow.Batch, error) { // dx/dt = -x
		u := x.Clone()
		for i := range u.Data {
			u.Data[i] = -x.Data[i]
		}
		return u, nil
	}
	x, nfe, _ := Solve(field, RK4, Uniform(10), flow.Batch{Dim: 1, Data: []float64{1}})
	fmt.Printf("%.6f after %d velocity calls\n", x.Data[0], nfe)
	// Output: 0.367880 after 40 velocity calls
}

func ExampleTrajectory() {
	field := func(_ float64, x flow.Batch) (flow.Batch, error) { return flow.Batch{Dim: 1, Data: []float64{2}}, nil } // dx/dt = 2
	xs, _, _ := Trajectory(field, Euler, Uniform(4), flow.Batch{Dim: 1, Data: []float64{1}})
	for _, x := range xs {
		fmt.Print(x.Data)
	}
	// Output: [1][1.5][2][2.5][3]
}

func ExampleSolver_Calls() {
	fmt.Println(Heun.Calls(50), RK4.Calls(50), Dopri5.Calls(50))
	// Output: 100 200 300
}
