package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// tuning returns a tuning of a fit whose key ends in n.
func tuning(fit string, n int) experiments.Tuning {
	return experiments.Tuning{
		Key: fmt.Sprintf("%016x", n), Fit: fit, Of: fmt.Sprintf(`{"calls":%d}`, n), Table: `{"a":[0.1,1],"b":[[2],[3,-4e-300]]}`,
		Judged: `{"rmse":0.25,"p":"nan"}`, NFE: 512, Points: 400, Seconds: 1.5,
	}
}

// TestTunings: the tunings of a fit come back as they were saved last, and go with the fit.
func TestTunings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	ctx, fit, other := t.Context(), plan.Fits[0].Key, plan.Fits[1].Key
	if list := try(db.Tunings(ctx, fit))(t); len(list) != 0 {
		t.Errorf("before any are saved: got %+v", list)
	}
	first, second, others := tuning(fit, 1), tuning(fit, 2), tuning(other, 3)
	for _, seconds := range []float64{9, 1.5} {
		second.Seconds = seconds
		for _, x := range []experiments.Tuning{second, first, others} {
			must(t, db.SaveTuning(ctx, x))
		}
	}
	if got := try(db.Tuning(ctx, second.Key))(t); got != second {
		t.Errorf("got %+v, want %+v", got, second)
	}
	if got, want := try(db.Tunings(ctx, fit))(t), []experiments.Tuning{first, second}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	_, err := db.Tuning(ctx, "0000000000000009")
	if wantError(t, err, "read tuning 0000000000000009: not in the store"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v is not ErrNotFound", err)
	}

	copied := filepath.Join(t.TempDir(), "copy.db")
	_ = try(db.Backup(ctx, copied))(t)
	if got := try(open(t, copied).Tuning(ctx, first.Key))(t); got != first {
		t.Errorf("in the backup: got %+v, want %+v", got, first)
	}
	said := try(db.WouldDelete(ctx, "tiny"))(t)
	r := try(db.Delete(ctx, "tiny"))(t)
	if said.Tunings != 3 || !reflect.DeepEqual(r, said) || rowsOf(t, path)["tunings"] != 0 {
		t.Errorf("announced %+v, removed %+v, left %d tunings, want all 3 removed", said, r, rowsOf(t, path)["tunings"])
	}
}

// TestTuningsOfUnplannedFits checks that Clean keeps the tunings of fits that a sweep plans.
func TestTuningsOfUnplannedFits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	for i, fit := range plan.Fits {
		must(t, db.SaveTuning(t.Context(), tuning(fit.Key, i)))
	}
	for _, table := range []string{"sweep_runs", "sweep_extras"} {
		run(t, path, "DELETE FROM "+table+" WHERE run IN (SELECT key FROM runs WHERE fit = '"+plan.Fits[0].Key+"')")
	}
	for _, unplanned := range []bool{false, true} {
		said := try(db.WouldClean(t.Context(), unplanned))(t)
		r := try(db.Clean(t.Context(), unplanned))(t)
		left := rowsOf(t, path)["tunings"]
		if want := map[bool]int64{true: 1}[unplanned]; said.Tunings != want || r.Tunings != want || left != len(plan.Fits)-int(want) {
			t.Errorf("unplanned %v: announced %d, removed %d, left %d of %d", unplanned, said.Tunings, r.Tunings, left, len(plan.Fits))
		}
	}
}

// TestImpossibleTunings: they are not saved and, where they are stored nevertheless, found.
func TestImpossibleTunings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	for _, c := range []struct {
		want string
		do   func(*experiments.Tuning)
	}{
		{"its key is not one", func(x *experiments.Tuning) { x.Key = strings.Repeat("x", 16) }},
		{"the key of its fit is not one", func(x *experiments.Tuning) { x.Fit = "f" }},
		{"FOREIGN KEY", func(x *experiments.Tuning) { x.Fit = x.Key }},
		{"its coefficients are not all finite", func(x *experiments.Tuning) { x.Table = `{"a":[1,["inf"]]}` }},
	} {
		x := tuning(plan.Fits[0].Key, 1)
		c.do(&x)
		wantError(t, db.SaveTuning(t.Context(), x), "save tuning "+x.Key, c.want)
	}
	must(t, db.SaveTuning(t.Context(), tuning(plan.Fits[0].Key, 1)))
	must(t, db.Close())
	run(t, path, "UPDATE tunings SET points = 0")
	must(t, store.Seal(t.Context(), path))
	db = open(t, path)
	list := try(db.Check(t.Context()))(t)
	if len(list) != 1 || list[0].Kind != "value" || !list[0].Damage || !list[0].Repair ||
		list[0].Text != "tuning 0000000000000001 of fit "+plan.Fits[0].Key+" cannot be: it has 0 points of noise with 512 velocity calls each" {
		t.Errorf("got %+v", list)
	}
	if _, err := db.Tunings(t.Context(), plan.Fits[0].Key); !store.Damaged(err) {
		t.Errorf("reading them: got %v, want damage", err)
	}
	lock(t, db)
	if done := try(db.Mend(t.Context(), plan, env, noon))(t); len(done) != 1 || rowsOf(t, path)["tunings"] != 0 {
		t.Errorf("repaired: got %q", done)
	}
}

// TestDamagedTuning: readers refuse it, and Mend removes it without a run.
func TestDamagedTuning(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	ctx, fit := t.Context(), plan.Fits[0].Key
	must(t, db.SaveTuning(ctx, tuning(fit, 1)))
	must(t, db.SaveTuning(ctx, tuning(plan.Fits[1].Key, 2)))
	run(t, path, "UPDATE tunings SET found = replace(found, '0.1', '0.2') WHERE fit = '"+fit+"'")
	const what = "tuning 0000000000000001 of fit "
	for _, read := range []func() error{
		func() error { _, err := db.Tuning(ctx, tuning(fit, 1).Key); return err },
		func() error { _, err := db.Tunings(ctx, fit); return err },
	} {
		err := read()
		if wantError(t, err, what+fit+" is not what was stored", "flowsweep sweep"); !store.Damaged(err) {
			t.Errorf("%v is no damage", err)
		}
	}
	if list := try(db.Tunings(ctx, plan.Fits[1].Key))(t); len(list) != 1 {
		t.Errorf("of the other fit: got %+v", list)
	}
	before := rowsOf(t, path)
	if done := try(db.Mend(ctx, plan, env, noon))(t); len(done) != 1 || !strings.HasPrefix(done[0], what+fit) {
		t.Errorf("repaired: got %q", done)
	}
	must(t, db.StartSweep(ctx, plan, env, noon))
	after := rowsOf(t, path)
	if before["tunings"]--; !reflect.DeepEqual(before, after) {
		t.Errorf("rows:\n got %v\nwant %v", after, before)
	}
	states := try(db.States(ctx, plan))(t)
	for _, run := range plan.Fits[0].Runs {
		if states.Runs[run.Key] != experiments.Finished {
			t.Errorf("run %s is %s", run.Key, states.Runs[run.Key])
		}
	}
}

// TestMigrateTunings upgrades a store of version 6, and leaves the seals of its rows as they are.
func TestMigrateTunings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	must(t, db.Close())
	run(t, path, earlierViews(t)+withoutRungs+dropAfter6+"PRAGMA user_version = 6")
	db = open(t, path)
	if _, err := os.Stat(path + ".before-v7"); err != nil {
		t.Error(err)
	}
	must(t, db.SaveTuning(t.Context(), tuning(plan.Fits[0].Key, 1)))
	if list := try(db.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
}
