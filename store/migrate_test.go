package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"flowsweep/store"
)

// dropAfter6 makes of the tables of the newest version those of version 6.
const dropAfter6 = "DROP TABLE tunings; DROP TABLE alias_moves; "

// version1 creates a store of version 1 with sweeps whose latest starts are in this order.
func version1(t *testing.T, path string, sweeps ...string) {
	t.Helper()
	script := string(try(os.ReadFile("migrations/001_start.sql"))(t)) + `
		PRAGMA application_id = 0x666c6f77; PRAGMA user_version = 1;
		INSERT INTO environments VALUES ('e', '{}');
		INSERT INTO fits (key, config, state) VALUES ('f', '{"seed":18446744073709551615,"path":"condot","net":{"width":8}}', 'finished');
		INSERT INTO runs (key, fit, config, state, nfe) VALUES ('r', 'f', '{"solver":"heun","steps":4,"count":16}', 'finished', 8);
		INSERT INTO metrics VALUES ('r', 'ref', 'mmd', 0.5, 'finite'), ('r', 'ref', 'w2', NULL, 'nan'), ('r', 'other', 'mmd', 9, 'finite');`
	for i, name := range sweeps {
		script += fmt.Sprintf(`INSERT INTO sweeps VALUES ('%s', '', 'finished', 't', 't%d', NULL, 'e');
			INSERT INTO sweep_runs VALUES ('%s', 0, 'r', 'ref');`, name, i, name)
	}
	run(t, path, script)
}

func TestMigrateFromVersion1(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	version1(t, path, "b", "c", "a")
	db := open(t, path)
	if got, want := try(db.SweepNames(t.Context()))(t), []string{"a", "c", "b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("sweeps, the latest first: got %q, want %q", got, want)
	}
	values := try(db.Metrics(t.Context(), "r", "ref"))(t)
	if len(values) != 2 || values[0].Value != 0.5 || !sameNumber(values[0].SE, nan) {
		t.Errorf("metrics: got %v, want 0.5 without a standard error", values)
	}
	must(t, db.Close())
	if got, want := names(t, folder), []string{"runs.db", "runs.db.before-v2"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("files: got %q, want %q", got, want)
	}
	before := raw(t, path+".before-v2")
	var version, application, sweeps int
	var check string
	must(t, before.QueryRow(`SELECT user_version, application_id, (SELECT count(*) FROM sweeps), integrity_check
		FROM pragma_user_version, pragma_application_id, pragma_integrity_check`).Scan(&version, &application, &sweeps, &check))
	if version != 1 || application != 0x666c6f77 || sweeps != 3 || check != "ok" {
		t.Errorf("the copy: version %d of application %#x with %d sweeps, %s", version, application, sweeps, check)
	}
	must(t, open(t, path).Close())
	if got := names(t, folder); len(got) != 2 {
		t.Errorf("files after reopening: got %q", got)
	}
}

func TestMigrateOverwritesNoCopy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	version1(t, path)
	must(t, os.WriteFile(path+".before-v2", []byte("dear"), 0o644))
	must(t, open(t, path).Close())
	if got := try(os.ReadFile(path + ".before-v2"))(t); string(got) != "dear" {
		t.Errorf("the existing copy now has %d bytes", len(got))
	}
	if _, err := os.Stat(path + ".before-v2-2"); err != nil {
		t.Error(err)
	}
}

// TestMigrateAgain checks that a migration whose process died after it made the copy does not make another.
func TestMigrateAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	version1(t, path, "a")
	run(t, path, "CREATE VIEW v_runs AS SELECT 1") // stops every migration after the copy
	for range 3 {
		_, err := store.Open(t.Context(), path)
		wantError(t, err, "v_runs")
	}
	run(t, path, "DROP VIEW v_runs") // another content
	must(t, open(t, path).Close())
	if got, want := names(t, folder), []string{"runs.db", "runs.db.before-v2", "runs.db.before-v2-2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}

// TestMigrationFails checks that a failed migration leaves the store unchanged, and that the next process tries again.
func TestMigrationFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	version1(t, path)
	run(t, path, "CREATE VIEW v_runs AS SELECT 1") // the last object that the migration creates
	_, err := store.Open(t.Context(), path)
	wantError(t, err, "upgrade it to version 2", "v_runs")
	db := raw(t, path)
	var version, tables int
	must(t, db.QueryRow(`SELECT user_version, (SELECT count(*) FROM sqlite_schema WHERE name IN ('checkpoints', 'tags')) FROM pragma_user_version`).
		Scan(&version, &tables))
	if version != 1 || tables != 0 {
		t.Errorf("after a failed migration: version %d with %d new tables, want version 1 with none", version, tables)
	}
	must(t, db.Close())
	run(t, path, "DROP VIEW v_runs")
	open(t, path)
}

// TestWrongVersion checks that a store whose version is not that of its tables is damage, and is not migrated.
func TestWrongVersion(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	must(t, open(t, path).Close())
	run(t, path, "PRAGMA user_version = 1")
	_, err := store.Open(t.Context(), path)
	if wantError(t, err, "its version is 1, but its tables are not of that version"); !store.Damaged(err) {
		t.Errorf("%v is no damage", err)
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("files: got %q", got)
	}
}

func TestProcessesMigrateTogether(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	version1(t, path, "a")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			db, err := store.Open(context.Background(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, want := names(t, folder), []string{"runs.db", "runs.db.before-v2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}

// TestRunsView checks what v_runs promises to those who read the file without this program.
func TestRunsView(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	version1(t, path, "a")
	open(t, path)
	run(t, path, "UPDATE metrics SET se = 0.25 WHERE name = 'mmd' AND reference = 'ref'")
	db := raw(t, path)
	var sweep, run, state, seed, path1, solver, metrics, se string
	var target, w2 any
	var position, width, steps, nfe int
	var mmd float64
	must(t, db.QueryRow(`SELECT sweep, position, run, state, seed, target, path, width, solver, steps, nfe, mmd, w2, metrics, metrics_se FROM v_runs`).
		Scan(&sweep, &position, &run, &state, &seed, &target, &path1, &width, &solver, &steps, &nfe, &mmd, &w2, &metrics, &se))
	got := fmt.Sprint(sweep, position, run, state, seed, target, path1, width, solver, steps, nfe, mmd, w2, metrics, se)
	want := fmt.Sprint("a", 0, "r", "finished", "18446744073709551615", nil, "condot", 8, "heun", 4, 8, 0.5, nil,
		`{"mmd":0.5,"w2":"nan"}`, `{"mmd":0.25}`)
	if got != want {
		t.Errorf("the row of the run:\n got %s\nwant %s", got, want)
	}
	if _, err := db.Exec("DELETE FROM v_runs"); err == nil {
		t.Error("the view is writable")
	}
}
