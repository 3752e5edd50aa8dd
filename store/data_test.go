package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// rows returns a data file that ends with the given row.
func rows(last string) string {
	var b strings.Builder
	b.WriteString("x,y,who\n")
	for i := range 19 {
		fmt.Fprintf(&b, "%d,%d,p%d\n", i, i*i%7, i)
	}
	return b.String() + last + "\n"
}

const ofData = "name: own\ntarget: {file: some folder/data.csv, columns: [x, y]}\nseeds: 2\n"

// startData starts the sweep ofData on the given file.
func startData(t *testing.T, db *store.DB, file string) experiments.Plan {
	t.Helper()
	return startSpec(t, db, ofData, file)
}

func startSpec(t *testing.T, db *store.DB, text, file string) experiments.Plan {
	t.Helper()
	spec := try(experiments.Parser{Open: func(path string) ([]byte, error) {
		if !strings.HasSuffix(path, "/data.csv") {
			return nil, errors.New("no such file")
		}
		return []byte(file), nil
	}}.Parse("own.yaml", []byte(text)))(t)
	plan := try(spec.Plan())(t)
	must(t, db.StartSweep(t.Context(), plan, env, noon))
	return plan
}

// stored returns a parser of recipes that reads their data from the store.
func stored(t *testing.T, db *store.DB) experiments.Parser {
	return experiments.Parser{Open: func(sha256 string) ([]byte, error) { return db.Content(t.Context(), sha256) }}
}

// TestDataStayWithTheSweep checks that the store alone is enough to read a sweep of data, also after files were shipped,
// and that a changed file makes another sweep, beside which the earlier one is kept.
func TestDataStayWithTheSweep(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	lock(t, db)
	plan := startData(t, db, rows("1,2,p19"))
	must(t, db.Ship(t.Context(), "own", []store.File{{Name: "velocity.onnx", Content: []byte("onnx")}}, nil))
	must(t, db.Ship(t.Context(), "own", []store.File{{Name: "runs.csv", Content: []byte("runs")}}, nil))

	sweep := try(db.Sweep(t.Context(), "own"))(t)
	if len(sweep.Results) != 2 || sweep.Results[1].Fit != plan.Fits[1].Key || sweep.Spec.Files[0].Name != "some folder/data.csv" {
		t.Errorf("got the results %+v of %d files", sweep.Results, len(sweep.Spec.Files))
	}
	if files := try(db.Artifacts(t.Context(), "own"))(t); len(files) != 1 || files[0].Name != "runs.csv" {
		t.Errorf("files of the sweep: %v, want only what was shipped last", files)
	}
	if !try(db.Resume(t.Context(), plan, noon))(t) {
		t.Error("a sweep of the same data does not resume")
	}

	fit := try(db.Fit(t.Context(), plan.Fits[0].Key))(t)
	if len(fit.Files) != 1 || fit.Files[0].Name != "target.npy" || !strings.Contains(string(fit.Config), fit.Files[0].SHA256) {
		t.Errorf("files of the fit: %v, want the rows named in its config: %s", fit.Files, fit.Config)
	}
	changed := startData(t, db, rows("1,3,p19"))
	if changed.Fits[0].Key == plan.Fits[0].Key || try(db.Resume(t.Context(), plan, noon))(t) {
		t.Error("a sweep of changed data resumes")
	}
	sweep = try(db.Sweep(t.Context(), "own"))(t)
	if string(sweep.Spec.Files[0].Content) != rows("1,3,p19") || sweep.Results[0].Fit != changed.Fits[0].Key {
		t.Error("the sweep does not have the changed data")
	}
	startSpec(t, db, strings.Replace(ofData, "some folder", "elsewhere", 1), rows("1,3,p19"))
	var files string
	must(t, raw(t, path).QueryRow(`SELECT group_concat(owner || ' ' || name, ', ' ORDER BY owner) FROM artifacts WHERE owner_kind = 'sweep' AND name LIKE 'data/%'`).Scan(&files))
	if want := "own data/elsewhere/data.csv, own@1 data/some folder/data.csv"; files != want {
		t.Errorf("data files: %s, want the one that the new spec names and that of the changed data, %s", files, want)
	}
	if old := try(db.Sweep(t.Context(), "own@1"))(t); string(old.Spec.Files[0].Content) != rows("1,2,p19") {
		t.Error("the edition does not have the data it was swept with")
	}
	// As earlier versions left it, no sweep plans the first fit any more.
	run(t, path, "DELETE FROM sweep_runs WHERE sweep = 'own@1'; DELETE FROM sweep_extras WHERE sweep = 'own@1'")
	_ = try(db.Clean(t.Context(), false))(t)
	setting := try(stored(t, db).Setting(fit.Config, nil))(t)
	if got, want := string(setting.Target.Content), string(plan.Fits[0].Recipe.Target.Content); got != want {
		t.Error("the rows of the first fit have changed")
	}
	for _, f := range try(db.Check(t.Context()))(t) {
		if f.Damage {
			t.Errorf("check: %+v", f)
		}
	}
}

// TestDataGoWithTheSweep checks that deleting a sweep also deletes its data.
func TestDataGoWithTheSweep(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	lock(t, db)
	startData(t, db, rows("1,2,p19"))
	_ = try(db.Delete(t.Context(), "own"))(t)
	_ = try(db.Clean(t.Context(), false))(t)
	var left int
	must(t, raw(t, path).QueryRow(`SELECT (SELECT count(*) FROM blobs) + (SELECT count(*) FROM artifacts)`).Scan(&left))
	if left != 0 {
		t.Errorf("%d contents and artifacts are left", left)
	}
}

func TestDamagedData(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	lock(t, db)
	plan := startData(t, db, rows("1,2,p19"))
	fit := try(db.Fit(t.Context(), plan.Fits[0].Key))(t)
	run(t, path, "UPDATE blobs SET bytes = CAST(bytes || 'x' AS BLOB)")
	_, err := stored(t, db).Setting(fit.Config, nil)
	wantError(t, err, fit.Files[0].SHA256, "damaged")
	_, err = db.Sweep(t.Context(), "own")
	wantError(t, err, "own.yaml:2:16", "some folder/data.csv", "damaged")
	run(t, path, "DELETE FROM blobs")
	_, err = stored(t, db).Setting(fit.Config, nil)
	wantError(t, err, fit.Files[0].SHA256, "missing")
	run(t, path, "DELETE FROM artifacts")
	_, err = db.Sweep(t.Context(), "own")
	wantError(t, err, "some folder/data.csv", "not in the store")
}
