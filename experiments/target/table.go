package target

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
)

// Table is the content of a data file: columns of equal length, of numbers or words.
type Table struct {
	Columns []Column
	Named   bool  // the file names its columns; otherwise they are named 0, 1 and so on
	Lines   []int // line of the file where each row starts, from 1; nil if a file has no lines
}

// Column is one column of a Table.
type Column struct {
	Name   string
	Values []float64 // one per row; NaN if a cell has no number
	Word   string    // why the column is not numeric, such as the line and text of its first word; empty if it is

	gap cell // the first cell without a number: a word, a word for a missing number, or empty
}

// Names returns the names of the columns.
func (t Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Numeric returns the names of the numeric columns.
func (t Table) Numeric() []string {
	var names []string
	for _, c := range t.Columns {
		if c.Word == "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// PointColumns returns the names of the columns that points have: those of numbers, and those of nothing but NaN, as
// samples may be.
func (t Table) PointColumns() []string {
	var names []string
	for _, c := range t.Columns {
		if c.Word == "" || c.gap.line == 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

// Rows returns the rows of the named columns, (n, d), or an error unless all their cells are finite numbers.
func (t Table) Rows(names []string) (flow.Batch, error) {
	columns := make([]Column, len(names))
	for j, name := range names {
		c, err := t.column(name)
		if err != nil {
			return flow.Batch{}, err
		}
		columns[j] = c
	}
	n := len(t.Columns[0].Values)
	if n > maxNumbers/max(1, len(names)) {
		return flow.Batch{}, fmt.Errorf("file: %d rows of %d columns are too many: use at most %d numbers in total",
			n, len(names), maxNumbers)
	}
	rows := flow.NewBatch(n, len(names))
	bad, first := 0, 0
	for i := range n {
		finite := true
		for j, c := range columns {
			v := c.Values[i] + 0 // turns -0 into 0, since equal data must have the same key
			rows.Row(i)[j] = v
			finite = finite && flow.Finite(v)
		}
		if !finite {
			if bad++; bad == 1 {
				first = i
			}
		}
	}
	if bad > 0 {
		return flow.Batch{}, fmt.Errorf("file: %d of %d rows have an empty cell, NaN or Inf in the columns %s, the first is %s: "+
			"remove or fill in these rows, or leave out columns", bad, n, strings.Join(names, ", "), t.Place(first))
	}
	return rows, nil
}

// Points returns the rows of the named columns, (n, d), or an error unless every cell is a number. NaN and Inf are
// numbers, as samples may hold them; an empty cell is not.
func (t Table) Points(names []string) (flow.Batch, error) {
	columns := make([]Column, len(names))
	gap, in := cell{}, ""
	for j, name := range names {
		c, err := t.column(name)
		if err != nil {
			return flow.Batch{}, err
		}
		columns[j] = c
		if before := gap.line == 0 || c.gap.line < gap.line; c.gap.line > 0 && before {
			gap, in = c.gap, name
		}
	}
	if gap.line > 0 {
		return flow.Batch{}, fmt.Errorf("line %d, column %q: %q is not a number: fill it in, or leave the row or the column out", gap.line, in, gap.text)
	}
	points := flow.NewBatch(len(t.Columns[0].Values), len(columns))
	for j, c := range columns {
		for i, v := range c.Values {
			points.Row(i)[j] = v
		}
	}
	return points, nil
}

// column returns the column of that name, or an error unless there is one, of numbers.
func (t Table) column(name string) (Column, error) {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return Column{}, fmt.Errorf("columns: there is no column %q (have %s)", name, strings.Join(t.Names(), ", "))
	}
	if c := t.Columns[at]; c.Word == "" || c.gap.line == 0 {
		return c, nil
	}
	return Column{}, fmt.Errorf("columns: %q is not numeric: %s: leave it out", name, t.Columns[at].Word)
}

// Place returns where a row stands in its file, for people.
func (t Table) Place(row int) string {
	if t.Lines == nil {
		return fmt.Sprintf("row %d, from 0", row)
	}
	return fmt.Sprintf("in line %d", t.Lines[row])
}

// TableOf returns a table of the rows, with columns named 0, 1 and so on.
func TableOf(b flow.Batch) Table {
	var t Table
	for j := range b.Dim {
		c := Column{Name: strconv.Itoa(j), Values: make([]float64, b.Len())}
		for i := range c.Values {
			c.Values[i] = b.Row(i)[j]
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// Decode returns the table in a data file: a .npy file by its name, and any other of comma-separated values.
func Decode(name string, file []byte) (Table, error) {
	if !strings.EqualFold(filepath.Ext(name), ".npy") {
		return DecodeTable(file)
	}
	b, err := flow.DecodeNPY(file)
	if err == nil && b.Len() == 0 {
		err = errors.New("no rows")
	}
	return TableOf(b), err
}
