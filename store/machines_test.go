package store_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestMachines checks that a sweep lists what each machine did of it, and that results name theirs. A sweep of one machine names none.
func TestMachines(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	do := func(fit experiments.Fit, env experiments.Environment) {
		t.Helper()
		if !try(db.StartFit(t.Context(), fit.Key, env, noon))(t) {
			t.Fatalf("fit %s has finished", fit.Key)
		}
		must(t, db.FinishFit(t.Context(), fit.Key, 1.5, 42, []byte("w"), noon))
		for _, run := range fit.Runs[1:] {
			must(t, db.FinishRun(t.Context(), run.Key, env, store.Sampled{Samples: []byte("x"), NFE: 1, NFEMax: 1}, noon))
		}
	}
	do(plan.Fits[0], env)
	if s := try(db.Sweep(t.Context(), "tiny"))(t); s.Machines != nil || s.Results[1].Machine != "" {
		t.Errorf("of one machine: got %+v, %q", s.Machines, s.Results[1].Machine)
	}
	one, other := env, env
	one.Machine, one.Rounding = "b", "0f"
	other.Machine, other.Rounding, other.Cores = "a", "0e", 96
	do(plan.Fits[1], one)
	do(plan.Fits[2], one)
	do(plan.Fits[3], other)
	one.Commit = "another" // which makes no other machine
	must(t, db.FinishRun(t.Context(), plan.Fits[1].Runs[0].Key, one, store.Sampled{Samples: []byte("x"), NFE: 1, NFEMax: 1}, noon))
	s := try(db.Sweep(t.Context(), "tiny"))(t)
	want := []experiments.Machine{
		{CPU: env.CPU, Cores: env.Cores, Fits: 1, Runs: 3, Seconds: 1.5},
		{Name: "a", CPU: env.CPU, Cores: 96, Rounding: "0e", Fits: 1, Runs: 3, Seconds: 1.5},
		{Name: "b", CPU: env.CPU, Cores: env.Cores, Rounding: "0f", Fits: 2, Runs: 7, Seconds: 3},
	}
	if !reflect.DeepEqual(s.Machines, want) {
		t.Errorf("got %+v, want %+v", s.Machines, want)
	}
	if r := s.Results[len(s.Results)-1]; r.Machine != "a" || r.Rounding != "0e" {
		t.Errorf("the last result is of %q with rounding %q", r.Machine, r.Rounding)
	}
}
