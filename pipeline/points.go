package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/draw"
	"flowsweep/pipeline/table"
)

// pointsFile is a file of points, one per row.
type pointsFile struct {
	path  string
	table target.Table
}

// readPoints reads a .npy or .csv file, as targets read it, and says on stderr which columns are left out because they hold
// no numbers. Its errors are usage errors.
func (a *app) readPoints(path string) (pointsFile, error) {
	f := pointsFile{path: path}
	if _, err := pointsForm(path); err != nil {
		return f, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, usage(fmt.Errorf("there is no file %s: give the path of a .npy or .csv file of points", path))
	}
	if err != nil {
		return f, usage(fmt.Errorf("read points: %w", err))
	}
	if f.table, err = target.Decode(path, content); err != nil {
		return f, usage(fmt.Errorf("%s: %w", path, err))
	}
	have := f.table.PointColumns()
	if len(have) == 0 {
		return f, usage(fmt.Errorf("%s has no numeric columns", path))
	}
	for _, c := range f.table.Columns {
		if !slices.Contains(have, c.Name) {
			fmt.Fprintf(a.stderr, "%s: the column %q is left out: %s\n", path, problem.Printable(c.Name), problem.Printable(c.Word))
		}
	}
	return f, nil
}

// points returns the rows of the named columns.
func (f pointsFile) points(columns []string) (flow.Batch, error) {
	b, err := f.table.Points(columns)
	if err != nil {
		return b, usage(fmt.Errorf("%s: %w", f.path, err))
	}
	return b, nil
}

// dataIn returns a function that opens the data files named by a spec in the folder.
func dataIn(folder string) func(path string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		at := path
		if !filepath.IsAbs(path) {
			at = filepath.Join(folder, path)
		}
		info, err := os.Stat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no file %s: give a path from the folder of the spec, or from the root", at)
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is not a regular file", at)
		case info.Size() > experiments.MaxDataSize:
			return nil, fmt.Errorf("%s has %d bytes: at most %d: leave rows or columns out", at, info.Size(), experiments.MaxDataSize)
		}
		return os.ReadFile(at)
	}
}

func (a *app) printSaved(path string, n, dim int) error {
	_, err := fmt.Fprintf(a.stdout, "samples   %s: %d points of dimension %d\n", path, n, dim)
	return err
}

// savePoints writes n points to a .npy or .csv file as draw makes them, part by part. A .csv file starts with the names of the columns,
// if they have any. The file appears once all is written.
func savePoints(path string, n int, columns []string, draw func(each func(part flow.Batch) error) error) error {
	form, err := pointsForm(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	head, first, content := headOf(columns), 0, []byte(nil)
	return disk.Write(path, 0o644, func(w io.Writer) error {
		return draw(func(part flow.Batch) error {
			content = content[:0]
			if form == ".csv" {
				content = flow.AppendCSV(content, part, head, first)
			} else {
				content = flow.AppendNPY(content, part, n, first)
			}
			first += part.Len()
			_, err := w.Write(content)
			return err
		})
	})
}

// headOf returns the header of a .csv file, or nil if a reader would take it for numbers.
func headOf(columns []string) []string {
	for _, name := range columns {
		if _, err := strconv.ParseFloat(name, 64); err == nil {
			return nil
		}
	}
	var safe []string
	for _, name := range columns {
		safe = append(safe, table.Plain(name))
	}
	return safe
}

// pointsForm returns the format of a file of points: .csv or .npy, from its extension.
func pointsForm(path string) (string, error) {
	form := strings.ToLower(filepath.Ext(path))
	if form != ".npy" && form != ".csv" {
		return "", usage(fmt.Errorf("%q: points are read and written as .npy or .csv: use one of these extensions", path))
	}
	return form, nil
}

// start returns the points to start from.
func (a *app) start(f sampleFlags, from draw.From) (draw.Start, error) {
	if f.noise == "" {
		if f.count < 1 {
			return draw.Start{}, usage(fmt.Errorf("--count %d: must be at least 1", f.count))
		}
		x0, err := from.Noise(f.count, f.seed)
		return x0, usage(printable(err))
	}
	file, err := a.readPoints(f.noise)
	if err != nil {
		return draw.Start{}, err
	}
	x0, err := file.points(file.table.PointColumns())
	if err == nil && x0.Dim != from.Dim {
		err = usage(fmt.Errorf("%s holds points of dimension %d, and the %s takes %d", f.noise, x0.Dim, from.Name, from.Dim))
	}
	return draw.At(x0), err
}
