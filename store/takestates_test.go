package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// many returns the plan of a sweep of n fits with one run each.
func many(t *testing.T, n int) experiments.Plan {
	t.Helper()
	text := strings.NewReplacer("[4, 8]", "4", "seeds: 2", fmt.Sprintf("seeds: %d", n), "[euler, heun]", "euler", "[1, 2]", "1").Replace(tiny)
	return planOf(t, text)
}

// bring brings a fit of a store into a state, such as "queued", "lost@4" with a checkpoint at step 4, or "finished A" with weights A.
func bring(t *testing.T, db *store.DB, fit experiments.Fit, state string) {
	t.Helper()
	if state == "unknown" {
		return
	}
	ctx := t.Context()
	must(t, db.QueueFit(ctx, fit))
	if state == "queued" {
		return
	}
	startFit(t, db, fit.Key)
	state, weights, _ := strings.Cut(state, " ")
	state, at, _ := strings.Cut(state, "@")
	var step int
	if _, err := fmt.Sscan(at, &step); err == nil {
		db.LogLosses(fit.Key, experiments.Loss{Step: step, Value: float64(step)})
		must(t, db.SaveCheckpoint(ctx, fit.Key, step, []byte(at)))
		db.LogLosses(fit.Key, experiments.Loss{Step: step + 1, Value: 9}) // which training makes again
		must(t, db.Flush(ctx))
	}
	switch s := experiments.State(state); s {
	case experiments.Running:
	case experiments.Finished:
		db.LogLosses(fit.Key, experiments.Loss{Step: 7, Value: 7})
		must(t, db.FinishFit(ctx, fit.Key, 1, 1, []byte(weights), noon))
	default:
		must(t, db.EndFit(ctx, fit.Key, s, "why", noon))
	}
}

// stateOf is the state of a fit as bring takes it.
func stateOf(t *testing.T, db *store.DB, key string) string {
	t.Helper()
	f := try(db.Fit(t.Context(), key))(t)
	switch {
	case f.State == experiments.Finished:
		return "finished " + string(try(db.Weights(t.Context(), key))(t))
	case f.Checkpoint > 0:
		_, content, _, err := db.Checkpoint(t.Context(), key)
		must(t, err)
		for _, l := range try(db.Losses(t.Context(), key))(t) {
			if got, want := string(content), fmt.Sprint(l.Step); f.State != experiments.Running && l.Step < f.Checkpoint && got != want {
				t.Errorf("fit %s goes on from a checkpoint %s, with the losses of %s", key, got, want)
			}
		}
		return fmt.Sprintf("%s@%s", f.State, content)
	default:
		return string(f.State)
	}
}

// TestTakeStates takes a fit in each state into a store that has it in each state.
func TestTakeStates(t *testing.T) {
	t.Parallel()
	theirs := []string{"queued", "killed", "lost@3", "running@5", "failed", "finished A", "finished B"}
	table := []struct {
		ours string
		want [7]string // for theirs
	}{
		{"unknown", [7]string{"queued", "queued", "queued@3", "queued@5", "failed", "finished A", "finished B"}},
		{"queued", [7]string{"queued", "queued", "queued@3", "queued@5", "failed", "finished A", "finished B"}},
		{"killed", [7]string{"killed", "killed", "killed@3", "killed@5", "failed", "finished A", "finished B"}},
		{"lost@4", [7]string{"lost@4", "lost@4", "lost@4", "lost@5", "failed", "finished A", "finished B"}},
		{"running@4", [7]string{"running@4", "running@4", "running@4", "running@4", "running@4", "running@4", "running@4"}},
		{"failed", [7]string{"failed", "failed", "failed", "failed", "failed", "finished A", "finished B"}},
		{"finished A", [7]string{"finished A", "finished A", "finished A", "finished A", "finished A", "finished A", "finished A"}},
	}
	folder := t.TempDir()
	plan, there := many(t, len(table)*len(theirs)), filepath.Join(folder, "part.db")
	db, other := openPart(t, filepath.Join(folder, "here.db")), openPart(t, there)
	var keys []string
	for i, fit := range plan.Fits {
		bring(t, db, fit, table[i/len(theirs)].ours)
		bring(t, other, fit, theirs[i%len(theirs)])
		keys = append(keys, fit.Key)
	}
	must(t, other.Close())
	got := try(db.Take(t.Context(), there, keys...))(t)
	for i, fit := range plan.Fits {
		row := table[i/len(theirs)]
		if state := stateOf(t, db, fit.Key); state != row.want[i%len(theirs)] {
			t.Errorf("ours %s, theirs %s: got %s, want %s", row.ours, theirs[i%len(theirs)], state, row.want[i%len(theirs)])
		}
	}
	// Failed and finished into the first four rows, finished into failed; checkpoints into the first three rows, and the later one.
	if got.Fits != 4*3+2 || got.Checkpoints != 3*2+1 || got.Same != 1 || len(got.Differ) != 1 {
		t.Errorf("got %+v, want 14 fits, 7 checkpoints, 1 alike and 1 that differs", got)
	}
	if want := "fit " + keys[len(keys)-1] + ": weights differ: ours are kept (a cpu, onnxruntime, linux/amd64)"; len(got.Differ) == 1 && !strings.HasPrefix(got.Differ[0], want) {
		t.Errorf("got %q, want %q", got.Differ[0], want)
	}
	before := dump(t, filepath.Join(folder, "here.db"))
	if again := try(db.Take(t.Context(), there, keys...))(t); again.Fits+again.Checkpoints+again.Runs+again.Metrics != 0 {
		t.Errorf("again: got %+v, want nothing", again)
	}
	if dump(t, filepath.Join(folder, "here.db")) != before {
		t.Error("taking it in again changed something")
	}
}
