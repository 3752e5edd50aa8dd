package bench

import (
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestTimeStore checks what timeStore writes, not how fast.
func TestTimeStore(t *testing.T) { // not in parallel: TestHeapPeak counts the memory of all
	const d = 50 * time.Millisecond
	folder := t.TempDir()
	s, err := timeStore(t.Context(), folder, d)
	if err != nil || !(s.PointsPerSecond > 0 && s.PointsLimit > 0 && s.RunsPerSecond > 0) {
		t.Fatalf("got %+v, %v", s, err)
	}
	db, err := store.Open(t.Context(), filepath.Join(folder, "bench.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	plan, err := benchPlan(d)
	if err != nil {
		t.Fatal(err)
	}
	states, err := db.States(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	runs, losses := 0, 0
	for run, state := range states.Runs {
		if state == experiments.Finished {
			runs++
			if n := len(states.Metrics[run]); n != 2 {
				t.Errorf("run %s has %d metrics, want 2", run, n)
			}
		}
	}
	for _, fit := range plan.Fits[:5] {
		list, err := db.Losses(t.Context(), fit.Key)
		if err != nil {
			t.Fatal(err)
		}
		losses += len(list)
	}
	if runs == 0 || losses < 2*1024 {
		t.Errorf("%d finished runs and %d losses, want some, and 1,024 twice", runs, losses)
	}
	found, err := db.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Damage && f.Kind != "content" { // expected: the benchmark finishes no fits
			t.Errorf("check: %+v", f)
		}
	}
}
