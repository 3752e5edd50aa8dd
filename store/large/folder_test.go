package large

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/disk"
)

// abc is the sha256 of "abc", of FIPS 180-2.
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func TestFolder(t *testing.T) {
	t.Parallel()
	f := Folder{Path: filepath.Join(t.TempDir(), "runs.db.contents")}
	if f.Exists() || f.Has(abc, 3) {
		t.Error("there is something in a folder that is not there")
	}
	if err := f.Save(abc, []byte("a"), nil, []byte("bc")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.Path, "ba", abc)
	first, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Read(abc, 3); string(got) != "abc" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := f.Save(abc, []byte("abc")); err != nil {
		t.Error(err)
	}
	if again, err := os.Stat(path); err != nil || !os.SameFile(first, again) {
		t.Errorf("a whole file was written again: %v", err)
	}
	if err := os.WriteFile(path, []byte("abd"), 0o644); err != nil {
		t.Fatal(err)
	}
	var damage *DamageError
	if _, err := f.Read(abc, 3); !errors.As(err, &damage) || damage.Missing {
		t.Errorf("read a damaged file: got %v", err)
	}
	if err := f.Save(abc, []byte("abc")); err != nil {
		t.Error(err)
	}
	if err := f.Check(abc, 3); err != nil {
		t.Errorf("saving again repairs nothing: %v", err)
	}
	if err := f.Check(abc, 4); !errors.As(err, &damage) {
		t.Errorf("of another size: got %v", err)
	}
	for _, odd := range []string{"", "..", "ba", strings.ToUpper(abc), "../../" + abc[:58]} {
		if err := f.Check(odd, 3); !errors.As(err, &damage) {
			t.Errorf("%q: got %v", odd, err)
		}
	}
	if files, err := f.Files(); len(files) != 1 || files[abc] != 3 || err != nil {
		t.Errorf("files: got %v, %v", files, err)
	}
	if err := f.Remove(abc); err != nil {
		t.Error(err)
	}
	if f.Tidy(); f.Exists() {
		t.Error("an empty folder stays")
	}
	if _, err := f.Read(abc, 3); !errors.As(err, &damage) || !damage.Missing {
		t.Errorf("read a missing file: got %v", err)
	}
}

// TestCopies puts a content into other folders, by a copy, which has a file of its own, by a link, and by a move.
func TestCopies(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	from := Folder{Path: filepath.Join(parent, "from")}
	if err := from.Save(abc, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	same := func(to Folder) bool {
		t.Helper()
		if err := to.Check(abc, 3); err != nil {
			t.Error(err)
		}
		a, _ := os.Stat(filepath.Join(from.Path, "ba", abc))
		b, _ := os.Stat(filepath.Join(to.Path, "ba", abc))
		return os.SameFile(a, b)
	}
	copied, linked := Folder{Path: filepath.Join(parent, "copied")}, Folder{Path: filepath.Join(parent, "linked")}
	for range 2 { // the second finds it there
		if err := errors.Join(from.Copy(copied, abc, 3), from.Link(linked, abc, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if same(copied) || !same(linked) {
		t.Error("a copy shares the file, or a link does not")
	}
	partial, err := disk.NewPartial(parent)
	if err != nil {
		t.Fatal(err)
	}
	over, moved := In(partial, from.Path), Folder{Path: filepath.Join(parent, "moved")}
	if got, err := over.Read(abc, 3); string(got) != "abc" || err != nil {
		t.Errorf("through the base: got %q, %v", got, err)
	}
	own := In(partial, "")
	if err := errors.Join(from.Copy(own, abc, 3), own.Move(moved, abc), moved.Check(abc, 3)); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(from.Path, "ba", abc), []byte("abd"), 0o644); err != nil {
		t.Fatal(err)
	}
	var damage *DamageError
	if err := from.Copy(own, abc, 3); !errors.As(err, &damage) {
		t.Errorf("copy a damaged file: got %v", err)
	}
	if files, err := own.Files(); len(files) > 0 || err != nil {
		t.Errorf("a failed copy leaves %v, %v", files, err)
	}
	if err := partial.Close(); err != nil {
		t.Error(err)
	}
	entries, _ := os.ReadDir(parent)
	if names := slices.Collect(func(yield func(string) bool) {
		for _, e := range entries {
			yield(e.Name())
		}
	}); !slices.Equal(names, []string{"copied", "from", "linked", "moved"}) {
		t.Errorf("left: %q", names)
	}
}
