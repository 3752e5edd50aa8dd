package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// finished returns a store with a finished tiny sweep, and its plan.
func finished(t *testing.T, path string) (*store.DB, experiments.Plan) {
	t.Helper()
	db := open(t, path)
	plan := start(t, db, tiny)
	finish(t, db, plan)
	return db, plan
}

// finish finishes all fits and runs of a plan, with their keys as contents.
func finish(t *testing.T, db *store.DB, plan experiments.Plan) {
	t.Helper()
	for _, fit := range plan.Fits {
		if try(db.StartFit(t.Context(), fit.Key, env, noon))(t) {
			db.LogLosses(fit.Key, experiments.Loss{Step: 1, Value: 1})
			must(t, db.FinishFit(t.Context(), fit.Key, 1, 1, []byte(fit.Key), noon))
		}
		for _, r := range fit.Runs {
			must(t, db.FinishRun(t.Context(), r.Key, env, store.Sampled{Samples: []byte(r.Key), NFE: 1, NFEMax: 1, Seconds: 1}, noon))
			must(t, db.SaveMetrics(t.Context(), r.Key, r.Reference, []experiments.Value{{Name: "mmd", Value: 1}}))
		}
	}
	must(t, db.FinishSweep(t.Context(), plan.Spec.Name, experiments.Finished, noon))
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, query string // applied to an intact store; %s is the key of its first fit
		want        string // kind and part of the text
		damage      bool
	}{
		{"intact store", "", "", false},
		{"own view", "CREATE VIEW mine AS SELECT 1", "", false},
		{"changed schema", "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'nfe_mean', 'nfe_mead') WHERE name = 'v_runs'", "schema: the tables, indexes and views are not", true},
		{"changed content", "UPDATE blobs SET bytes = zeroblob(16) WHERE bytes = CAST('%s' AS BLOB)", "content: weights.safetensors of fit %s is not what was stored", true},
		{"truncated content", "UPDATE blobs SET bytes = substr(bytes, 2) WHERE bytes = CAST('%s' AS BLOB)", "content: weights.safetensors of fit %s is not what was stored", true},
		{"missing content", "DELETE FROM blobs WHERE bytes = CAST('%s' AS BLOB)", "content: weights.safetensors of fit %s is missing", true},
		{"missing artifact", "DELETE FROM artifacts WHERE owner = '%s'", "content: fit %s is finished but has no weights", true},
		{"changed checkpoint", "INSERT INTO checkpoints (fit, step, sha256, bytes) VALUES ('%s', 1, 'x', CAST('y' AS BLOB))", "content: the checkpoint of fit %s is not", true},
		{"missing fit", "DELETE FROM fits WHERE key = '%s'", "reference: 5 rows of runs refer to missing rows of fits", true},
		{"unowned artifact", "UPDATE artifacts SET owner = 'nobody' WHERE owner = '%s'", "unowned: 1 artifacts belong to", true},
		{"unowned tag", "INSERT INTO tags (owner_kind, owner, tag) VALUES ('run', 'nobody', 'odd')", "unowned: 1 tags belong to", true},
		{"unused content", "INSERT INTO blobs (sha256, bytes) VALUES ('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', CAST('abc' AS BLOB))", "unused: 1 contents, 3 bytes", false},
		{"unplanned run", "DELETE FROM sweep_runs WHERE position = 0", "unused: 1 runs that no sweep plans", false},
		{"running fit", "UPDATE fits SET state = 'running' WHERE key = '%s'", "running: fit %s was running when its process died", false},
		{"running sweep", "UPDATE sweeps SET state = 'running'", "running: sweep tiny was running", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			db, plan := finished(t, path)
			must(t, db.Close())
			run(t, path, strings.ReplaceAll(c.query, "%s", plan.Fits[0].Key))
			db = open(t, path)
			list := try(db.Check(t.Context()))(t)
			want := strings.ReplaceAll(c.want, "%s", plan.Fits[0].Key)
			found := false
			for _, f := range list {
				found = found || strings.HasPrefix(f.Kind+": "+f.Text, want) && f.Damage == c.damage
			}
			if want == "" && len(list) > 0 || want != "" && !found {
				t.Errorf("got %+v, want %q", list, want)
			}
			if !c.damage { // Clean deals with it
				lock(t, db)
				_ = try(db.Clean(t.Context(), true))(t)
				if list := try(db.Check(t.Context()))(t); len(list) != 0 {
					t.Errorf("after Clean: got %+v", list)
				}
			}
		})
	}
	t.Run("while a process works", func(t *testing.T) {
		t.Parallel()
		db := open(t, filepath.Join(t.TempDir(), "runs.db"))
		startFit(t, db, start(t, db, tiny).Fits[0].Key)
		if list := try(db.Check(t.Context()))(t); len(list) != 0 {
			t.Errorf("got %+v, want nothing about a running fit", list)
		}
	})
}

