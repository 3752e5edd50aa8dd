package store_test

import (
	"path/filepath"
	"testing"

	"flowsweep/store"
)

// TestTwins: a twin is kept as long as its sweep plans the fit and the reference.
func TestTwins(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	fit := plan.Fits[0]
	twin := fit.Runs[0]
	twin.Key, twin.Sampling.Steps = "twin of the first run", 77
	must(t, db.SaveTwin(t.Context(), "tiny", fit.Key, twin))
	must(t, db.SaveTwin(t.Context(), "tiny", fit.Key, twin))
	want := store.Use{Sweep: "tiny", Fit: fit.Key, Run: twin.Key, Role: "twin", Reference: twin.Reference}
	if got := try(db.Uses(t.Context(), "", twin.Key))(t); len(got) != 1 || got[0] != want {
		t.Errorf("uses of the twin: %+v, want %+v", got, want)
	}
	all := try(db.Uses(t.Context(), "tiny", ""))(t)
	if len(all) != plan.Runs()+len(plan.Fits)+1 || all[0].Run != fit.Runs[0].Key || all[0].Role != "" || all[len(all)-1] != want {
		t.Errorf("%d uses, the first %+v and the last %+v, want the plan, a dense run of each fit, and the twin", len(all), all[0], all[len(all)-1])
	}
	if got := try(db.Uses(t.Context(), "gone", ""))(t); len(got) != 0 {
		t.Errorf("uses by no sweep: %+v", got)
	}
	must(t, db.StartSweep(t.Context(), plan, env, noon))
	if r := try(db.Clean(t.Context(), true))(t); r.Runs != 0 || len(try(db.Uses(t.Context(), "", twin.Key))(t)) != 1 {
		t.Errorf("the twin is gone after its sweep started again: %+v", r)
	}
	run(t, path, "UPDATE sweep_extras SET reference = 'another' WHERE role = 'twin'")
	must(t, db.StartSweep(t.Context(), plan, env, noon))
	if r := try(db.Clean(t.Context(), true))(t); r.Runs != 1 || len(try(db.Uses(t.Context(), "", twin.Key))(t)) != 0 {
		t.Errorf("removed %+v, want the twin, whose reference the sweep does not plan", r)
	}
}
