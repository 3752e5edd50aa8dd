package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestRenameNew(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from, to := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	for name, content := range map[string]string{from: "new", to: "old"} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := RenameNew(from, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto a file: got %v, want fs.ErrExist", err)
	}
	if got, err := os.ReadFile(to); string(got) != "old" {
		t.Errorf("the file in the way: got %q, %v", got, err)
	}
	if err := os.Remove(to); err != nil {
		t.Fatal(err)
	}
	if err := RenameNew(from, to); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(to); string(got) != "new" {
		t.Errorf("the renamed file: got %q, %v", got, err)
	}
	if err := RenameNew(from, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: got %v, want fs.ErrNotExist", err)
	}
}