// TestCheckBrokenFile checks that an overwritten page is found, whatever it held.
func TestCheckBrokenFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, _ := finished(t, path)
	must(t, db.Close())
	whole := try(os.ReadFile(path))(t)
	for page := 1; page < len(whole)/4096; page++ { // all but the first, without which the file is not a store
		broken := append([]byte(nil), whole...)
		for i := range 4096 {
			broken[4096*page+i] = 0x55
		}
		path := filepath.Join(t.TempDir(), "runs.db")
		must(t, os.WriteFile(path, broken, 0o644))
		db, err := store.Open(t.Context(), path)
		if err != nil {
			continue // found by Open
		}
		list, err := db.Check(t.Context())
		damage := err != nil
		for _, f := range list {
			damage = damage || f.Damage
		}
		if !damage {
			t.Errorf("page %d of %d is overwritten, but not reported", page+1, len(whole)/4096)
		}
		_ = db.Close()
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "runs.db"), filepath.Join(folder, "copy, 100%.db")
	db, plan := finished(t, path)
	_ = try(db.Backup(t.Context(), copied))(t)
	must(t, db.SetNote(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, "later"))
	before := try(os.ReadFile(copied))(t)
	_, err := db.Backup(t.Context(), copied)
	wantError(t, err, copied, "exists and is not overwritten")
	_, err = db.Backup(t.Context(), filepath.Join(folder, "none", "copy.db"))
	wantError(t, err, "none")
	if after := try(os.ReadFile(copied))(t); !reflect.DeepEqual(before, after) {
		t.Error("the existing file has changed")
	}
	must(t, db.Close())
	if got := names(t, folder); len(got) != 2 {
		t.Errorf("files: got %q, want the store and its copy", got)
	}
	other := open(t, copied)
	if list := try(other.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check of the copy: got %+v", list)
	}
	if got := try(other.Weights(t.Context(), plan.Fits[0].Key))(t); string(got) != plan.Fits[0].Key {
		t.Errorf("weights in the copy: got %q", got)
	}
	if got := try(other.Note(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}))(t); got != "" {
		t.Errorf("the copy holds a later note: %q", got)
	}
}

// rowsOf counts the rows of every table.
func rowsOf(t *testing.T, path string) map[string]int {
	t.Helper()
	db := raw(t, path)
	rows := try(db.Query("SELECT name FROM sqlite_schema WHERE type = 'table'"))(t)
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		must(t, rows.Scan(&name))
		must(t, db.QueryRow("SELECT count(*) FROM "+name).Scan(&n))
		counts[name] = n
	}
	return counts
}

