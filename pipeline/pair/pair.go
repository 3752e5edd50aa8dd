// Package pair takes two data files for two samples of one table, so that they can be compared.
//
//	p, err := pair.Of(reference, samples, asked, false)
//	p.Of(m)        // what a metric compares
//	p.Table()      // what its columns are
package pair

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/table"
)

// File is a data file that has been read.
type File struct {
	Path  string
	Table table.Table
}

// Pair is two files with the columns that they are compared on.
type Pair struct {
	Columns            []Column
	Reference, Samples Sample
	Notes, Warnings    []string // how the files were read, and what makes metrics blind, as sentences without a full stop
}

// Column is a column that both files have.
type Column struct {
	Name  string     // as the reference has it
	Kind  kinds.Kind // with the categories of both files
	Set   bool       // the kind is declared, not guessed
	Range string     // of its values in both files, for a person
}

// Sample is the content of a file.
type Sample struct {
	Rows   flow.Batch // (n, d): numbers as they stand in the file, and the numbers of categories
	Points flow.Batch // (n, w): numbers, standardised if that is asked for, and categories as one-hot vectors divided by 2
}

// Of returns the columns of two files that are asked for or, if none are, all that a target would take of both. A kind that is not asked
// for is the one that the column of both files together seems to be of. Metrics of points compare numbers as they stand in the files,
// whatever their kind, unless they are to be standardised: by the mean and the standard deviation of the reference.
func Of(reference, samples File, asked []kinds.Choice, standardise bool) (Pair, error) {
	p := Pair{}
	m, n := reference.Table.Len(), samples.Table.Len()
	if n < 2 || m < 2 {
		return p, fmt.Errorf("%d samples against %d reference points: use at least 2 of each", n, m)
	}
	list, err := p.match(reference, samples, asked)
	if err != nil {
		return p, err
	}
	if list, err = p.take(list, reference, samples); err != nil {
		return p, err
	}
	p.Reference.Rows, p.Samples.Rows = flow.NewBatch(m, len(list)), flow.NewBatch(n, len(list))
	for j, c := range list {
		for i, v := range c.values {
			if i < m {
				p.Reference.Rows.Row(i)[j] = v
			} else {
				p.Samples.Rows.Row(i - m)[j] = v
			}
		}
	}
	if err := p.encode(standardise, reference.Path); err != nil {
		return p, err
	}
	p.warn(reference, samples, standardise)
	return p, nil
}

// encode works out the points.
func (p *Pair) encode(standardise bool, path string) error {
	code := p.code()
	if !code.Identity() && code.Width() == 0 {
		return fmt.Errorf("every column has the same category in all rows of both files: there is nothing to compare")
	}
	p.Reference.Points, p.Samples.Points = code.Encode(p.Reference.Rows), code.Encode(p.Samples.Rows)
	if bad, _ := notFinite(p.Reference.Rows); !standardise || bad > 0 {
		return nil // with bad rows no metric has a value
	}
	units := flow.Units{Shift: make([]float64, p.Reference.Points.Dim), Scale: make([]float64, p.Reference.Points.Dim)}
	for j := range units.Scale {
		units.Scale[j] = 1
	}
	mean, sd := p.Reference.Rows.Moments()
	for j, c := range p.Columns {
		at := j
		switch {
		case c.Kind.OneHot:
			continue
		case !(sd[j] > 0):
			return fmt.Errorf("--standardise: the column %q of %s is constant: leave it out with --columns", c.Name, path)
		case !code.Identity():
			at = code.At(j)
		}
		units.Shift[at], units.Scale[at] = mean[j], sd[j]
	}
	p.Reference.Points, p.Samples.Points = units.Undo(p.Reference.Points), units.Undo(p.Samples.Points)
	return nil
}

// code maps rows to points, before they are standardised.
func (p *Pair) code() kinds.Code {
	names, list := p.Names(), make([]kinds.Kind, len(p.Columns))
	for j, c := range p.Columns {
		if list[j] = kinds.Real; c.Kind.OneHot {
			list[j] = c.Kind
		}
	}
	return kinds.Learn(names, list, p.Reference.Rows)
}

// Names returns the names of the columns, (d).
func (p Pair) Names() []string {
	names := make([]string, len(p.Columns))
	for j, c := range p.Columns {
		names[j] = c.Name
	}
	return names
}

// Plain reports whether the files are of real numbers alone, as far as one can tell.
func (p Pair) Plain() bool {
	for _, c := range p.Columns {
		if c.Kind.Name != kinds.Real.Name {
			return false
		}
	}
	return true
}

// Table says what the columns of the rows are. The reference stands for the rows for training.
func (p Pair) Table() metric.Table {
	t := metric.Table{Values: func(rows flow.Batch) flow.Batch { return rows }}
	for j, c := range p.Columns {
		column := metric.TableColumn{Name: c.Name, Low: math.Inf(1), High: math.Inf(-1), Categories: c.Kind.Categories}
		for i := range p.Reference.Rows.Len() {
			v := p.Reference.Rows.Row(i)[j]
			column.Low, column.High = min(column.Low, v), max(column.High, v)
		}
		t.Columns = append(t.Columns, column)
	}
	return t
}

// Of returns what a metric compares: rows if it is one of tables, and points otherwise.
func (p Pair) Of(m metric.Metric) (reference, samples flow.Batch) {
	if m.JudgeTable != nil {
		return p.Reference.Rows, p.Samples.Rows
	}
	return p.Reference.Points, p.Samples.Points
}

// Sizes returns the numbers of rows.
func (p Pair) Sizes() (reference, samples int) { return p.Reference.Rows.Len(), p.Samples.Rows.Len() }

// Shuffled returns the pair with the rows of each file in a random order that depends on them alone, never on the order they come in.
func (p Pair) Shuffled() Pair {
	for _, s := range []*Sample{&p.Reference, &p.Samples} {
		s.Rows, s.Points = metric.Shuffled(s.Rows), metric.Shuffled(s.Points)
	}
	return p
}
