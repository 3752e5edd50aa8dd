package oracle_test

import (
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// TestGridsAtFewCalls: on the moons, whose standard deviation is near 1, the tangent grid is nearer to a dense solve than even steps
// for methods of one step, and the grid of EDM is the farthest. An independent program gave .0168 and .0250 with rk4.
func TestGridsAtFewCalls(t *testing.T) {
	t.Parallel()
	moons, err := target.Moons{Noise: .05}.Make()
	if err != nil {
		t.Fatal(err)
	}
	field := oracle.Oracle{Law: moons.Law, Path: flow.CondOT}.Field()
	fresh := flow.NewBatch(1000, 2)
	flow.NewStream(3, "fresh").Normal(fresh, 0)
	ends, _, err := ode.Paths(field, []float64{0, 1}, 128, fresh)
	if err != nil {
		t.Fatal(err)
	}
	tangent, err := ode.TangentGrid{Std: moons.Std()}.Make()
	if err != nil {
		t.Fatal(err)
	}
	edm, err := ode.EDMGrid{Rho: 7, SigmaMin: .002, SigmaMax: 80}.Make()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		solver ode.Solver
		steps  int
	}{{ode.RK4, 4}, {ode.Midpoint, 8}, {ode.Heun, 4}, {ode.AB2, 8}} {
		off := map[string]float64{}
		for _, g := range []ode.Grid{ode.UniformGrid, tangent, edm} {
			x, _, err := ode.Solve(field, c.solver, g.Times(c.steps), fresh)
			if err != nil {
				t.Fatal(err)
			}
			off[g.Name] = measured(t, x, ends[1]).rms
		}
		t.Logf("%s, %d steps, std %g: %v", c.solver.Name, c.steps, moons.Std(), off)
		if !(max(off["uniform"], off["tangent"]) < off["edm"]) {
			t.Errorf("%s, %d steps: %v, want edm to be the farthest", c.solver.Name, c.steps, off)
		}
		if (off["tangent"] < off["uniform"]) != (c.solver.Table == nil) { // uneven steps cost AB2 more than they gain
			t.Errorf("%s, %d steps: %v, want tangent below uniform for methods of one step", c.solver.Name, c.steps, off)
		}
	}
}
