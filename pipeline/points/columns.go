package points

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/table"
	"flowsweep/pipeline/command"
)

// Column is a column that is taken of a data file in `flowsweep plan --json`.
type Column struct {
	File    string `json:"file"`
	Column  string `json:"column"`
	Kind    string `json:"kind"`
	Guessed bool   `json:"guessed"`
	Values  string `json:"values"` // that samples can have
}

// Columns returns the columns taken of all data files of a spec, in the order of the settings.
func Columns(s experiments.Spec) (list []Column) {
	seen := map[Column]bool{}
	for _, setting := range s.Settings {
		for _, n := range setting.Target.ColumnNotes {
			c := Column{File: n.File, Column: n.Column, Kind: n.Kind.Name, Guessed: !n.Set, Values: n.Span}
			if !seen[c] {
				seen[c], list = true, append(list, c)
			}
		}
	}
	return list
}

// maxColumns is the number of columns in a table for people.
const maxColumns = 50

// PrintColumns prints a table of the columns.
func PrintColumns(list []Column, line func(name, format string, args ...any)) {
	shown := list[:min(len(list), maxColumns)]
	width := [2]int{}
	for _, c := range shown {
		width = [2]int{max(width[0], len([]rune(problem.Printable(c.Column)))), max(width[1], len(c.Kind))}
	}
	for _, c := range shown {
		by := "set    "
		if c.Guessed {
			by = "guessed"
		}
		line("column", "%-*s  %-*s  %s  %s", width[0], problem.Printable(c.Column), width[1], c.Kind, by, c.Values)
	}
	if more := len(list) - len(shown); more > 0 {
		line("column", "and %d more: --json lists them all", more)
	}
}

// readTable reads a data file as targets read it. Its errors are usage errors.
func (a *app) readTable(path string) (table.Table, error) {
	none := table.Table{}
	if table.Extension(path) == "" {
		return none, command.Usage(fmt.Errorf("%q: points are read from %s: use one of these extensions", path, strings.Join(table.Extensions(), ", ")))
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, command.Usage(fmt.Errorf("there is no file %s: give the path of a data file of points", path))
	}
	if err == nil && info.Size() > maxPointsSize {
		return none, command.Usage(fmt.Errorf("%s has %d bytes: at most %d: leave rows out", path, info.Size(), maxPointsSize))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return none, command.Usage(fmt.Errorf("read points: %w", err))
	}
	t, err := table.Decode(path, content, table.Options{})
	if err != nil {
		return none, command.Usage(fmt.Errorf("%s: %w", path, printable(err)))
	}
	return t, nil
}

// named returns the columns of the file that are asked for by name. A file that names none has them by position, if it
// has as many.
func (f pointsFile) named(asked []string) ([]string, error) {
	known := f.table.Names()
	have := f.have
	for i, name := range asked {
		switch {
		case slices.Contains(asked[:i], name):
			return nil, fmt.Errorf("--columns: %q is repeated: leave one out", name)
		case slices.Contains(known, name):
		case !f.table.Named && len(have) == len(asked):
			return have, nil
		default:
			return nil, fmt.Errorf("%s: --columns: %s", f.path, problem.Unknown("column", name, known))
		}
	}
	return asked, nil
}

// readLike returns the points of a file, (n, d), all finite, in the order of the columns known, if there are any: those
// asked for, those of the same names, or all if the file names none and has as many.
func (a *app) readLike(path string, known, asked []string) (flow.Batch, error) {
	f, err := a.readPoints(path, asked)
	if err != nil {
		return flow.Batch{}, err
	}
	names := f.have
	switch {
	case len(asked) > 0:
		if names, err = f.named(asked); err != nil {
			return flow.Batch{}, command.Usage(err)
		}
	case len(known) == 0 || !f.table.Named && len(names) == len(known):
	default:
		for _, name := range known {
			if !slices.Contains(names, name) {
				return flow.Batch{}, command.Usage(fmt.Errorf("%s has no column %q (have %s): name its columns for %s, in this order, with --columns",
					path, name, strings.Join(names, ", "), strings.Join(known, ", ")))
			}
		}
		names = known
	}
	x, err := f.table.Rows(names)
	if err != nil {
		return x, command.Usage(fmt.Errorf("%s: %w", path, err))
	}
	return x, nil
}
