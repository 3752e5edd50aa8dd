package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// reader opens a store for reading alone.
func reader(t *testing.T, path string) *store.DB {
	t.Helper()
	db := try(store.OpenReader(t.Context(), path))(t)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestSnapshot checks that all that a view shows is of one moment, however it is read, and that the next one shows what was written meanwhile.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	fit, owner := plan.Fits[0].Key, store.Owner{Kind: "sweep", Key: "tiny"}
	startFit(t, db, fit)
	r := reader(t, path)
	look := func(view *store.DB, want int) {
		t.Helper()
		curves := try(view.Curves(t.Context(), "tiny", 10))(t)
		losses := try(view.Losses(t.Context(), fit))(t)
		tags := try(view.Tags(t.Context(), owner))(t)
		names := try(view.SweepNames(t.Context()))(t)
		_, unknown := view.Owner(t.Context(), "small")
		if len(curves[fit]) != want || len(losses) != want || len(tags) != want || len(names) != 1+want || (unknown == nil) != (want == 1) {
			t.Errorf("%d and %d losses, tags %q, sweeps %q, an owner %v: want %d of each that is new", len(curves[fit]), len(losses), tags, names, unknown, want)
		}
	}
	must(t, r.Snapshot(t.Context(), func(view *store.DB) error {
		db.LogLosses(fit, experiments.Loss{Step: 1, Value: 2})
		must(t, db.Flush(t.Context()))
		must(t, db.Tag(t.Context(), owner, []string{"new"}, nil))
		small := planOf(t, tiny)
		small.Spec.Name = "small"
		must(t, db.StartSweep(t.Context(), small, env, noon))
		look(view, 0)
		look(r, 1)
		var refused *store.ReadOnlyError
		if err := view.Tag(t.Context(), owner, []string{"never"}, nil); !errors.As(err, &refused) {
			t.Errorf("a tag through a view: %v", err)
		}
		return nil
	}))
	must(t, r.Snapshot(t.Context(), func(view *store.DB) error {
		look(view, 1)
		return nil
	}))
	failed := errors.New("mine")
	if err := r.Snapshot(t.Context(), func(*store.DB) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("the error of do is %v", err)
	}
}

// TestChanges checks that the version changes with each commit of others, and only then.
func TestChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	start(t, db, tiny)
	r := reader(t, path)
	c := try(r.Changes(t.Context()))(t)
	seen := []int64{try(c.Version(t.Context()))(t)}
	for _, tag := range []string{"a", "b", "c"} {
		if again := try(c.Version(t.Context()))(t); again != seen[len(seen)-1] {
			t.Errorf("version %d, although nothing was written since %d", again, seen[len(seen)-1])
		}
		_ = try(r.SweepNames(t.Context()))(t)
		must(t, db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, []string{tag}, nil))
		next := try(c.Version(t.Context()))(t)
		if slices.Contains(seen, next) {
			t.Errorf("version %d was there before: %d", next, seen)
		}
		seen = append(seen, next)
	}
	must(t, c.Close())
}

// TestReaderChangesNothing checks that a store which is opened for reading stays as it was, also one of an earlier version.
func TestReaderChangesNothing(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]func(t *testing.T, path string){
		"of this version": func(t *testing.T, path string) {
			db := open(t, path)
			start(t, db, tiny)
			must(t, db.Close())
		},
		"of an earlier version": func(t *testing.T, path string) { version1(t, path, "tiny") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "runs.db")
			made(t, path)
			before := snapshot(t, folder)
			db := reader(t, path)
			if names := try(db.SweepNames(t.Context()))(t); !slices.Equal(names, []string{"tiny"}) {
				t.Errorf("sweeps %q", names)
			}
			var refused *store.ReadOnlyError
			if err := db.Lock(t.Context(), "test", nil, nil); !errors.As(err, &refused) {
				t.Errorf("Lock: %v", err)
			}
			if err := db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, []string{"x"}, nil); !errors.As(err, &refused) {
				t.Errorf("Tag: %v", err)
			}
			must(t, db.Close())
			if !sameFiles(before, snapshot(t, folder)) {
				t.Error("the folder has changed")
			}
		})
	}
	if _, err := store.OpenReader(t.Context(), filepath.Join(t.TempDir(), "none.db")); err == nil {
		t.Error("a store that is not there is opened")
	}
}

// TestOutdated checks that a reader notices when it reads another file than there is, or a copy of an earlier state.
func TestOutdated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	start(t, db, tiny)
	r := reader(t, path)
	must(t, db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, []string{"x"}, nil))
	must(t, db.Close())
	if r.Outdated() {
		t.Error("a store that was written to is outdated, although it is read with its log")
	}
	must(t, os.Rename(path, path+"-old"))
	if !r.Outdated() {
		t.Error("a store that is gone is not outdated")
	}
	start(t, open(t, path), tiny)
	if !r.Outdated() {
		t.Error("a store that was replaced is not outdated")
	}
	old := filepath.Join(t.TempDir(), "runs.db")
	version1(t, old, "tiny")
	copied := reader(t, old)
	if copied.Outdated() {
		t.Error("a copy is outdated from the start")
	}
	must(t, open(t, old).Close())
	if !copied.Outdated() {
		t.Error("a copy is not outdated although the store was upgraded")
	}
}
