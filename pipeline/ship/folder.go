package ship

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"flowsweep/experiments/disk"
	"flowsweep/export"
	"flowsweep/export/signing"
	"flowsweep/store"
)

// The files of an output folder.
const (
	velocityFile = "velocity.onnx"
	SamplerFile  = "sampler.onnx"
	portableFile = "sampler-portable.onnx"
	densityFile  = "logp.onnx"
	vectorsFile  = "vectors.json"
	cardFile     = "model-card.md"
	csvFile      = "runs.csv"
	ChoiceFile   = "choice.json"
	ReportFile   = "report.html"
	sumsFile     = "SHA256SUMS"

	precisionFile   = "precision.json"
	calibrationFile = "calibration.json"
	flowFile        = "flow.json"
)

// fileNames lists the files that an output folder may hold, except for their sums.
var fileNames = append([]string{ChoiceFile, csvFile, ReportFile, calibrationFile, flowFile}, exportNames()...)

// exportNames lists those of a run.
func exportNames() []string {
	names := []string{velocityFile, SamplerFile, portableFile, densityFile, vectorsFile, cardFile, precisionFile}
	for _, p := range export.Precisions {
		names = append(names, p.Suffixed(velocityFile), p.Suffixed(SamplerFile))
	}
	return names
}

// Folder returns the output folder, by default out/<name>, after checking that it can be written. If not, the error is an
// OccupiedError.
func Folder(asked, name string) (string, error) {
	if asked == "" {
		asked = filepath.Join("out", name)
	}
	return asked, occupied(checkFolder(asked))
}

// checkFolder returns an error unless files can be written into the folder, which need not exist yet. It leaves nothing
// behind.
func checkFolder(path string) error {
	at := filepath.Clean(path)
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s cannot be a folder: %s is a file: use another --out", path, at)
		}
		if err == nil {
			break
		}
		if _, there := os.Lstat(at); there == nil {
			return fmt.Errorf("%s cannot be a folder: %w: use another --out", path, err)
		}
		parent := filepath.Dir(at)
		if parent == at {
			return fmt.Errorf("the folder %s cannot be made: %w: use another --out", path, err)
		}
		at = parent
	}
	probe, err := disk.NewPartial(at)
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written: %w: use another --out", path, err)
	}
	if err := probe.Close(); err != nil {
		return err
	}
	for _, name := range fileNames {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && info.IsDir() {
			return fmt.Errorf("%s is a folder but must be a file: remove it, or use another --out", filepath.Join(path, name))
		}
	}
	return nil
}

// checkOverwrite returns an OccupiedError if the folder holds an ONNX file of another export and force is not set.
func checkOverwrite(out string, files []store.File, force bool) error {
	if force {
		return nil
	}
	for _, name := range ownNames(out, files) {
		if filepath.Ext(name) != filepath.Ext(velocityFile) {
			continue
		}
		path := filepath.Join(out, name)
		have, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return occupied(fmt.Errorf("look at what the folder holds: %w", err))
		}
		if !slices.ContainsFunc(files, func(f store.File) bool { return f.Name == name && bytes.Equal(f.Content, have) }) {
			return occupied(fmt.Errorf("%s is of another export: use another --out, or --force to replace it", path))
		}
	}
	return nil
}

// writeExport writes the files of a run, removes others of their names, and updates the sums.
func writeExport(out string, files []store.File) error {
	return writeOnly(out, exportNames(), files)
}

// WriteFile writes the file in full or not at all, and leaves it alone if it already has this content.
func WriteFile(path string, content []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	return disk.WriteFile(path, content, 0o644)
}

// writeFolder makes the output folder of a sweep hold exactly these of its files, and their sums. It leaves unknown files
// alone.
func writeFolder(out string, files []store.File) error {
	return writeOnly(out, ownNames(out, files), files)
}

// ownNames returns the names of all files that belong to the program: those it may write into any folder, those in folders of
// targets that its sums list, and the given ones.
func ownNames(out string, files []store.File) []string {
	names := slices.Clone(fileNames)
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	sums, err := os.ReadFile(filepath.Join(out, sumsFile))
	if err != nil {
		sums = nil // of a new folder
	}
	for line := range strings.Lines(string(sums)) {
		_, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if dir, base := path.Split(name); filepath.IsLocal(name) && strings.Count(dir, "/") == 1 && slices.Contains(fileNames, base) {
			add(name)
		}
	}
	for _, f := range files {
		add(f.Name)
	}
	return names
}

// writeOnly writes the files, removes the other names, and updates the sums.
func writeOnly(out string, names []string, files []store.File) error {
	for _, name := range names {
		if slices.ContainsFunc(files, func(f store.File) bool { return f.Name == name }) {
			continue
		}
		if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a file of an earlier choice: %w", err)
		}
	}
	for _, f := range files {
		if err := WriteFile(filepath.Join(out, f.Name), f.Content); err != nil {
			return err
		}
	}
	return writeSums(out, files)
}

// writeSums writes the sha256 of the files in the folder, in the format of sha256sum.
func writeSums(out string, files []store.File) error {
	var lines strings.Builder
	for _, name := range ownNames(out, files) {
		content, err := os.ReadFile(filepath.Join(out, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("sum the files: %w", err)
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(content), name)
	}
	return errors.Join(dropSignature(out, lines.String()), WriteFile(filepath.Join(out, sumsFile), []byte(lines.String())))
}

// dropSignature removes the signature of a folder whose files are not those that were signed any more.
func dropSignature(out, sums string) error {
	had, err := os.ReadFile(filepath.Join(out, sumsFile))
	if err != nil || string(had) == sums {
		return nil
	}
	if err := os.Remove(filepath.Join(out, signing.FileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the signature of other files: %w", err)
	}
	return nil
}

// WriteReport writes the report into an output folder and updates the sums.
func WriteReport(out string, page []byte) (path string, err error) {
	path = filepath.Join(out, ReportFile)
	if err := WriteFile(path, page); err != nil {
		return path, err
	}
	return path, writeSums(out, nil)
}
