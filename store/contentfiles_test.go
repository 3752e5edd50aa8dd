package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
	"flowsweep/store/large"
)

// TestLargeCheckpoints wants one file for each checkpoint that can be resumed from, and none after the training.
func TestLargeCheckpoints(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	db.LargeAbove(3)
	plan := start(t, db, tiny)
	fit, other := plan.Fits[0].Key, plan.Fits[1].Key
	startFit(t, db, fit)
	startFit(t, db, other)
	want := func(files int) {
		t.Helper()
		if got := largeFiles(t, path); len(got) != files {
			t.Errorf("files: got %q, want %d", got, files)
		}
	}
	for step, text := range []string{"first", "second", "second", "third"} {
		must(t, db.SaveCheckpoint(t.Context(), fit, step+1, []byte(text[:2]), []byte(text[2:])))
		want(1)
		if _, got, ok, err := db.Checkpoint(t.Context(), fit); string(got) != text || !ok || err != nil {
			t.Errorf("got %q, %v, %v, want %q", got, ok, err, text)
		}
	}
	must(t, db.SaveCheckpoint(t.Context(), other, 1, []byte("third"))) // the same content twice
	must(t, db.DropCheckpoint(t.Context(), fit))
	want(1)
	must(t, db.SaveCheckpoint(t.Context(), other, 2, []byte("no"))) // a small one after a large one
	want(0)
	must(t, db.SaveCheckpoint(t.Context(), other, 3, []byte("last")))
	must(t, db.FinishFit(t.Context(), other, 1, 1, []byte("weights"), noon))
	want(1)
	must(t, db.SaveCheckpoint(t.Context(), fit, 4, []byte("fourth")))
	must(t, db.EndFit(t.Context(), fit, experiments.Failed, "an error", noon))
	want(1)
}

// TestDamagedLargeCheckpoint wants a checkpoint that is not what was stored to be refused.
func TestDamagedLargeCheckpoint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	db.LargeAbove(3)
	fit := start(t, db, tiny).Fits[0].Key
	startFit(t, db, fit)
	must(t, db.SaveCheckpoint(t.Context(), fit, 1, []byte("checkpoint")))
	must(t, os.WriteFile(filepath.Join(path+".contents", largeFiles(t, path)[0]), []byte("chequepoint")[:10], 0o644))
	_, _, _, err := db.Checkpoint(t.Context(), fit)
	wantError(t, err, "the checkpoint of fit "+fit, "it is not what was stored")
	must(t, db.DropCheckpoint(t.Context(), fit))
	if got := largeFiles(t, path); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
}

// TestUnusedLargeContents leaves files that nothing needs, as a killed process does, and wants them found and removed.
func TestUnusedLargeContents(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, _ := largeStore(t, path)
	before := largeFiles(t, path)
	unused := func() {
		sum := sha256.Sum256([]byte("orphan"))
		must(t, large.Folder{Path: path + ".contents"}.Save(hex.EncodeToString(sum[:]), []byte("orphan")))
	}
	unused()
	must(t, db.Unlock())
	if list := try(db.Check(t.Context()))(t); len(list) != 1 || list[0].Kind != "unused" || list[0].Damage {
		t.Errorf("got %+v, want one unused file", list)
	}
	mine := filepath.Join(path+".contents", "notes.txt")
	must(t, os.WriteFile(mine, []byte("mine"), 0o644))
	lock(t, db) // as the next sweep does
	if got, want := largeFiles(t, path), append(slices.Clone(before), "notes.txt"); !slices.Equal(got, want) {
		t.Errorf("after Lock: got %q, want %q", got, want)
	}
	unused()
	if r := try(db.Clean(t.Context(), false))(t); r.LargeFiles != 1 || r.LargeBytes != int64(len("orphan")) {
		t.Errorf("removed: %+v", r)
	}
	if r := try(db.Delete(t.Context(), "tiny"))(t); r.LargeFiles != int64(len(before)) {
		t.Errorf("removed: %+v, want %d files", r, len(before))
	}
	if got := largeFiles(t, path); !slices.Equal(got, []string{"notes.txt"}) {
		t.Errorf("left: %q", got)
	}
	must(t, os.Remove(mine))
	_ = try(db.Clean(t.Context(), false))(t)
	if _, err := os.Stat(path + ".contents"); err == nil {
		t.Error("the empty folder stays")
	}
}

// TestLargeContentRemovedMeanwhile removes a file between its writing and the commit of its row, as another process does.
func TestLargeContentRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, _ := largeStore(t, path)
	must(t, db.SaveLate(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, "late", []byte("latecomer"), func() {
		if r := try(db.Clean(t.Context(), false))(t); r.LargeFiles != 1 {
			t.Errorf("removed: %+v", r)
		}
	}))
	if got := try(db.ArtifactContent(t.Context(), "tiny", "late"))(t); string(got) != "latecomer" {
		t.Errorf("got %q", got)
	}
}

// TestBackupOfLargeContents wants a copy that needs nothing of the store, and does not change with it.
func TestBackupOfLargeContents(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "runs.db"), filepath.Join(folder, "copy.db")
	db, plan := largeStore(t, path)
	c := try(db.Backup(t.Context(), copied))(t)
	if want := len(largeFiles(t, path)); c.Folder != copied+".contents" || c.Files != want || c.Bytes == 0 {
		t.Errorf("copied %+v, want %d files", c, want)
	}
	must(t, db.Close())
	for _, name := range largeFiles(t, path) {
		must(t, os.WriteFile(filepath.Join(path+".contents", name), nil, 0o644)) // in place
	}
	must(t, os.RemoveAll(path))
	other := open(t, copied)
	if got := try(other.Weights(t.Context(), plan.Fits[0].Key))(t); string(got) != plan.Fits[0].Key {
		t.Errorf("weights: got %q", got)
	}
	if list := try(other.Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
	if got, want := names(t, folder), []string{"copy.db", "copy.db-shm", "copy.db-wal", "copy.db.contents", "runs.db.contents"}; !slices.Equal(got, want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}

// TestUpgradeCopiesLargeContents makes the copy that an upgrade makes, twice, also where a content is missing.
func TestUpgradeCopiesLargeContents(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, _ := largeStore(t, path)
	files := largeFiles(t, path)
	must(t, os.Remove(filepath.Join(path+".contents", files[0])))
	for range 2 {
		must(t, db.CopyBefore(t.Context(), 6))
		if got := largeFiles(t, path+".before-v7"); !slices.Equal(got, files[1:]) {
			t.Errorf("got %q, want %q", got, files[1:])
		}
	}
	if list := try(open(t, path+".before-v7").Check(t.Context()))(t); len(list) != 1 {
		t.Errorf("got %+v, want the missing content alone", list)
	}
}
