package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"flowsweep/store"
)

// The files of the output folder.
const (
	velocityFile = "velocity.onnx"
	samplerFile  = "sampler.onnx"
	vectorsFile  = "vectors.json"
	cardFile     = "model-card.md"
	csvFile      = "runs.csv"
	choiceFile   = "choice.json"
	reportFile   = "report.html"
	sumsFile     = "SHA256SUMS"
)

// fileNames lists what an output folder may hold, but for the sums of it.
var fileNames = []string{velocityFile, samplerFile, vectorsFile, cardFile, choiceFile, csvFile, reportFile}

// withStore opens the store that is there, does something with it, and closes it.
func (a *app) withStore(ctx context.Context, do func(db *store.DB) error) error {
	db, err := store.OpenExisting(ctx, a.db)
	if err != nil {
		return usage(err)
	}
	return errors.Join(do(db), db.Close())
}

// lock makes this process the one that works on the store, for a command of the program with its arguments. It says who
// else does and waits for it, or without patience returns an error.
func (a *app) lock(ctx context.Context, db *store.DB, command string, noWait bool) error {
	waiting := func(w store.Worker) { fmt.Fprintf(a.stderr, "%s works on %s: waiting for it to end\n", w, a.db) }
	if noWait {
		waiting = nil
	}
	err := db.Lock(ctx, "flowsweep "+command, a.now, waiting)
	var busy *store.BusyError
	if errors.As(err, &busy) {
		return usage(err)
	}
	return err
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
		if _, there := os.Lstat(at); there == nil {
			return fmt.Errorf("%s cannot be a folder: %w: give another --out", path, err)
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
	for _, name := range fileNames {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && info.IsDir() {
			return fmt.Errorf("%s is a folder, and is to be a file: remove it, or give another --out", filepath.Join(path, name))
		}
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// ours returns an error if a folder holds another ONNX file of a name that an export is to write, or one that the export
// has none of: what somebody may use is not written over unless they say so.
func ours(out string, files []store.File, force bool) error {
	if force {
		return nil
	}
	for _, name := range []string{velocityFile, samplerFile} {
		path := filepath.Join(out, name)
		have, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return usage(fmt.Errorf("look at what the folder holds: %w", err))
		}
		if !slices.ContainsFunc(files, func(f store.File) bool { return f.Name == name && bytes.Equal(f.Content, have) }) {
			return usage(fmt.Errorf("%s is of another export: give another --out, or --force to replace it", path))
		}
	}
	return nil
}

// writeExport makes a folder hold just these of the files that go with a run, and sums all that it knows.
func writeExport(out string, files []store.File) error {
	return writeOnly(out, []string{velocityFile, samplerFile, vectorsFile, cardFile}, files)
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

// writeFolder makes the output folder of a sweep hold just these of its files, and their sums. Files that it does not know
// it leaves alone.
func writeFolder(out string, files []store.File) error { return writeOnly(out, fileNames, files) }

// writeOnly writes the files, removes those of the names that are not among them, and sums what is there then.
func writeOnly(out string, names []string, files []store.File) error {
	for _, name := range names {
		if slices.ContainsFunc(files, func(f store.File) bool { return f.Name == name }) {
			continue
		}
		if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what is of an earlier choice: %w", err)
		}
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(out, f.Name), f.Content); err != nil {
			return err
		}
	}
	return writeSums(out)
}

// writeSums writes the sha256 of the files that are there, as `sha256sum -c` reads them.
func writeSums(out string) error {
	var lines strings.Builder
	for _, name := range fileNames {
		content, err := os.ReadFile(filepath.Join(out, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("sum the files: %w", err)
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(content), name)
	}
	return writeFile(filepath.Join(out, sumsFile), []byte(lines.String()))
}
