package leave

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"flowsweep/export/tracked"
)

// TestWriteReplacesNothing writes into places that are free, and into those that are not.
func TestWriteReplacesNothing(t *testing.T) {
	t.Parallel()
	f := Form{write: func(_ context.Context, folder, _ string, _ []tracked.Sweep) error {
		return os.WriteFile(filepath.Join(folder, "runs"), []byte("new"), 0o644)
	}}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.Mkdir(at("empty"), 0o755), os.Mkdir(at("full"), 0o755), os.WriteFile(at("full/runs"), []byte("old"), 0o644), os.WriteFile(at("file"), nil, 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"empty": "new", "missing": "new", "deep/missing": "new", "full": "old", "file": ""} {
		err := f.Write(t.Context(), at(name), nil)
		var occupied *OccupiedError
		if want != "new" && !errors.As(err, &occupied) || want == "new" && err != nil {
			t.Errorf("%s: the error is %v", name, err)
		}
		if got, _ := os.ReadFile(filepath.Join(at(name), "runs")); string(got) != want {
			t.Errorf("%s: the file holds %q, want %q", name, got, want)
		}
	}
	f.write = func(context.Context, string, string, []tracked.Sweep) error { return errors.New("no") }
	if f.Write(t.Context(), at("failed"), nil) == nil {
		t.Error("an error is lost")
	}
	list, err := filepath.Glob(at(".*"))
	if err != nil || len(list) > 0 {
		t.Errorf("it leaves %v (%v)", list, err)
	}
	if _, err := os.Stat(at("failed")); err == nil {
		t.Error("a failure leaves a folder")
	}
}
