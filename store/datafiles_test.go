package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
	"flowsweep/store/large"
)

// arrayFile returns a NumPy file of 200 rows of 4 bytes.
func arrayFile(seed int) []byte {
	header := "{'descr': '|u1', 'fortran_order': False, 'shape': (200, 4), }\n"
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
	file = append(file, header...)
	for i := range 800 {
		file = append(file, byte(seed+i*i%211))
	}
	return file
}

// startArray starts a sweep of a file whose rows stay in it.
func startArray(t *testing.T, db *store.DB, file []byte) experiments.Plan {
	t.Helper()
	spec := try(experiments.Parser{Large: experiments.NewLargeFiles(func(string) (*io.SectionReader, error) {
		return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))), nil
	}).Above(100)}.Parse("own.yaml", []byte("name: own\ntarget: {file: a.npy, columns: ['3', '0', '1']}\nsource: {file: a.npy, columns: ['2', '1', '3']}\nseeds: 2\n")))(t)
	plan := try(spec.Plan())(t)
	must(t, db.StartSweep(t.Context(), plan, env, noon))
	return plan
}

// TestArraysStayBesideTheStore: the file of rows that stay in it is kept once, as it is, as a file by its sha256, however small; sweeps and recipes are
// read from it; it goes into backups, and away with the last sweep that needs it.
func TestArraysStayBesideTheStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	lock(t, db)
	file := arrayFile(0)
	plan := startArray(t, db, file)
	kept := largeFiles(t, path)
	if len(kept) != 1 || !bytes.Equal(try(os.ReadFile(filepath.Join(path+".contents", kept[0])))(t), file) {
		t.Fatalf("files: %q, want one, the data", kept)
	}
	recipe := func(db *store.DB) experiments.Recipe {
		parser := experiments.Parser{Large: db.DataFiles(t.Context())}
		want := try(json.Marshal(plan.Fits[1].Recipe))(t)
		got := try(parser.Setting(want, nil))(t)
		if form := try(json.Marshal(got.Recipe))(t); !bytes.Equal(form, want) || got.Target.File == nil || got.Source.From.File == nil {
			t.Errorf("the recipe is read as\n%s, want\n%s", form, want)
		}
		return got.Recipe
	}
	recipe(db)
	if sweep := try(db.Sweep(t.Context(), "own"))(t); len(sweep.Results) != 2 || sweep.Results[1].Fit != plan.Fits[1].Key || len(sweep.Spec.Files) != 1 {
		t.Errorf("the sweep has results %+v and %d files", sweep.Results, len(sweep.Spec.Files))
	}
	if found := try(db.Check(t.Context()))(t); slices.ContainsFunc(found, func(f store.Finding) bool { return f.Damage }) {
		t.Errorf("check finds %+v", found)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	try(db.Backup(t.Context(), copied))(t)
	recipe(open(t, copied))
	removed := try(db.Delete(t.Context(), "own"))(t)
	if left := largeFiles(t, path); len(left) != 0 || removed.LargeFiles != 1 {
		t.Errorf("left: %q after %+v", left, removed)
	}
}

// TestDamagedArray: a file that is not what was stored, or is missing, is refused, and the next sweep of the spec writes it again.
func TestDamagedArray(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"another byte": func(path string) error {
			file := arrayFile(0)
			file[len(file)-1]++
			return os.WriteFile(path, file, 0o644)
		},
		"cut":     func(path string) error { return os.Truncate(path, 100) },
		"missing": os.Remove,
	} {
		path := filepath.Join(t.TempDir(), "runs.db")
		db := open(t, path)
		lock(t, db)
		plan := startArray(t, db, arrayFile(0))
		at := filepath.Join(path+".contents", largeFiles(t, path)[0])
		must(t, damage(at))
		parser := experiments.Parser{Large: db.DataFiles(t.Context())}
		recipe := try(json.Marshal(plan.Fits[0].Recipe))(t)
		if _, err := parser.Setting(recipe, nil); err == nil || !store.Damaged(err) {
			t.Errorf("%s: the recipe is read: %v", name, err)
		}
		startArray(t, db, arrayFile(0))
		if _, err := parser.Setting(recipe, nil); err != nil {
			t.Errorf("%s: after another sweep: %v", name, err)
		}
	}
}

// TestSaveFile: a content that changes while it is saved is not kept.
func TestSaveFile(t *testing.T) {
	t.Parallel()
	folder := large.Folder{Path: filepath.Join(t.TempDir(), "contents")}
	section := func(text string) *io.SectionReader {
		return io.NewSectionReader(strings.NewReader(text), 0, int64(len(text)))
	}
	sum := try(large.Sum(section("before")))(t)
	if err := folder.SaveFile(sum, section("after!")); err == nil || folder.Has(sum, 6) {
		t.Errorf("a content with another sha256 is kept: %v", err)
	}
	must(t, folder.SaveFile(sum, section("before")))
	if got := try(folder.Read(sum, 6))(t); string(got) != "before" {
		t.Errorf("it reads as %q", got)
	}
	if text := fmt.Sprint(try(folder.Files())(t)); !strings.Contains(text, sum) {
		t.Errorf("files: %s", text)
	}
}
