package store_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"flowsweep/experiments"
)

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	fit := plan.Fits[0].Key
	wantCheckpoint := func(step int, want string) {
		t.Helper()
		got, content, ok, err := db.Checkpoint(t.Context(), fit)
		if err != nil || ok != (step > 0) || got != step || string(content) != want {
			t.Errorf("checkpoint: got %q at step %d (%v, %v), want %q at %d", content, got, ok, err, want, step)
		}
		if f := try(db.Fit(t.Context(), fit))(t); f.Checkpoint != step {
			t.Errorf("checkpoint of the fit: got step %d, want %d", f.Checkpoint, step)
		}
	}
	steps := func() (list []int) {
		for _, l := range try(db.Losses(t.Context(), fit))(t) {
			list = append(list, l.Step)
		}
		return list
	}
	log := func(steps ...int) {
		for _, s := range steps {
			db.LogLosses(fit, experiments.Loss{Step: s, Value: 1})
		}
	}
	wantError(t, db.SaveCheckpoint(t.Context(), fit, 1, nil), fit, "queued, not running")
	wantError(t, db.SaveCheckpoint(t.Context(), "none", 1, nil), "none", "not in the store")

	startFit(t, db, fit)
	wantCheckpoint(0, "")
	log(1, 2)
	must(t, db.SaveCheckpoint(t.Context(), fit, 2, []byte("two")))
	if got := steps(); len(got) != 2 { // written with the checkpoint
		t.Errorf("losses with the checkpoint: got steps %v, want 1 and 2", got)
	}
	log(3, 4)
	must(t, db.SaveCheckpoint(t.Context(), fit, 4, []byte("four")))
	wantCheckpoint(4, "four")
	log(5, 6, 7)
	must(t, db.EndFit(t.Context(), fit, experiments.Killed, "interrupted", noon))
	wantError(t, db.SaveCheckpoint(t.Context(), fit, 6, nil), "killed, not running")

	startFit(t, db, fit)
	wantCheckpoint(4, "four")
	if got, want := steps(), []int{1, 2, 3, 4}; !reflect.DeepEqual(got, want) {
		t.Errorf("losses after resuming: got steps %v, want %v", got, want)
	}
	must(t, db.FinishFit(t.Context(), fit, 1, 1, nil, noon))
	wantCheckpoint(0, "")
	if got := steps(); len(got) != 4 {
		t.Errorf("losses of the finished fit: got steps %v, want 4", got)
	}

	// Resuming would fail again, so the next attempt starts from scratch.
	fit = plan.Fits[1].Key
	startFit(t, db, fit)
	log(1)
	must(t, db.SaveCheckpoint(t.Context(), fit, 1, []byte("one")))
	must(t, db.EndFit(t.Context(), fit, experiments.Failed, "NaN", noon))
	if got := steps(); len(got) != 1 {
		t.Errorf("losses of the failed fit: got steps %v, want 1", got)
	}
	startFit(t, db, fit)
	wantCheckpoint(0, "")
	if got := steps(); len(got) != 0 {
		t.Errorf("losses of the next attempt: got steps %v, want none", got)
	}

	// A damaged checkpoint is never returned, and can be dropped.
	must(t, db.SaveCheckpoint(t.Context(), fit, 1, []byte("one")))
	log(1, 2)
	run(t, path, "UPDATE checkpoints SET bytes = CAST('onf' AS BLOB)")
	_, content, ok, err := db.Checkpoint(t.Context(), fit)
	if wantError(t, err, fit, "damaged"); ok || content != nil {
		t.Errorf("a damaged checkpoint: got %q", content)
	}
	must(t, db.DropCheckpoint(t.Context(), fit))
	wantCheckpoint(0, "")
	if got := steps(); len(got) != 0 {
		t.Errorf("losses after dropping it: got steps %v, want none", got)
	}
	must(t, db.SaveCheckpoint(t.Context(), fit, 1, nil))
	wantCheckpoint(1, "")
}

