package store_test

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// withoutRungs takes from a store what version 9 added.
const withoutRungs = `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ', ''pruned''', ''); PRAGMA writable_schema = RESET;
	DROP TABLE rungs; `

// early returns a plan of two settings of one seed each that early_stop compares after 10 steps.
func early(t *testing.T) experiments.Plan {
	t.Helper()
	spec := try(experiments.Parse("early.yaml", []byte("name: early\ntarget: moons\nnet: {width: [4, 8]}\ntrain: {steps: 100}\n"+
		"sample: {solver: euler, steps: 1}\nmetrics: [sliced-w2]\nearly_stop: {metric: excess-loss, min_iter: 10}\n")))(t)
	return try(spec.Plan())(t)
}

// reach brings a fit to a checkpoint, as a sweep does, with a value there.
func reach(t *testing.T, db *store.DB, plan experiments.Plan, fit, step int, value float64) {
	t.Helper()
	key, now := plan.Fits[fit].Key, time.Unix(1, 0)
	if ok := try(db.StartFit(t.Context(), key, experiments.Environment{Go: "go"}, now))(t); !ok {
		t.Fatal("the fit has finished")
	}
	db.LogLosses(key, experiments.Loss{Step: step, Value: 1})
	must(t, db.SaveCheckpoint(t.Context(), key, step, []byte("state")))
	must(t, db.SaveRung(t.Context(), key, plan.Spec.RungMetric(), step, value))
	must(t, db.PauseFit(t.Context(), key, experiments.Queued, now))
}

func started(t *testing.T, path string, plan experiments.Plan) *store.DB {
	t.Helper()
	db := open(t, path)
	must(t, db.Lock(t.Context(), "test", time.Now, nil))
	must(t, db.StartSweep(t.Context(), plan, experiments.Environment{Go: "go"}, time.Unix(0, 0)))
	return db
}

// TestRungs: values come back, also those that are no numbers, and a pruned fit keeps its checkpoint and goes on from it.
func TestRungs(t *testing.T) {
	t.Parallel()
	plan := early(t)
	db := started(t, filepath.Join(t.TempDir(), "runs.db"), plan)
	reach(t, db, plan, 0, 10, .25)
	reach(t, db, plan, 1, 10, math.NaN())
	key := plan.Fits[1].Key
	must(t, db.PauseFit(t.Context(), key, experiments.Pruned, time.Unix(2, 0)))
	got := try(db.Reached(t.Context(), plan))(t)
	if a, b := got[plan.Fits[0].Key], got[key]; a.Values[10] != .25 || a.Step != 10 || !math.IsNaN(b.Values[10]) || b.Failed {
		t.Errorf("got %+v and %+v", a, b)
	}
	if h := plan.Spec.EarlyStop.Halve(plan.Brackets(), got); h.Stopped[key] != 10 || len(h.Stopped) != 1 {
		t.Errorf("stopped %v, want the fit without a number", h.Stopped)
	}
	other := plan
	other.Spec.Reference.Seed++
	if got := try(db.Reached(t.Context(), other))(t)[key].Values; got != nil {
		t.Errorf("values at other points count: %v", got)
	}
	fit := try(db.Fit(t.Context(), key))(t)
	if fit.State != experiments.Pruned || fit.Checkpoint != 10 || fit.Error != "" || !fit.Finished.Equal(time.Unix(2, 0)) {
		t.Errorf("the pruned fit is %+v", fit)
	}
	if r := try(db.Sweep(t.Context(), "early"))(t).Results[1]; r.State != experiments.Pruned {
		t.Errorf("its run is %s", r.State)
	}
	if list := try(db.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check: %+v", list)
	}
	if removed := try(db.Clean(t.Context(), false))(t); removed.Checkpoints != 0 {
		t.Errorf("gc removes %d checkpoints", removed.Checkpoints)
	}
	reach(t, db, plan, 1, 30, 1)
	must(t, db.FinishFit(t.Context(), key, 1, 1, []byte("weights"), time.Unix(3, 0)))
	must(t, db.PauseFit(t.Context(), key, experiments.Pruned, time.Unix(4, 0)))
	if fit := try(db.Fit(t.Context(), key))(t); fit.State != experiments.Finished {
		t.Errorf("a finished fit is pruned: %s", fit.State)
	}
}

// TestTakeRungs: a merge takes values, checkpoints and the state along, and ours that is further on stays.
func TestTakeRungs(t *testing.T) {
	t.Parallel()
	plan, folder := early(t), t.TempDir()
	from := started(t, filepath.Join(folder, "from.db"), plan)
	reach(t, from, plan, 0, 10, .25)
	reach(t, from, plan, 1, 10, .5)
	must(t, from.PauseFit(t.Context(), plan.Fits[1].Key, experiments.Pruned, time.Unix(2, 0)))
	must(t, from.Close())
	to := started(t, filepath.Join(folder, "to.db"), plan)
	reach(t, to, plan, 0, 30, .125)
	try(to.Take(t.Context(), filepath.Join(folder, "from.db")))(t)
	got := try(to.Reached(t.Context(), plan))(t)
	if a, b := got[plan.Fits[0].Key], got[plan.Fits[1].Key]; a.Step != 30 || len(a.Values) != 2 || b.Step != 10 || b.Values[10] != .5 {
		t.Errorf("got %+v and %+v", a, b)
	}
	if fit := try(to.Fit(t.Context(), plan.Fits[1].Key))(t); fit.State != experiments.Pruned {
		t.Errorf("the pruned fit is %s", fit.State)
	}
	if list := try(to.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check: %+v", list)
	}
}

// TestDamagedRung: a value that is not what was stored is found, and a sweep measures it again.
func TestDamagedRung(t *testing.T) {
	t.Parallel()
	plan, path := early(t), filepath.Join(t.TempDir(), "runs.db")
	db := started(t, path, plan)
	reach(t, db, plan, 0, 10, .25)
	must(t, db.Close())
	run(t, path, "UPDATE rungs SET value = .5")
	db = open(t, path)
	_, err := db.Reached(t.Context(), plan)
	wantError(t, err, "excess-loss of fit "+plan.Fits[0].Key+" at step 10", "damaged")
	must(t, db.Lock(t.Context(), "test", time.Now, nil))
	try(db.Mend(t.Context(), plan, experiments.Environment{Go: "go"}, time.Unix(5, 0)))(t)
	if got := try(db.Reached(t.Context(), plan))(t)[plan.Fits[0].Key]; got.Values != nil || got.Step != 10 {
		t.Errorf("after the repair: %+v", got)
	}
}

// TestMigrateRungs: a store of the version before takes pruned fits, and its rows keep their seals.
func TestMigrateRungs(t *testing.T) {
	t.Parallel()
	plan, path := early(t), filepath.Join(t.TempDir(), "runs.db")
	must(t, started(t, path, plan).Close())
	run(t, path, earlierViews(t)+withoutRungs+"PRAGMA user_version = 8")
	db := open(t, path)
	must(t, db.Lock(t.Context(), "test", time.Now, nil))
	reach(t, db, plan, 0, 10, 1)
	must(t, db.PauseFit(t.Context(), plan.Fits[0].Key, experiments.Pruned, time.Unix(2, 0)))
	if list := try(db.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check: %+v", list)
	}
}
