package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// largeStore returns a store whose contents above 3 bytes are large, with a finished tiny sweep.
func largeStore(t *testing.T, path string) (*store.DB, experiments.Plan) {
	t.Helper()
	db := open(t, path)
	db.LargeAbove(3)
	plan := start(t, db, tiny)
	finish(t, db, plan)
	return db, plan
}

// largeFiles returns the paths of all files below the folder of large contents of a store.
func largeFiles(t *testing.T, path string) (list []string) {
	t.Helper()
	folder := path + ".contents"
	must(t, filepath.WalkDir(folder, func(file string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !e.IsDir() {
			list = append(list, try(filepath.Rel(folder, file))(t))
		}
		return err
	}))
	slices.Sort(list)
	return list
}

// TestLargeContent stores a content whose sha256 FIPS 180-2 gives, at and above the limit.
func TestLargeContent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	start(t, db, tiny)
	for _, limit := range []int64{3, 2} {
		db.LargeAbove(limit)
		must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "a", Content: []byte("abc")}, {Name: "b"}}, nil))
		if got := try(db.ArtifactContent(t.Context(), "tiny", "a"))(t); string(got) != "abc" {
			t.Errorf("limit %d: got %q", limit, got)
		}
		if got := try(db.ArtifactContent(t.Context(), "tiny", "b"))(t); len(got) != 0 {
			t.Errorf("limit %d: got %q for no bytes", limit, got)
		}
		if _, err := os.Stat(path + ".contents"); (err == nil) != (limit == 2) {
			t.Errorf("limit %d: the folder: %v", limit, err)
		}
	}
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := try(os.ReadFile(filepath.Join(path+".contents", "ba", sum)))(t); string(got) != "abc" {
		t.Errorf("the file holds %q", got)
	}
	if got := try(os.Stat(filepath.Join(path+".contents", "ba", sum)))(t).Mode(); got != 0o644 {
		t.Errorf("mode %v", got)
	}
	var inStore, size int
	must(t, raw(t, path).QueryRow(`SELECT length(bytes), size FROM blobs WHERE sha256 = ?`, sum).Scan(&inStore, &size))
	if inStore != 0 || size != 3 {
		t.Errorf("the row holds %d bytes and size %d", inStore, size)
	}
}

// TestLargeContentsAreRead reads large contents of every kind: after opening again, through a link, in a copy to work on, and after a
// move. A later version of the limit changes nothing.
func TestLargeContentsAreRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	db, plan := largeStore(t, path)
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("an ONNX file")}}, nil))
	fit, sampled := plan.Fits[0].Key, plan.Fits[0].Runs[0].Key
	check := func(db *store.DB) {
		t.Helper()
		if got := try(db.Weights(t.Context(), fit))(t); string(got) != fit {
			t.Errorf("weights: got %q", got)
		}
		if got := try(db.Samples(t.Context(), sampled))(t); string(got) != sampled {
			t.Errorf("samples: got %q", got)
		}
		if got := try(db.ArtifactContent(t.Context(), "tiny", "velocity.onnx"))(t); string(got) != "an ONNX file" {
			t.Errorf("file: got %q", got)
		}
		if list := try(db.Check(t.Context()))(t); len(list) != 0 {
			t.Errorf("got %+v", list)
		}
	}
	check(db)
	must(t, db.Close())
	check(open(t, path))
	must(t, os.Symlink(path, filepath.Join(folder, "link.db")))
	check(open(t, filepath.Join(folder, "link.db")))

	before := largeFiles(t, path)
	scratch := try(open(t, path).Scratch(t.Context()))(t)
	scratch.LargeAbove(3)
	check(scratch)
	must(t, scratch.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("another one")}}, nil))
	if got := try(scratch.ArtifactContent(t.Context(), "tiny", "velocity.onnx"))(t); string(got) != "another one" {
		t.Errorf("got %q of the copy", got)
	}
	must(t, scratch.Close())
	if after := largeFiles(t, path); !slices.Equal(after, before) {
		t.Errorf("a copy changed the files: got %q, want %q", after, before)
	}

	moved := filepath.Join(t.TempDir(), "elsewhere.db")
	must(t, os.Rename(path, moved))
	must(t, os.Rename(path+".contents", moved+".contents"))
	check(open(t, moved))
}

