package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
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

// pair is two files of points with the columns that they are compared on.
type pair struct {
	reference, samples flow.Batch // (m, d) and (n, d)
	columns            []string   // names of the coordinates, (d), as the reference has them
	warnings           []string
}

// readPair reads two files of points. Columns are matched by name where both files name them, and by position otherwise.
func (a *app) readPair(reference, samples string, asked []string, standardise bool) (pair, error) {
	r, err := a.readPoints(reference, asked)
	if err != nil {
		return pair{}, err
	}
	s, err := a.readPoints(samples, asked)
	if err != nil {
		return pair{}, err
	}
	p := pair{}
	var theirs []string
	if p.columns, theirs, err = matchColumns(r, s, asked); err != nil {
		return pair{}, usage(err)
	}
	if !slices.Equal(p.columns, theirs) {
		fmt.Fprintf(a.stderr, "%s and %s do not both name their columns: they are matched by position, %s with %s\n", reference, samples,
			problem.Printable(strings.Join(p.columns, ", ")), problem.Printable(strings.Join(theirs, ", ")))
	}
	if p.reference, err = r.points(p.columns); err != nil {
		return pair{}, err
	}
	if p.samples, err = s.points(theirs); err != nil {
		return pair{}, err
	}
	p.warn(r, s, standardise)
	if standardise {
		return p, usage(p.standardise(reference))
	}
	return p, nil
}

// matchColumns returns the columns to compare of two files, in the order of the first or as asked for.
func matchColumns(r, s pointsFile, asked []string) (ofR, ofS []string, err error) {
	if len(asked) > 0 {
		if ofR, err = r.named(asked); err == nil {
			ofS, err = s.named(asked)
		}
		return ofR, ofS, err
	}
	ofR, ofS = r.have, s.have
	if !r.table.Named || !s.table.Named {
		if len(ofR) != len(ofS) {
			return nil, nil, fmt.Errorf("%s has %d numeric columns, but the reference %s has %d: choose columns with --columns, or use points of the same dimension",
				s.path, len(ofS), r.path, len(ofR))
		}
		return ofR, ofS, nil
	}
	for _, only := range []struct {
		in, out         pointsFile
		columns, others []string
	}{{r, s, ofR, ofS}, {s, r, ofS, ofR}} {
		for _, name := range only.columns {
			if !slices.Contains(only.others, name) {
				return nil, nil, fmt.Errorf("%s has a numeric column %q, and %s has not (it has %s): choose columns with --columns",
					only.in.path, name, only.out.path, strings.Join(only.others, ", "))
			}
		}
	}
	return ofR, ofR, nil
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

// warn notes what makes the metrics blind: columns on other scales, outliers, and rows that are not finite.
func (p *pair) warn(r, s pointsFile, standardise bool) {
	if !standardise {
		for _, w := range target.ScaleCautions(p.columns, p.reference) {
			p.warnings = append(p.warnings, fmt.Sprintf("%s: %s: use --standardise", r.path, w))
		}
	}
	for _, f := range []struct {
		file pointsFile
		b    flow.Batch
	}{{r, p.reference}, {s, p.samples}} {
		for _, w := range target.Cautions(p.columns, f.b) {
			p.warnings = append(p.warnings, f.file.path+": "+w)
		}
		if bad, first := notFinite(f.b); bad > 0 {
			p.warnings = append(p.warnings, fmt.Sprintf("%s: %d of %d rows hold NaN or Inf, the first is %s: no metric has a value: leave them out",
				f.file.path, bad, f.b.Len(), f.file.table.Place(first)))
		}
	}
}

// notFinite returns the number of rows that are not finite, and the first of them.
func notFinite(b flow.Batch) (bad, first int) {
	for i := range b.Len() {
		if !flow.Finite(b.Row(i)...) {
			if bad++; bad == 1 {
				first = i
			}
		}
	}
	return bad, first
}

// standardise maps both files by the mean and the standard deviation of the reference.
func (p *pair) standardise(reference string) error {
	if bad, _ := notFinite(p.reference); bad > 0 {
		return nil // no metric has a value
	}
	mean, sd := p.reference.Moments()
	for j, s := range sd {
		if !(s > 0) {
			return fmt.Errorf("--standardise: the column %q of %s is constant: leave it out with --columns", p.columns[j], reference)
		}
	}
	units := flow.Units{Scale: sd, Shift: mean}
	p.reference, p.samples = units.Undo(p.reference), units.Undo(p.samples)
	return nil
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
