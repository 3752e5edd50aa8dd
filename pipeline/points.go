package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/ship"
)

// readPoints returns the points of a .npy or .csv file. Its errors are usage errors.
func readPoints(path string) (flow.Batch, error) {
	if _, err := pointsForm(path); err != nil {
		return flow.Batch{}, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return flow.Batch{}, usage(fmt.Errorf("there is no file %s: give the path of a .npy or .csv file of points", path))
	}
	if err != nil {
		return flow.Batch{}, usage(fmt.Errorf("read points: %w", err))
	}
	var b flow.Batch
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		b, err = csvPoints(content)
	} else {
		b, err = flow.DecodeNPY(content)
	}
	if err != nil {
		return b, usage(fmt.Errorf("%s: %w", path, err))
	}
	return b, nil
}

func csvPoints(content []byte) (flow.Batch, error) {
	t, err := target.DecodeTable(content)
	if err != nil {
		return flow.Batch{}, err
	}
	return t.Points()
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

// writePoints writes the points to a .npy or .csv file and says so. A .csv file starts with the names of the columns, if
// they have any.
func (a *app) writePoints(path string, b flow.Batch, columns []string) error {
	form, err := pointsForm(path)
	if err != nil {
		return err
	}
	content := flow.EncodeNPY(b)
	if form == ".csv" {
		content = flow.EncodeCSV(b, headOf(columns))
	}
	if err := ship.WriteFile(path, content); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "samples   %s: %d points of dimension %d\n", path, b.Len(), b.Dim)
	return err
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
		safe = append(safe, ship.Cell(name))
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
