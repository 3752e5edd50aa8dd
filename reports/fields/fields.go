// Package fields describes the rows of tables to the scripts of a page, which filter and sort them as `runs` does.
//
//	data := fields.Data{Settings: fields.Whole(rows), Runs: fields.Described(columns, cells)}
package fields

import (
	"maps"
	"slices"

	"flowsweep/experiments/query"
)

// Data are the tables of a page.
type Data struct {
	Settings Table // a row each, then the baselines
	Runs     Table // without cells, which are in the CSV of the page
}

// Table is rows of fields.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows,omitempty"` // a cell for every column without All
}

// Column is a field of the rows.
type Column struct {
	Key   string         `json:"key"`
	Also  string         `json:"also,omitempty"`
	Aside bool           `json:"aside,omitempty"`
	Kinds []string       `json:"kinds"`           // that it has; the first is that of a cell that does not say
	All   any            `json:"all,omitempty"`   // the cell of every row, if it is the same
	Blank bool           `json:"blank,omitempty"` // an empty cell of a CSV is an empty text, and not absent
	Odd   map[int]string `json:"odd,omitempty"`   // kinds of cells of a CSV that neither Kinds nor Blank tells, by row
}

// word returns a kind as scripts have it.
func word(k query.Kind) string { return [...]string{"text", "number", "bool", "null", "list"}[k] }

// collector finds the columns of rows in the order in which they appear.
type collector struct {
	columns []Column
	at      map[string]int
}

func (c *collector) add(f query.Field) {
	i, seen := c.at[f.Key]
	if !seen {
		i = len(c.columns)
		c.at[f.Key] = i
		c.columns = append(c.columns, Column{Key: f.Key, Also: f.Also, Aside: f.Aside, Kinds: []string{}})
	}
	if kind := word(f.Kind); f.Kind != query.Null && !slices.Contains(c.columns[i].Kinds, kind) {
		c.columns[i].Kinds = append(c.columns[i].Kinds, kind)
	}
}

// cell is the value of a field for scripts: null, a text of the column's first kind, a list of texts, or an object that says its kind.
func cell(f query.Field, of Column) any {
	switch {
	case f.Kind == query.Null || f.Key == "":
		return nil
	case f.Kind == query.List:
		return append([]string{}, f.Items...) // [] and not null where there are none
	case word(f.Kind) == of.Kinds[0]:
		return f.Value
	default:
		return map[string]string{"kind": word(f.Kind), "value": f.Value}
	}
}

// Whole returns rows with their cells.
func Whole(rows []map[string]query.Field, order []string) Table {
	columns := columnsOf(rows, order)
	t := Table{Columns: columns}
	varies := make([]bool, len(columns))
	for i, c := range columns {
		varies[i] = len(rows) < 2 || slices.ContainsFunc(rows, func(row map[string]query.Field) bool { return !same(row[c.Key], rows[0][c.Key]) }) ||
			cell(rows[0][c.Key], c) == nil
		if !varies[i] {
			t.Columns[i].All = cell(rows[0][c.Key], c)
		}
	}
	for _, row := range rows {
		cells := []any{}
		for i, c := range columns {
			if varies[i] {
				cells = append(cells, cell(row[c.Key], c))
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func same(a, b query.Field) bool {
	return a.Kind == b.Kind && a.Value == b.Value && slices.Equal(a.Items, b.Items)
}

// Described returns the columns of rows that a page has as CSV, with those in order, in which the kind of a cell does not show.
func Described(rows []map[string]query.Field, order []string) Table {
	columns := columnsOf(rows, order)
	for i := range columns {
		c := &columns[i]
		if !slices.Contains(order, c.Key) { // it has no value, and no column in the CSV
			c.All = cell(rows[0][c.Key], *c)
			continue
		}
		var blanks [2]int // absent ones, and empty texts
		for _, row := range rows {
			if f := row[c.Key]; f.Value == "" && f.Kind == query.Text && f.Key != "" {
				blanks[1]++
			} else if f.Value == "" {
				blanks[0]++
			}
		}
		c.Blank = blanks[1] > blanks[0]
		for k, row := range rows {
			if kind := kindOf(row[c.Key]); kind != c.shown(row[c.Key].Value) {
				if c.Odd == nil {
					c.Odd = map[int]string{}
				}
				c.Odd[k] = kind
			}
		}
	}
	return Table{Columns: columns}
}

func kindOf(f query.Field) string {
	if f.Key == "" {
		return word(query.Null)
	}
	return word(f.Kind)
}

// shown returns the kind that a cell of a CSV has unless the row is odd.
func (c Column) shown(value string) string {
	switch {
	case value == "" && c.Blank:
		return word(query.Text)
	case value == "" || len(c.Kinds) == 0:
		return word(query.Null)
	default:
		return c.Kinds[0]
	}
}

// columnsOf returns the columns of rows, those named first, the others by key.
func columnsOf(rows []map[string]query.Field, order []string) []Column {
	others := map[string]bool{}
	for _, row := range rows {
		for key := range row {
			others[key] = true
		}
	}
	for _, key := range order {
		delete(others, key)
	}
	c := collector{at: map[string]int{}}
	for _, key := range slices.Concat(order, slices.Sorted(maps.Keys(others))) {
		for _, row := range rows {
			if f, ok := row[key]; ok {
				c.add(f)
			}
		}
	}
	return c.columns
}