// TestLargeData stores the data of a spec and of its fits in files.
func TestLargeData(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	db.LargeAbove(3)
	lock(t, db)
	plan := startData(t, db, rows("19,5,p19"))
	if len(largeFiles(t, path)) < 2 {
		t.Errorf("files: got %q, want the data of the spec and of the fit", largeFiles(t, path))
	}
	must(t, db.Close())
	db = open(t, path)
	if _, err := db.Sweep(t.Context(), plan.Spec.Name); err != nil {
		t.Error(err)
	}
	for _, c := range plan.Fits[0].Recipe.Contents() {
		sum := sha256.Sum256(c.Content)
		if got := try(db.Content(t.Context(), hex.EncodeToString(sum[:])))(t); !bytes.Equal(got, c.Content) {
			t.Errorf("%s: got %q", c.Name, got)
		}
	}
	if list := try(db.Check(t.Context()))(t); slices.ContainsFunc(list, func(f store.Finding) bool { return f.Damage }) {
		t.Errorf("got %+v", list)
	}
}

// TestDamagedLargeContent damages the file of a fit's weights in three ways: it is found, named, refused, and made again.
func TestDamagedLargeContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		damage     func(path string, content []byte) error
	}{
		{"a flipped bit", "it is not what was stored: the sha256 of", func(path string, content []byte) error {
			content[2] ^= 1
			return os.WriteFile(path, content, 0o644)
		}},
		{"cut", "bytes, not 16", func(path string, content []byte) error { return os.WriteFile(path, content[:9], 0o644) }},
		{"missing", "its content is missing: there is no file", func(path string, _ []byte) error { return os.Remove(path) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			db, plan := largeStore(t, path)
			fit := plan.Fits[0].Key
			for _, name := range largeFiles(t, path) {
				file := filepath.Join(path+".contents", name)
				if content := try(os.ReadFile(file))(t); bytes.Equal(content, []byte(fit)) {
					must(t, c.damage(file, content))
				}
			}
			_, err := db.Weights(t.Context(), fit)
			wantError(t, err, "weights.safetensors", fit, c.want, "run `flowsweep sweep` on its spec again")
			if !store.Damaged(err) {
				t.Error("it is no damage")
			}
			_, err = db.Backup(t.Context(), filepath.Join(t.TempDir(), "copy.db"))
			wantError(t, err, c.want)
			list := try(db.Check(t.Context()))(t)
			if len(list) != 1 || !list[0].Damage || !list[0].Repair || !strings.HasPrefix(list[0].Text, "weights.safetensors of fit "+fit+": "+c.want[:6]) &&
				!strings.Contains(list[0].Text, c.want) {
				t.Fatalf("got %+v", list)
			}
			if done := try(db.Mend(t.Context(), plan, env, noon))(t); len(done) != 1 || !strings.Contains(done[0], "weights.safetensors of fit "+fit) {
				t.Errorf("repaired: %q", done)
			}
			must(t, db.StartSweep(t.Context(), plan, env, noon))
			finish(t, db, plan)
			if list := try(db.Check(t.Context()))(t); len(list) != 0 {
				t.Errorf("after the sweep: got %+v", list)
			}
		})
	}
}

// TestMissingFolder opens a store that was moved without its folder.
func TestMissingFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := largeStore(t, path)
	must(t, db.Close())
	away := filepath.Join(t.TempDir(), "contents")
	must(t, os.Rename(path+".contents", away))
	_, err := store.Open(t.Context(), path)
	wantError(t, err, "are files in a folder that is not there", path+".contents", "move it here too", "make an empty folder")
	must(t, os.Mkdir(path+".contents", 0o755))
	db = open(t, path)
	if list := try(db.Check(t.Context()))(t); len(list) != len(plan.Fits)*(1+len(plan.Fits[0].Runs)) {
		t.Errorf("got %d findings: %+v", len(list), list)
	}
	must(t, db.Close())
	must(t, os.Remove(path+".contents"))
	must(t, os.Rename(away, path+".contents"))
	if list := try(open(t, path).Check(t.Context()))(t); len(list) != 0 {
		t.Errorf("with the folder: got %+v", list)
	}
}
