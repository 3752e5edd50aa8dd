package ode_test

import (
	"runtime"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// TestCoresDoNotChangeBits compares solves of many points on one core with those on several. It changes GOMAXPROCS, so that it runs
// alone.
func TestCoresDoNotChangeBits(t *testing.T) {
	field := func(at float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i, v := range u.Data {
			u.Data[i] = at - v*v/3
		}
		return u, nil
	}
	x0 := flow.NewBatch(30_001, 3)
	flow.NewStream(1, "x").Normal(x0, 0)
	for _, s := range []ode.Solver{ode.RK4, ode.AB2, ode.DPM2M} {
		on := func(cores int) []float64 {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			x, _, err := ode.Solve(field, s, ode.Uniform(5), x0)
			if err != nil {
				t.Fatal(err)
			}
			return x.Data
		}
		if !slices.Equal(on(1), on(4)) {
			t.Errorf("%s: bits differ between one core and four", s.Name)
		}
	}
}
