package store_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/store"
)

// roleBackup copies the store to the file beside it named copy.db.
func roleBackup(ctx context.Context, path string) error {
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	if _, err := db.Backup(ctx, filepath.Join(filepath.Dir(path), "copy.db")); err != nil {
		return err
	}
	return db.Close()
}

// killWhileCopying starts a role on a store, kills it while it writes a copy, and returns what it left in the folder.
func killWhileCopying(t *testing.T, role, path string) (left []string) {
	t.Helper()
	p := begin(t, role, path)
	for start := time.Now(); time.Since(start) < 20*time.Second; {
		copies := try(filepath.Glob(filepath.Join(filepath.Dir(path), ".flowsweep-partial-*", "copy.db")))(t)
		if len(copies) == 1 {
			if info, err := os.Stat(copies[0]); err == nil && info.Size() > 0 {
				break
			}
		}
		time.Sleep(100 * time.Microsecond)
	}
	p.kill(t)
	return names(t, filepath.Dir(path))
}

func isPartial(name string) bool { return strings.HasPrefix(name, ".flowsweep-partial-") }

// fill makes a copy of the store take some tenths of a second.
const fill = `CREATE TABLE filling (bytes BLOB); INSERT INTO filling WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)
	SELECT randomblob(50000) FROM n;`

// TestKilledBackup checks that what a killed backup leaves is removed by the next backup, and by the next process that works on
// the store.
func TestKilledBackup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "runs.db"), filepath.Join(folder, "copy.db")
	must(t, open(t, path).Close())
	run(t, path, fill)
	for _, next := range []struct {
		name string
		do   func(db *store.DB)
	}{
		{"Backup", func(db *store.DB) { _ = try(db.Backup(t.Context(), copied))(t) }},
		{"Lock", func(db *store.DB) { lock(t, db) }},
	} {
		_ = os.Remove(copied)
		left := killWhileCopying(t, "backup", path)
		if !slices.ContainsFunc(left, isPartial) || slices.Contains(left, "copy.db") {
			t.Fatalf("it was not killed while it copied: it left %q", left)
		}
		db := open(t, path)
		if got := names(t, folder); !slices.ContainsFunc(got, isPartial) {
			t.Errorf("a reader has removed something: %q", got)
		}
		next.do(db)
		if got := names(t, folder); slices.ContainsFunc(got, isPartial) {
			t.Errorf("after %s: %q", next.name, got)
		}
		must(t, db.Close())
	}
}

// TestKilledMigration checks that what a killed migration leaves is removed by the next one, which succeeds.
func TestKilledMigration(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	version1(t, path, "a")
	run(t, path, fill)
	if left := killWhileCopying(t, "open", path); !slices.ContainsFunc(left, isPartial) || slices.Contains(left, "runs.db.before-v2") {
		t.Fatalf("it was not killed while it copied: it left %q", left)
	}
	must(t, open(t, path).Close())
	if got, want := names(t, folder), []string{"runs.db", "runs.db.before-v2"}; !slices.Equal(got, want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}
