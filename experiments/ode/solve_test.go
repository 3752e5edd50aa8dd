package ode

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// gaussian is the exact field of CondOT from N(0, I) to N(m, s^2 I): the flow map is x(t) = t m + r(t) x(0) with
// r^2 = t^2 s^2 + (1 - t)^2, and so u = m + (x - t m) (t s^2 - (1 - t)) / r^2.
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

func TestTableausAreConsistent(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		sum := 0.
		for i, b := range s.B {
			sum += b
			row := 0.
			for _, a := range s.A[i] {
				row += a
			}
			if math.Abs(row-s.C[i]) > 1e-15 {
				t.Errorf("%s: row %d of A sums to %g, want C = %g", s.Name, i, row, s.C[i])
			}
			if len(s.A[i]) > i {
				t.Errorf("%s: row %d of A has %d entries: the method is not explicit", s.Name, i, len(s.A[i]))
			}
		}
		if math.Abs(sum-1) > 1e-15 {
			t.Errorf("%s: B sums to %g, want 1", s.Name, sum)
		}
	}
}

// TestObservedOrder measures the order of every solver as the slope of log error against log h, for 32 to 256 steps,
// where the leading term dominates and rounding is far away, on dx/dt = x (1 - x) cos t, whose solution is the logistic
// function of logit(x(0)) + sin t. The Gaussian field will not do: there the leading error of the midpoint rule
// vanishes, at every t, for any mean and width, and its observed order is 3.
func TestObservedOrder(t *testing.T) {
	t.Parallel()
	logistic := func(t float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i, v := range x.Data {
			u.Data[i] = v * (1 - v) * math.Cos(t)
		}
		return u, nil
	}
	x0 := flow.Batch{Dim: 1, Data: []float64{.1, .3, .9}}
	for _, solver := range Solvers {
		var logH, logE []float64
		for _, n := range []int{32, 64, 128, 256} {
			x, _, err := Solve(logistic, solver, Uniform(n), x0)
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.
			for i, v := range x.Data {
				exact := 1 / (1 + (1-x0.Data[i])/x0.Data[i]*math.Exp(-math.Sin(1)))
				worst = max(worst, math.Abs(v-exact))
			}
			logH, logE = append(logH, -math.Log(float64(n))), append(logE, math.Log(worst))
		}
		_, slope := stat.LinearRegression(logH, logE, nil, false)
		if math.Abs(slope-float64(solver.Order)) > .1 {
			t.Errorf("%s: observed order %.3f, want %d within 0.1", solver.Name, slope, solver.Order)
		}
	}
}

// TestGaussianFlow: the exact field of CondOT carries x to m + s x. RK4 in 100 steps is within 1e-7 of it.
func TestGaussianFlow(t *testing.T) {
	t.Parallel()
	x, _, err := Solve(gaussian(1.5, .5), RK4, Uniform(100), flow.Batch{Dim: 1, Data: []float64{-2, -.3, 1.1}})
	if err != nil {
		t.Fatal(err)
	}
	for i, x0 := range []float64{-2, -.3, 1.1} {
		if want := 1.5 + .5*x0; math.Abs(x.Data[i]-want) > 1e-7 {
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
		if math.Abs(v-2) > 1e-14 {
			t.Errorf("one Euler step ends at %g, want the mean 2", v)
		}
	}
}

func TestNFEIsCounted(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		calls := 0
		field := func(_ float64, x flow.Batch) (flow.Batch, error) { calls++; return x.Clone(), nil }
		_, nfe, err := Solve(field, s, Uniform(5), flow.NewBatch(3, 2))
		if err != nil || nfe != calls || calls != 5*s.Stages() {
			t.Errorf("%s: nfe %d, %d calls made, want %d (%v)", s.Name, nfe, calls, 5*s.Stages(), err)
		}
	}
}

// TestUniform holds the step counts at which a grid summed in float32 gets a step too many (torchdiffeq).
func TestUniform(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 61, 109, 115, 121, 122, 123, 1000} {
		ts := Uniform(n)
		if len(ts) != n+1 || ts[0] != 0 || ts[n] != 1 {
			t.Errorf("%d steps: %d times from %g to %g", n, len(ts), ts[0], ts[len(ts)-1])
		}
	}
}

func TestStepsStayWithinTheGrid(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		for _, n := range []int{3, 7, 49, 93} { // i/n + 1/n is not (i+1)/n for some i
			last := 0.
			field := func(t float64, x flow.Batch) (flow.Batch, error) { last = max(last, t); return x.Clone(), nil }
			if _, _, err := Solve(field, s, Uniform(n), flow.NewBatch(1, 1)); err != nil {
				t.Fatal(err)
			}
			if last > 1 {
				t.Errorf("%s in %d steps asks for the velocity at t = 1 + %g", s.Name, n, last-1)
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
		t.Errorf("error %v, want the field's, at t = 0.5", err)
	}
	short := func(float64, flow.Batch) (flow.Batch, error) { return flow.NewBatch(1, 1), nil }
	if _, _, err := Solve(short, Euler, Uniform(1), flow.NewBatch(2, 1)); err == nil {
		t.Error("a field that returns too few points passes")
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
