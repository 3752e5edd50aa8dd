package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
)

// readColumns returns the points of a .npy or .csv file, (n, d), with finite coordinates in the order of the columns known, if
// there are any: those asked for, those of the same names, or all if the file has as many without names.
func readColumns(path string, known, asked []string) (flow.Batch, error) {
	t, err := readTable(path)
	if err != nil {
		return flow.Batch{}, err
	}
	names := asked
	switch have := t.Names(); {
	case len(asked) > 0:
	case len(known) == 0 || !named(have) && len(have) == len(known):
		names = have
	default:
		names = known
		for _, name := range known {
			if !slices.Contains(have, name) {
				return flow.Batch{}, usage(fmt.Errorf("%s has no column %q (have %s): name its columns for %s, in this order, with --columns",
					path, name, strings.Join(have, ", "), strings.Join(known, ", ")))
			}
		}
	}
	x, err := t.Rows(names)
	if err != nil {
		return x, usage(fmt.Errorf("%s: %w", path, err))
	}
	return x, nil
}

// readTable returns the columns of a .npy or .csv file. Its errors are usage errors.
func readTable(path string) (t target.Table, err error) {
	form, err := pointsForm(path)
	if err != nil {
		return t, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, usage(fmt.Errorf("there is no file %s: give the path of a .npy or .csv file of points", path))
	}
	if err != nil {
		return t, usage(fmt.Errorf("read points: %w", err))
	}
	if form == ".csv" {
		t, err = target.DecodeTable(content)
	} else {
		var b flow.Batch
		b, err = flow.DecodeNPY(content)
		t = target.TableOf(b)
	}
	if err != nil {
		return t, usage(fmt.Errorf("%s: %w", path, err))
	}
	return t, nil
}

// named reports whether columns have names of their own, which are not their numbers.
func named(columns []string) bool {
	for j, name := range columns {
		if name != fmt.Sprint(j) {
			return true
		}
	}
	return false
}