// TestCheckpointKeepsFailure checks that a checkpoint does not hide a failure to write earlier losses: FinishFit fails.
func TestCheckpointKeepsFailure(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	fit := start(t, db, tiny).Fits[0].Key
	startFit(t, db, fit)
	run(t, path, "CREATE TRIGGER full BEFORE INSERT ON losses WHEN new.step = 1 BEGIN SELECT raise(ABORT, 'disk full'); END")
	db.LogLosses(fit, experiments.Loss{Step: 1})
	wantError(t, db.SaveCheckpoint(t.Context(), fit, 1, nil), "disk full")
	db.LogLosses(fit, experiments.Loss{Step: 2})
	for range 2 { // however often it is tried
		wantError(t, db.FinishFit(t.Context(), fit, 1, 1, nil, noon), "disk full")
	}
	startFit(t, db, fit) // a new attempt
	must(t, db.FinishFit(t.Context(), fit, 1, 1, nil, noon))
}

// TestFailures checks that every attempt that did not finish is recorded with its message.
func TestFailures(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	bad, again, running, good := plan.Fits[0].Key, plan.Fits[1].Key, plan.Fits[2].Key, plan.Fits[3]
	for try := range 2 {
		startFit(t, db, bad)
		for step := range 10 {
			db.LogLosses(bad, experiments.Loss{Step: step, Value: float64(step)})
		}
		db.LogLosses(bad, experiments.Loss{Step: 10, Value: nan})
		must(t, db.EndFit(t.Context(), bad, experiments.Failed, fmt.Sprint("NaN ", try), noon))
	}
	startFit(t, db, again)
	must(t, db.EndFit(t.Context(), again, experiments.Killed, "interrupted", noon))
	trainFit(t, db, again, nil)
	startFit(t, db, running)
	trainFit(t, db, good.Key, nil)
	must(t, db.EndRun(t.Context(), good.Runs[1].Key, env, experiments.Failed, "no bandwidth", noon))
	must(t, db.EndRun(t.Context(), good.Runs[0].Key, env, experiments.Failed, "no bandwidth", noon))

	ended := noon.Format(time.RFC3339Nano)
	want := []string{
		"fit " + bad + " 1 failed NaN 0 " + ended,
		"fit " + bad + " 2 failed NaN 1 " + ended,
		"fit " + again + " 1 killed interrupted " + ended,
		"run " + good.Runs[1].Key + " 1 failed no bandwidth " + ended,
		"run " + good.Runs[0].Key + " 1 failed no bandwidth " + ended,
	}
	wantFailures(t, path, want)
	if losses := try(db.Losses(t.Context(), bad))(t); len(losses) != 11 || losses[9].Value != 9 || !sameNumber(losses[10].Value, nan) {
		t.Errorf("losses of the fit that failed twice: got %v, want steps 0 to 10", losses)
	}

	must(t, db.Unlock()) // as if the process had died
	if f := try(db.Fit(t.Context(), running))(t); f.State != experiments.Lost {
		t.Errorf("the running fit: got %q, want lost", f.State)
	}
	wantFailures(t, path, want) // readers record nothing
	lock(t, db)
	wantFailures(t, path, append(want, "fit "+running+" 1 lost its process died "+ended))
}

// wantFailures compares the recorded failures of the store at path, in any order.
func wantFailures(t *testing.T, path string, want []string) {
	t.Helper()
	rows := try(raw(t, path).Query("SELECT owner_kind, owner, try, state, error, noticed FROM failures"))(t)
	defer rows.Close()
	var got []string
	for rows.Next() {
		var kind, owner, state, message, noticed string
		var n int
		must(t, rows.Scan(&kind, &owner, &n, &state, &message, &noticed))
		got = append(got, fmt.Sprint(kind, " ", owner, " ", n, " ", state, " ", message, " ", noticed))
	}
	must(t, rows.Err())
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Errorf("failures: got %q, want %q", got, want)
	}
}
