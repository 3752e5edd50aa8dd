package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// openPart opens a store of one fit and locks it, as a worker does.
func openPart(t *testing.T, path string) *store.DB {
	t.Helper()
	db := try(store.OpenPart(t.Context(), path))(t)
	t.Cleanup(func() { _ = db.Close() })
	lock(t, db)
	return db
}

// doFit trains a fit and does its runs, with their keys as contents.
func doFit(t *testing.T, db *store.DB, fit experiments.Fit) {
	t.Helper()
	ctx := t.Context()
	must(t, db.QueueFit(ctx, fit))
	startFit(t, db, fit.Key)
	db.LogLosses(fit.Key, experiments.Loss{Step: 1, Value: 1}, experiments.Loss{Step: 2, Value: nan, HeldOut: 0.5})
	must(t, db.FinishFit(ctx, fit.Key, 1, 1, []byte(fit.Key), noon))
	for _, r := range fit.Runs {
		must(t, db.FinishRun(ctx, r.Key, env, store.Sampled{Samples: []byte(r.Key), NFE: 1.5, NFEMax: 2, Seconds: 1}, noon))
		must(t, db.SaveMetrics(ctx, r.Key, r.Reference, strangeValues()))
	}
	key := tuning(fit.Key, 1)
	key.Key = fit.Runs[0].Key // any key that no other fit has
	must(t, db.SaveTuning(ctx, key))
}

// partOf writes the part of a fit that a worker has done, and returns its path.
func partOf(t *testing.T, fit experiments.Fit) string {
	t.Helper()
	folder := t.TempDir()
	scratch := openPart(t, filepath.Join(folder, "scratch.db"))
	doFit(t, scratch, fit)
	path := filepath.Join(folder, "part.db")
	if try(scratch.Part(t.Context(), path, fit.Key))(t) {
		t.Fatal("the part of a finished fit is empty")
	}
	must(t, scratch.Close())
	if got := names(t, folder); !reflect.DeepEqual(got, []string{"part.db", "scratch.db"}) {
		t.Errorf("files: got %q, want one for each store", got)
	}
	return path
}

// dump returns all rows of a store, table by table, as SQLite prints them.
func dump(t *testing.T, path string) string {
	t.Helper()
	db := raw(t, path)
	var tables []string
	rows := try(db.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`))(t)
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Close())
	var b strings.Builder
	for _, table := range tables {
		dumpTable(t, db, table, &b)
	}
	return b.String()
}

func dumpTable(t *testing.T, db *sql.DB, table string, b *strings.Builder) {
	t.Helper()
	rows := try(db.Query(`SELECT * FROM ` + table + ` ORDER BY 1, 2`))(t)
	defer rows.Close()
	columns := try(rows.Columns())(t)
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		must(t, rows.Scan(into...))
		fmt.Fprintf(b, "%s: %q\n", table, values)
	}
}

// TestTakeParts: what workers send is what the fits would have been here, and taking it in again changes nothing.
func TestTakeParts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	here, there := filepath.Join(folder, "here.db"), filepath.Join(folder, "there.db")
	db, other := open(t, here), open(t, there)
	plan := start(t, db, tiny)
	start(t, other, tiny)
	for _, fit := range plan.Fits {
		doFit(t, db, fit)
		path := partOf(t, fit)
		got := try(other.Take(t.Context(), path, fit.Key))(t)
		want := store.Taken{Fits: 1, Runs: 4, Metrics: 4 * len(strangeValues()), Tunings: 1, Differ: []string{}, Notes: []string{}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		before := dump(t, there)
		got = try(other.Take(t.Context(), path, fit.Key, "0123456789abcdef"))(t)
		if want := (store.Taken{Same: 5, Differ: []string{}, Notes: []string{}}); !reflect.DeepEqual(got, want) {
			t.Errorf("again: got %+v, want %+v", got, want)
		}
		if dump(t, there) != before {
			t.Error("taking a part in again changed something")
		}
	}
	if got, want := dump(t, there), dump(t, here); got != want {
		t.Errorf("rows differ:\n got %s\nwant %s", got, want)
	}
	if list := try(other.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check: got %+v", list)
	}
}

// TestPart: a part has what spares a worker work, and nothing else.
func TestPart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := open(t, filepath.Join(folder, "runs.db"))
	plan := start(t, db, tiny)
	ctx, fit, teacher := t.Context(), plan.Fits[0], plan.Fits[1]
	path := filepath.Join(folder, "part.db")
	if empty := try(db.Part(ctx, path, fit.Key, teacher.Key))(t); !empty || slices.Contains(names(t, folder), "part.db") {
		t.Errorf("of queued fits: got empty %v, files %q", empty, names(t, folder))
	}
	_, err := db.Part(ctx, path, "0123456789abcdef")
	if wantError(t, err, "fit 0123456789abcdef", "not in the store"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v is not ErrNotFound", err)
	}
	doFit(t, db, teacher)
	startFit(t, db, fit.Key)
	for step := range 5 {
		db.LogLosses(fit.Key, experiments.Loss{Step: step, Value: 1})
	}
	must(t, db.SaveCheckpoint(ctx, fit.Key, 4, []byte("check"), []byte("point")))
	db.LogLosses(fit.Key, experiments.Loss{Step: 9, Value: 1})
	if try(db.Part(ctx, path, fit.Key, teacher.Key))(t) {
		t.Error("a part with a checkpoint is empty")
	}
	part := openPart(t, path)
	record := try(part.Fit(ctx, fit.Key))(t)
	if record.State != experiments.Queued || record.Checkpoint != 4 {
		t.Errorf("the fit: got %+v, want a queued one with a checkpoint", record)
	}
	if _, content, ok, err := part.Checkpoint(ctx, fit.Key); !ok || err != nil || string(content) != "checkpoint" {
		t.Errorf("the checkpoint: got %q, %v, %v", content, ok, err)
	}
	if losses := try(part.Losses(ctx, fit.Key))(t); len(losses) != 5 {
		t.Errorf("losses: got %+v, want those up to the checkpoint", losses)
	}
	if got := try(part.Weights(ctx, teacher.Key))(t); string(got) != teacher.Key {
		t.Errorf("weights: got %q", got)
	}
	counts := rowsOf(t, path)
	for _, table := range []string{"sweeps", "sweep_runs", "sweep_extras"} {
		if counts[table] != 0 {
			t.Errorf("%d rows of %s in a part", counts[table], table)
		}
	}
	if _, err := db.Part(ctx, path, fit.Key); !errors.Is(err, os.ErrExist) {
		t.Errorf("over an existing file: got %v", err)
	}
	for i, damage := range []string{
		"UPDATE fits SET started = finished", "UPDATE runs SET seconds = 9", "UPDATE metrics SET se = 9", "UPDATE tunings SET points = 9", "UPDATE checkpoints SET step = 3",
		"UPDATE artifacts SET size = 9", "UPDATE environments SET json = '{}'", "UPDATE losses SET held_out = 9",
	} {
		copied := filepath.Join(folder, fmt.Sprintf("copy%d.db", i))
		_ = try(db.Backup(ctx, copied))(t)
		run(t, copied, damage)
		path := filepath.Join(folder, "damaged.db")
		if _, err := open(t, copied).Part(ctx, path, fit.Key, teacher.Key); !store.Damaged(err) || slices.Contains(names(t, folder), "damaged.db") {
			t.Errorf("%s: got %v, and files %q", damage, err, names(t, folder))
		}
	}
}
