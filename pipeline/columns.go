package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/table"
)

// planColumn is a column that is taken of a data file in `flowsweep plan --json`.
type planColumn struct {
	File    string `json:"file"`
	Column  string `json:"column"`
	Kind    string `json:"kind"`
	Guessed bool   `json:"guessed"`
	Values  string `json:"values"` // that samples can have
}

// planColumns returns the columns taken of all data files of a spec, in the order of the settings.
func planColumns(s experiments.Spec) (list []planColumn) {
	seen := map[planColumn]bool{}
	for _, setting := range s.Settings {
		for _, n := range setting.Target.ColumnNotes {
			c := planColumn{File: n.File, Column: n.Column, Kind: n.Kind.Name, Guessed: !n.Set, Values: n.Span}
			if !seen[c] {
				seen[c], list = true, append(list, c)
			}
		}
	}
	return list
}

// maxColumns is the number of columns in a table for people.
const maxColumns = 50

// printColumns prints a table of the columns.
func printColumns(list []planColumn, line func(name, format string, args ...any)) {
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
		return none, usage(fmt.Errorf("%q: points are read from %s: use one of these extensions", path, strings.Join(table.Extensions(), ", ")))
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, usage(fmt.Errorf("there is no file %s: give the path of a data file of points", path))
	}
	if err == nil && info.Size() > maxPointsSize {
		return none, usage(fmt.Errorf("%s has %d bytes: at most %d: leave rows out", path, info.Size(), maxPointsSize))
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return none, usage(fmt.Errorf("read points: %w", err))
	}
	t, err := table.Decode(path, content, table.Options{})
	if err != nil {
		return none, usage(fmt.Errorf("%s: %w", path, printable(err)))
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
			return flow.Batch{}, usage(err)
		}
	case len(known) == 0 || !f.table.Named && len(names) == len(known):
	default:
		for _, name := range known {
			if !slices.Contains(names, name) {
				return flow.Batch{}, usage(fmt.Errorf("%s has no column %q (have %s): name its columns for %s, in this order, with --columns",
					path, name, strings.Join(names, ", "), strings.Join(known, ", ")))
			}
		}
		names = known
	}
	x, err := f.table.Rows(names)
	if err != nil {
		return x, usage(fmt.Errorf("%s: %w", path, err))
	}
	return x, nil
}

// planGiven is what a plan says of conditional models.
type planGiven struct {
	On       []string        `json:"on"`   // for each target: classes with their shares, or numbers with their ranges
	Drop     []float64       `json:"drop"` // the shares of the points of training that are given nothing
	Guidance []flow.Guidance `json:"guidance"`
	Formula  string          `json:"formula"`
}

// planConditions returns what the models of a spec are conditional on; nil if that is nothing.
func planConditions(s experiments.Spec) *planGiven {
	p := &planGiven{Formula: flow.GuidanceFormula}
	for _, setting := range s.Settings {
		c := setting.Target.Given
		if c.Empty() {
			continue
		}
		if text := problem.Printable(c.Sentence(setting.Target.Ranges())); !slices.Contains(p.On, text) {
			p.On = append(p.On, text)
		}
		if d := setting.Train.Drop; !slices.Contains(p.Drop, d) {
			p.Drop = append(p.Drop, d)
		}
		if g := setting.Sample.Guidance; !slices.Contains(p.Guidance, g) {
			p.Guidance = append(p.Guidance, g)
		}
	}
	if p.On == nil {
		return nil
	}
	return p
}

// print prints a line for what models are conditional on, and one for the drop and the guidance. It may be called on nil.
func (p *planGiven) print(line func(name, format string, args ...any)) {
	if p == nil {
		return
	}
	for _, c := range p.On {
		line("given", "models are conditional on %s", c)
	}
	var shares []string
	for _, d := range p.Drop {
		shares = append(shares, given.Percent(d))
	}
	if slices.Max(p.Drop) == 0 {
		line("drop", "every point of training is given its own, so that guidance can only be 1")
	} else {
		line("drop", "%s of the points of training are given nothing", strings.Join(shares, " or "))
	}
	line("guidance", "%s", p.weights())
}

// weights lists the weights, with how they are to be read.
func (p *planGiven) weights() string {
	var weights []string
	for _, w := range p.Guidance {
		weights = append(weights, w.String())
	}
	return fmt.Sprintf("w = %s in %s", strings.Join(weights, ", "), p.Formula)
}
