package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"flowsweep/store"
)

// withStore opens the store that is there, does something with it, and closes it.
func (a *app) withStore(ctx context.Context, do func(db *store.DB) error) error {
	db, err := store.OpenExisting(ctx, a.db)
	if err != nil {
		return usage(err)
	}
	return errors.Join(do(db), db.Close())
}

// outFolder returns the output folder, by default the one of that name in out, after checking that it can be written.
func outFolder(asked, name string) (string, error) {
	if asked == "" {
		asked = filepath.Join("out", name)
	}
	return asked, usage(checkFolder(asked))
}

// checkFolder returns an error unless files can be written into the folder, which may not exist yet. It leaves nothing
// behind.
func checkFolder(path string) error {
	at := filepath.Clean(path)
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s cannot be a folder: %s is a file: give another --out", path, at)
		}
		if err == nil {
			break
		}
		parent := filepath.Dir(at)
		if parent == at {
			return fmt.Errorf("the folder %s cannot be made: %w: give another --out", path, err)
		}
		at = parent
	}
	probe, err := os.CreateTemp(at, ".flowsweep-*")
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written: %w: give another --out", path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// writeFile writes the file so that it is either whole or untouched, and not at all if it holds the content already.
func writeFile(path string, content []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".partial-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(tmp.Name()))
	}
	return nil
}
