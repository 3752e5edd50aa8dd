package mlflow

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"flowsweep/export/tracked"
)

// experimentFolder returns the folder of an experiment, in the layout of MLflow's own. Paths have slashes.
func experimentFolder(id int) string { return "mlruns/" + strconv.Itoa(id) }

// location returns where a folder will be, as MLflow has it: a path or, where that has a drive, a URI.
func (w *writer) location(folder string) string {
	path := filepath.Join(w.home, filepath.FromSlash(folder))
	if runtime.GOOS == "windows" {
		return "file:///" + filepath.ToSlash(path)
	}
	return path
}

// file copies a file into a folder.
func (w *writer) file(folder string, f tracked.File) (err error) {
	name := filepath.FromSlash(f.Name)
	if !filepath.IsLocal(name) || strings.Contains(f.Name, `\`) {
		return fmt.Errorf("a file is called %q", f.Name)
	}
	if err := w.ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(w.folder, filepath.FromSlash(folder), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
