package store_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

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
			t.Errorf("the fit says step %d, want %d", f.Checkpoint, step)
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
	wantError(t, db.SaveCheckpoint(t.Context(), fit, 1, nil), fit, "queued and not running")
	wantError(t, db.SaveCheckpoint(t.Context(), "none", 1, nil), "none", "not in the store")

	startFit(t, db, fit)
	wantCheckpoint(0, "")
	log(1, 2)
	must(t, db.SaveCheckpoint(t.Context(), fit, 2, []byte("two")))
	if got := steps(); len(got) != 2 { // written with it
		t.Errorf("losses with the checkpoint: got those of steps %v, want 1 and 2", got)
	}
	log(3, 4)
	must(t, db.SaveCheckpoint(t.Context(), fit, 4, []byte("four")))
	wantCheckpoint(4, "four")
	log(5, 6, 7)
	must(t, db.EndFit(t.Context(), fit, experiments.Killed, "interrupted", noon))
	wantError(t, db.SaveCheckpoint(t.Context(), fit, 6, nil), "killed and not running")

	startFit(t, db, fit)
	wantCheckpoint(4, "four")
	if got, want := steps(), []int{1, 2, 3, 4}; !reflect.DeepEqual(got, want) {
		t.Errorf("losses after going on: got steps %v, want %v", got, want)
	}
	must(t, db.FinishFit(t.Context(), fit, 1, 1, nil, noon))
	wantCheckpoint(0, "")
	if got := steps(); len(got) != 4 {
		t.Errorf("losses of the finished fit: got steps %v, want 4", got)
	}

	// A failure comes again from its checkpoint: the next try starts from nothing.
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
		t.Errorf("losses of the next try: got steps %v, want none", got)
	}

	// What is damaged is never returned, and can be dropped.
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

// A checkpoint must not hide that losses before it could not be written: the fit fails in the end.
func TestACheckpointKeepsTheFailureOfLosses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	fit := start(t, db, tiny).Fits[0].Key
	startFit(t, db, fit)
	run(t, path, "CREATE TRIGGER full BEFORE INSERT ON losses WHEN new.step = 1 BEGIN SELECT raise(ABORT, 'disk full'); END")
	db.LogLosses(fit, experiments.Loss{Step: 1})
	wantError(t, db.SaveCheckpoint(t.Context(), fit, 1, nil), "disk full")
	db.LogLosses(fit, experiments.Loss{Step: 2})
	for range 2 { // and however often it is tried
		wantError(t, db.FinishFit(t.Context(), fit, 1, 1, nil, noon), "disk full")
	}
	startFit(t, db, fit) // all is new
	must(t, db.FinishFit(t.Context(), fit, 1, 1, nil, noon))
}

func TestFailures(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
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

	list := try(db.Failures(t.Context(), "tiny"))(t)
	if len(list) != 3 {
		t.Fatalf("got %+v, want a fit and two runs", list)
	}
	f := list[0]
	if f.Kind != "fit" || f.Key != bad || f.State != experiments.Failed || f.Error != "NaN 1" || f.Tries != 2 || !f.Ended.Equal(noon) {
		t.Errorf("got %+v, want the fit that failed twice", f)
	}
	if len(f.Losses) != 5 || f.Losses[0].Step != 6 || f.Losses[3].Value != 9 || !sameNumber(f.Losses[4].Value, nan) {
		t.Errorf("its last losses: got %v, want those of steps 6 to 10", f.Losses)
	}
	for i, r := range list[1:] {
		if r.Kind != "run" || r.Key != good.Runs[i].Key || r.Error != "no bandwidth" || r.Tries != 1 || r.Losses != nil {
			t.Errorf("got %+v, want run %d of the plan", r, i)
		}
	}

	must(t, db.Unlock()) // as if the process had died
	list = try(db.Failures(t.Context(), "tiny"))(t)
	if len(list) != 4 || list[1].Key != running || list[1].State != experiments.Lost || list[1].Tries != 1 || !list[1].Ended.IsZero() {
		t.Errorf("got %+v, want the fit that is lost as well", list)
	}
	lock(t, db)
	list = try(db.Failures(t.Context(), "tiny"))(t)
	if len(list) != 4 || list[1].Key != running || list[1].State != experiments.Lost || list[1].Tries != 1 || !list[1].Ended.Equal(noon) {
		t.Errorf("got %+v, want the fit that is now written down as lost", list)
	}
	_, err := db.Failures(t.Context(), "none")
	wantError(t, err, "none", "not in the store")
}
