package ode

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
)

// TestPathEnergiesOfALinearFlow: along x' = 2 x a path has the energy x0^2 (exp(4) - 1). The integral has the order of
// the solver: from 32 to 64 steps its error falls by 2^order. The leading error of the fifth-order pairs is too small
// to measure their order; they must be below a hundredth of rk4's relative error, 1e-8.
func TestPathEnergiesOfALinearFlow(t *testing.T) {
	t.Parallel()
	field := func(_ float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i := range u.Data {
			u.Data[i] *= 2
		}
		return u, nil
	}
	x0 := flow.Batch{Dim: 2, Data: []float64{1, 2, -.5, .1, 3, 0}}
	want := (math.Exp(4) - 1) * (1 + 4 + .25 + .01 + 9) / 3
	for _, s := range Solvers {
		var off [2]float64
		for i, steps := range []int{32, 64} {
			energies, x1, nfe, err := PathEnergies(field, s, Uniform(steps), x0)
			if err != nil || nfe != s.Calls(steps) {
				t.Fatalf("%s: nfe %d (%v), want %d", s.Name, nfe, err, s.Calls(steps))
			}
			off[i] = math.Abs(mean(energies)-want) / want
			solved, _, err := Solve(field, s, Uniform(steps), x0)
			if err != nil || !slices.Equal(solved.Data, x1.Data) {
				t.Errorf("%s: the points do not end where Solve ends (%v)", s.Name, err)
			}
		}
		if s.Along != nil {
			continue // its order is that away from both ends
		}
		if s.Order == 5 {
			if off[1] > 1e-10 {
				t.Errorf("%s: relative error of the energy is %g, want at most 1e-10", s.Name, off[1])
			}
		} else if fall := math.Log2(off[0] / off[1]); !(math.Abs(fall-float64(s.Order)) <= .1) {
			t.Errorf("%s: the error of the energy has order %.2f, want %d within 0.1", s.Name, fall, s.Order)
		}
	}
}

// TestPathEnergiesAreAtLeastTheSquaredDistance checks Jensen's inequality, which is far from equality for the curved
// paths of swirl.
func TestPathEnergiesAreAtLeastTheSquaredDistance(t *testing.T) {
	t.Parallel()
	x0 := points(50)
	energies, x1, _, err := PathEnergies(swirl.Field(), RK4, Uniform(200), x0)
	if err != nil {
		t.Fatal(err)
	}
	distance := 0.
	for i, v := range x1.Data {
		distance += (v - x0.Data[i]) * (v - x0.Data[i]) / 50
	}
	if energy := mean(energies); energy < 1.1*distance {
		t.Errorf("energy %g, mean squared distance %g", energy, distance)
	}
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}

func ExamplePathEnergies() {
	straight := func(_ float64, x flow.Batch) (flow.Batch, error) { // every point moves by (3, 4)
		u := flow.NewBatch(x.Len(), 2)
		for i := range x.Len() {
			copy(u.Row(i), []float64{3, 4})
		}
		return u, nil
	}
	energies, _, nfe, _ := PathEnergies(straight, Heun, Uniform(4), flow.NewBatch(10, 2))
	fmt.Printf("%.6f after %d velocity calls\n", energies[9], nfe)
	// Output: 25.000000 after 8 velocity calls
}
