package disk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments/disk"
)

// TestSteady: a file reads as it is, also when it was removed or replaced, and no more once it was written to, be it shorter, longer or of
// the same size.
func TestSteady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(path string) error
		want string
	}{
		"untouched": {func(string) error { return nil }, ""},
		"removed":   {os.Remove, ""},
		"replaced": {func(path string) error {
			must(t, os.WriteFile(path+".new", []byte("9876543210"), 0o644))
			return os.Rename(path+".new", path)
		}, ""},
		"shorter":   {func(path string) error { return os.Truncate(path, 5) }, "has changed"},
		"longer":    {func(path string) error { return os.Truncate(path, 50) }, "has changed"},
		"rewritten": {func(path string) error { return os.WriteFile(path, []byte("9876543210"), 0o644) }, "has changed"},
	} {
		path := filepath.Join(t.TempDir(), "file")
		must(t, os.WriteFile(path, []byte("0123456789"), 0o644))
		old := time.Now().Add(-time.Minute) // so that the clock of the file system need not have ticked
		must(t, os.Chtimes(path, old, old))
		file, err := disk.OpenSteady(path)
		must(t, err)
		must(t, c.do(path))
		got := make([]byte, 3)
		_, err = file.ReadAt(got, 7)
		if c.want == "" && (err != nil || string(got) != "789") {
			t.Errorf("%s: read %q (%v)", name, got, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: read %q (%v), want an error", name, got, err)
		}
	}
	if _, err := disk.OpenSteady(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was opened")
	}
}
