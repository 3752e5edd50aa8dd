package experiments

import (
	"testing"

	"flowsweep/experiments/ode"
)

func TestTwinTakesTheStepsThatTheCallsAllow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		solver ode.Solver
		nfe    Calls
		want   string
		steps  int
	}{
		"rounded up":             {ode.Bosh3, 15.5, "bosh3-fixed", 4},
		"a whole number":         {ode.Dopri5, 28, "dopri5-fixed", 4},
		"a mean that is rounded": {ode.Dopri5, 28 + 1e-13, "dopri5-fixed", 4},
		"one call more":          {ode.Tsit5, 28 + 1./2000, "tsit5-fixed", 5},
		"one step at least":      {ode.Bosh3, 0, "bosh3-fixed", 1},
	} {
		twin, ok := Sampling{Solver: c.solver, Tolerance: ode.Tolerance{Atol: .01, Rtol: .01}, Count: 50}.Twin(c.nfe)
		if !ok || twin.Solver.Name != c.want || twin.Steps != c.steps || twin.Count != 50 || twin.Tolerance != (ode.Tolerance{}) {
			t.Errorf("%s: %s (%v), want %s in %d steps for 50 points", name, Form(twin), ok, c.want, c.steps)
		}
	}
	if _, ok := (Sampling{Solver: ode.Heun, Steps: 4, Grid: ode.UniformGrid}).Twin(8); ok {
		t.Error("a run at fixed steps has a twin")
	}
}

func TestSamplingInWords(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Sampling{
		"heun, 4 steps":                   {Solver: ode.Heun, Steps: 4},
		"euler, 1 step":                   {Solver: ode.Euler, Steps: 1},
		"bosh3, tolerance 0.01":           {Solver: ode.Bosh3, Tolerance: ode.Tolerance{Atol: .01, Rtol: .01}},
		"dopri5, tolerance 1e-05 + 0 |x|": {Solver: ode.Dopri5, Tolerance: ode.Tolerance{Atol: 1e-5}},
	} {
		if got := s.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTwinIsTheRunThatAUserWouldDeclare: a sweep over the fixed form has the same keys, so that its runs are found again.
func TestTwinIsTheRunThatAUserWouldDeclare(t *testing.T) {
	t.Parallel()
	declared := func(sample string) Plan {
		spec, err := Parse("spec.yaml", []byte("name: a\ntarget: moons\nseeds: 2\nsample: {count: 50, "+sample+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := spec.Plan()
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	adaptive, fixed := declared("solver: bosh3, tolerance: 0.01"), declared("solver: bosh3-fixed, steps: 4")
	of := Summary{Setting: adaptive.Spec.Settings[0], NFE: 15.5}
	for _, f := range adaptive.Fits {
		of.Runs = append(of.Runs, Result{Fit: f.Key, Seed: f.Seed})
	}
	twins, err := adaptive.Spec.Twins(of)
	if err != nil || len(twins) != 2 {
		t.Fatalf("%d twins (%v), want one for each seed", len(twins), err)
	}
	for i, f := range twins {
		if want := fixed.Fits[i]; f.Key != want.Key || f.Runs[0].Key != want.Runs[0].Key || f.Runs[0].Reference != want.Runs[0].Reference || f.Seed != want.Seed {
			t.Errorf("twin of seed %d: %s of %s, want %s of %s", f.Seed, f.Runs[0].Key, f.Key, want.Runs[0].Key, want.Key)
		}
	}
	if none, err := fixed.Spec.Twins(Summary{Setting: fixed.Spec.Settings[0], Runs: of.Runs}); err != nil || none != nil {
		t.Errorf("a setting at fixed steps has the twins %v (%v)", none, err)
	}
}
