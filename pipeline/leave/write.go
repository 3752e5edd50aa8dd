package leave

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"flowsweep/experiments/disk"
	"flowsweep/export/tracked"
)

// OccupiedError says that something else is where the output should go.
type OccupiedError struct{ Path string }

func (e *OccupiedError) Error() string {
	return e.Path + " exists and is not empty: use another --out, or move it away. What is in it may have more than the store"
}

// Check returns an OccupiedError if something is where the output should go. An empty folder is nothing.
func Check(out string) error {
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil || len(entries) > 0: // a file, or something in the folder
		return &OccupiedError{out}
	}
	return nil
}

// Write writes the sweeps as a folder, in full or not at all. It never replaces anything.
func (f Form) Write(ctx context.Context, out string, sweeps []tracked.Sweep) (err error) {
	home, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if err := Check(out); err != nil {
		return err
	}
	parent := filepath.Dir(home)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	p, err := disk.NewPartial(parent)
	if err != nil {
		return fmt.Errorf("write %s: %w", out, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	folder, err := p.Tree()
	if err != nil {
		return err
	}
	if err := f.write(ctx, folder, home, sweeps); err != nil {
		return fmt.Errorf("write %s: %w", out, err)
	}
	if err := os.Remove(home); err != nil && !errors.Is(err, fs.ErrNotExist) { // it was an empty folder
		return &OccupiedError{out}
	}
	return os.Rename(folder, home)
}
