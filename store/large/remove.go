package large

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"flowsweep/experiments/disk"
)

// Files returns the sizes of the contents in the folder, by sha256. It leaves out what it does not know.
func (f Folder) Files() (map[string]int64, error) {
	files := map[string]int64{}
	err := filepath.WalkDir(f.Path, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // there is no folder, or it was removed meanwhile
		}
		if err != nil || !e.Type().IsRegular() || !sumForm.MatchString(e.Name()) {
			return err
		}
		if known, err := f.file(e.Name()); err != nil || known != path {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			files[e.Name()] = info.Size()
		}
		return err
	})
	return files, err
}

// Remove removes a content.
func (f Folder) Remove(sum string) error {
	path, err := f.file(sum)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Tidy removes what processes that died have left incomplete, and the folders that are empty, the last of them this one.
func (f Folder) Tidy() {
	disk.RemoveDead(f.Path)
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && len(e.Name()) == 2 {
			_ = os.Remove(filepath.Join(f.Path, e.Name())) // unless there is something in it
		}
	}
	_ = os.Remove(f.Path)
}
