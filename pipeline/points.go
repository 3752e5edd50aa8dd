package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"flowsweep/experiments/flow"
)

// readPoints returns the points of a .npy or .csv file. Its errors are the user's to mend.
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
		b, _, err = flow.DecodeCSV(content)
	} else {
		b, err = flow.DecodeNPY(content)
	}
	if err != nil {
		return b, usage(fmt.Errorf("%s: %w", path, err))
	}
	return b, nil
}

// writePoints writes points into a .npy or .csv file, and says so.
func (a *app) writePoints(path string, b flow.Batch) error {
	form, err := pointsForm(path)
	if err != nil {
		return err
	}
	content := flow.EncodeNPY(b)
	if form == ".csv" {
		content = flow.EncodeCSV(b, nil)
	}
	if err := writeFile(path, content); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "samples   %s: %d points of dimension %d\n", path, b.Len(), b.Dim)
	return err
}

// pointsForm returns the form of a file of points, by the ending of its name.
func pointsForm(path string) (string, error) {
	form := strings.ToLower(filepath.Ext(path))
	if form != ".npy" && form != ".csv" {
		return "", usage(fmt.Errorf("%q: points are read and written as .npy or .csv: give the file one of these endings", path))
	}
	return form, nil
}
