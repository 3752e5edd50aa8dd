// Package table holds tables of typed cells: sorted, written as CSV, and printed within the width of a terminal. The type of a
// cell decides its form, not what it looks like: the key 9402645135369e19 is a text.
//
//	var t table.Table
//	t.Add(query.Field{Key: "run", Value: run}, query.Field{Key: "nfe", Value: "16", Kind: query.Number})
//	order, err := t.Order("-nfe")
//	err = t.Print(os.Stdout, t.Columns, order, table.Width(os.Stdout))
package table

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/query"
)

// Table is a table whose cells are fields.
type Table struct {
	Columns []string                 // the keys of its columns; cells may have more, which are found by name
	Cells   []map[string]query.Field // by key, a row each; absent cells may be missing
}

// Add appends a row, and the columns it is the first to have. A field that is set aside has a column only if it has a value.
func (t *Table) Add(fields ...query.Field) {
	row := make(map[string]query.Field, len(fields))
	for _, f := range fields {
		row[f.Key] = f
		if !(f.Aside && f.Absent()) && !slices.Contains(t.Columns, f.Key) {
			t.Columns = append(t.Columns, f.Key)
		}
	}
	t.Cells = append(t.Cells, row)
}

// Has reports whether any row has a value in the column.
func (t Table) Has(column string) bool {
	return slices.ContainsFunc(t.Cells, func(row map[string]query.Field) bool { return !row[column].Absent() })
}

// names returns the names of all cells.
func (t Table) names() (names query.Names) {
	for _, row := range t.Cells {
		for _, f := range row {
			names.Add(f)
		}
	}
	return names
}

// Select returns the columns with these names, as query.Names finds them.
func (t Table) Select(names []string) ([]string, error) {
	if len(t.Cells) == 0 { // where there are no rows there are no names either
		return names, nil
	}
	var columns []string
	known := t.names()
	for _, name := range names {
		column, err := known.Key(name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(columns, column) {
			return nil, fmt.Errorf("%q is the column %s, which is there already: leave one out", name, column)
		}
		columns = append(columns, column)
	}
	return columns, nil
}

// Order returns the row indices sorted by a column, or in reverse if its name has a leading minus. The name is found as
// query.Names does, and cells are compared as query.Order does: missing ones come last either way.
func (t Table) Order(name string) ([]int, error) {
	order := make([]int, len(t.Cells))
	for i := range order {
		order[i] = i
	}
	if name == "" || len(t.Cells) == 0 {
		return order, nil
	}
	known := t.names()
	name, reversed := strings.CutPrefix(name, "-")
	sign := 1
	if reversed {
		sign = -1
	}
	column, err := known.Key(name)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(order, func(i, j int) int { return query.Order(t.Cells[i][column], t.Cells[j][column], sign) })
	return order, nil
}
