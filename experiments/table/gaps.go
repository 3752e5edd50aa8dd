package table

import (
	"fmt"
	"slices"

	"flowsweep/experiments/flow"
)

// GapError says that rows have no finite number where one is needed.
type GapError struct {
	text    string
	Missing bool // the first of them has none at all, rather than an infinite one
}

func (e *GapError) Error() string {
	return e.text + ": fill in or leave out these rows, or leave out columns"
}

// gaps returns a GapError if a row has no finite number in one of the columns.
func (t Table) gaps(columns []Column) error {
	bad, first, in := 0, 0, Column{}
	for i := range t.Len() {
		at := slices.IndexFunc(columns, func(c Column) bool { return !flow.Finite(c.Values[i]) })
		if at < 0 {
			continue
		}
		if bad++; bad == 1 {
			first, in = i, columns[at]
		}
	}
	if bad == 0 {
		return nil
	}
	return NewGapError(bad, t.Len(), Table{Columns: columns}.Names(), t.Place(first), in.Name, in.Missing(first))
}

// NewGapError returns the error for bad rows of n in the named columns, the first of which is at a place.
func NewGapError(bad, n int, names []string, place, column string, missing bool) *GapError {
	return &GapError{fmt.Sprintf("file: %d of %d rows have an empty cell, NaN or Inf in the columns %s, the first is %s, column %q",
		bad, n, Listed(names), place, column), missing}
}

// Complete returns the table without the rows that have an empty cell or NaN in one of the named columns, the first of
// these rows, and how many they are. In a column with words, a word for a missing value, such as NA, is an empty cell.
func (t Table) Complete(names []string) (whole Table, first, left int) {
	keep := make([]int, 0, t.Len())
	var columns []Column
	for _, c := range t.Columns {
		if slices.Contains(names, c.Name) {
			columns = append(columns, c)
		}
	}
	for i := range t.Len() {
		if !slices.ContainsFunc(columns, func(c Column) bool { return c.Missing(i) }) {
			keep = append(keep, i)
		} else if len(keep) == i {
			first = i
		}
	}
	if left = t.Len() - len(keep); left == 0 {
		return t, 0, 0
	}
	return t.Take(keep), first, left
}

// Take returns the table of the rows at the places, in that order.
func (t Table) Take(rows []int) Table {
	some := t
	some.Columns = make([]Column, len(t.Columns))
	for j, c := range t.Columns {
		some.Columns[j] = c
		some.Columns[j].Values = taken(c.Values, rows)
		some.Columns[j].Texts = taken(c.Texts, rows)
	}
	some.Lines = taken(t.Lines, rows)
	return some
}

// Mark adds a column, of a name that no other has, which is 1 in the last n rows and 0 in the others. It returns the name.
func (t *Table) Mark(n int) string {
	name := "held out"
	for slices.Contains(t.Names(), name) {
		name += "'"
	}
	c := Column{Name: name, Values: make([]float64, t.Len())}
	for i := t.Len() - n; i < t.Len(); i++ {
		c.Values[i] = 1
	}
	t.Columns = append(t.Columns, c)
	return name
}

// taken returns the values at the places, or nil if there are no values.
func taken[T any](values []T, at []int) []T {
	if values == nil {
		return nil
	}
	list := make([]T, len(at))
	for i, k := range at {
		list[i] = values[k]
	}
	return list
}

// Missing reports whether a row has no value in the column.
func (c Column) Missing(row int) bool {
	if c.Texts != nil {
		return isMissing(c.Texts[row])
	}
	return !isNumber(c.Values[row])
}