func TestDelete(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	// narrow shares half of tiny's fits and half of their runs.
	narrow := strings.Replace(strings.Replace(strings.Replace(tiny, "tiny", "narrow", 1), "[4, 8]", "4", 1), "[1, 2]", "1", 1)
	finish(t, db, start(t, db, narrow))
	before := rowsOf(t, path)
	plan := planOf(t, tiny)
	must(t, db.StartSweep(t.Context(), plan, env, noon))
	finish(t, db, plan)
	gone := store.Owner{Kind: "run", Key: plan.Fits[0].Runs[1].Key}
	for _, o := range []store.Owner{{Kind: "sweep", Key: "tiny"}, {Kind: "fit", Key: plan.Fits[3].Key}, gone} {
		must(t, db.Tag(t.Context(), o, []string{"x"}, nil))
		must(t, db.SetNote(t.Context(), o, "x"))
	}
	must(t, db.EndRun(t.Context(), gone.Key, env, experiments.Failed, "x", noon))
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("onnx")}}, []experiments.Check{{File: "velocity.onnx"}}))
	must(t, db.SaveNull(t.Context(), experiments.Null{Key: "n", Reference: "of nobody", Metric: "mmd"}))

	_, err := db.Delete(t.Context(), "none")
	wantError(t, err, `no sweep "none" in the store (have tiny, narrow)`)
	_, err = db.Delete(t.Context(), "")
	wantError(t, err, "a name is required")
	full := rowsOf(t, path)
	said := try(db.WouldDelete(t.Context(), "tiny"))(t)
	if got := rowsOf(t, path); !reflect.DeepEqual(got, full) {
		t.Errorf("counting removed something:\n got %v\nwant %v", got, full)
	}
	size := contentBytes(t, path)
	r := try(db.Delete(t.Context(), "tiny"))(t)
	// Files are the samples of 12 runs (dense ones were not done), the weights of 2 fits and a file of the sweep. 4 runs, 2 dense
	// ones and 2 fits are narrow's, too.
	want := store.Removed{Runs: 12 + 2, Fits: 2, Losses: 2, Files: 12 + 2 + 1, Contents: 12 + 2 + 1, KeptRuns: 4 + 2, KeptFits: 2}
	want.ContentBytes = size - contentBytes(t, path)
	if !reflect.DeepEqual(r, want) || want.ContentBytes <= 0 {
		t.Errorf("removed: got %+v, want %+v", r, want)
	}
	if !reflect.DeepEqual(said, r) {
		t.Errorf("announced %+v, removed %+v", said, r)
	}
	if got := rowsOf(t, path); !reflect.DeepEqual(got, before) {
		t.Errorf("rows left:\n got %v\nwant %v", got, before)
	}
	if list := try(db.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("check: got %+v", list)
	}
	if s := try(db.Sweep(t.Context(), ""))(t); s.Name != "narrow" || s.Results[0].State != experiments.Finished {
		t.Errorf("the remaining sweep: got %q with %+v", s.Name, s.Results[0])
	}
	_ = try(db.Delete(t.Context(), "narrow"))(t)
	for table, n := range rowsOf(t, path) {
		if n != 0 {
			t.Errorf("%d rows of %s in a store without sweeps", n, table)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	large := make([]byte, 1<<20)
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: large}}, nil))
	must(t, db.Ship(t.Context(), "tiny", nil, nil)) // leaves the content behind
	run(t, path, fmt.Sprintf("INSERT INTO checkpoints (fit, step, sha256, bytes) VALUES ('%s', 1, 'x', CAST('y' AS BLOB))", plan.Fits[0].Key))
	said := try(db.WouldClean(t.Context(), false))(t)
	r := try(db.Clean(t.Context(), false))(t)
	if said.Bytes = r.Bytes; !reflect.DeepEqual(said, r) {
		t.Errorf("announced %+v, removed %+v", said, r)
	}
	if r.Contents != 1 || r.Checkpoints != 1 || r.Runs != 0 || r.Bytes < 1<<20 {
		t.Errorf("removed: got %+v, want a content of one megabyte and a checkpoint", r)
	}
	changed := planOf(t, strings.Replace(tiny, "[4, 8]", "4", 1))
	must(t, db.StartSweep(t.Context(), changed, env, noon))
	if r := try(db.Clean(t.Context(), true))(t); r.Runs != 0 || r.Fits != 0 {
		t.Errorf("removed from the edition: %+v", r)
	}
	for _, table := range []string{"sweep_runs", "sweep_extras"} { // as earlier versions left them
		run(t, path, "DELETE FROM "+table+" WHERE sweep = 'tiny@1'")
	}
	if r := try(db.Clean(t.Context(), false))(t); r.Runs != 0 || r.Fits != 0 {
		t.Errorf("removed without being asked: %+v", r)
	}
	if r := try(db.Clean(t.Context(), true))(t); r.Runs != 8+2 || r.Fits != 2 || r.Losses != 2 {
		t.Errorf("removed: got %+v, want the 8 runs and 2 dense ones of 2 fits that the new plan lacks", r)
	}
	if r := try(db.Clean(t.Context(), true))(t); r.Runs != 0 {
		t.Errorf("removed again: %+v", r)
	}
}

// contentBytes returns the size of all contents and checkpoints.
func contentBytes(t *testing.T, path string) (n int64) {
	t.Helper()
	must(t, raw(t, path).QueryRow(`SELECT total(n) FROM (SELECT length(bytes) AS n FROM blobs UNION ALL SELECT length(bytes) FROM checkpoints)`).Scan(&n))
	return n
}
