package pipeline

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"flowsweep/experiments/query"
)

// rows is a table of text cells.
type rows struct {
	columns []string
	cells   []map[string]string
}

// add appends a row, and the columns it is the first to have.
func (t *rows) add(fields []query.Field) {
	row := map[string]string{}
	for _, f := range fields {
		row[f.Key] = f.Value
		if !slices.Contains(t.columns, f.Key) {
			t.columns = append(t.columns, f.Key)
		}
	}
	t.cells = append(t.cells, row)
}

// order returns the indices of the rows sorted by a column, from high to low where a minus stands before its name: as
// numbers where both are, missing ones last either way.
func (t rows) order(column string) ([]int, error) {
	order := make([]int, len(t.cells))
	for i := range order {
		order[i] = i
	}
	if column == "" {
		return order, nil
	}
	name, sign := column, 1
	if slices.Index(t.columns, column) < 0 {
		if rest, ok := strings.CutPrefix(column, "-"); ok {
			name, sign = rest, -1
		}
	}
	if len(t.cells) == 0 {
		return order, nil // which has no columns either
	}
	found := slices.IndexFunc(t.columns, func(c string) bool { return c == name || strings.HasSuffix(c, "."+name) })
	if found < 0 {
		return nil, fmt.Errorf("there is no column %q to sort by: have %s", name, strings.Join(t.columns, ", "))
	}
	column = t.columns[found]
	slices.SortStableFunc(order, func(i, j int) int {
		a, aErr := strconv.ParseFloat(t.cells[i][column], 64)
		b, bErr := strconv.ParseFloat(t.cells[j][column], 64)
		missing := func(x float64, err error) int {
			if err != nil || x != x {
				return 1
			}
			return 0
		}
		if c := cmp.Compare(missing(a, aErr), missing(b, bErr)); c != 0 {
			return c
		}
		if aErr != nil || bErr != nil {
			return sign * cmp.Compare(t.cells[i][column], t.cells[j][column])
		}
		return sign * cmp.Compare(a, b)
	})
	return order, nil
}

func (t rows) csv(w io.Writer, order []int) error {
	c := csv.NewWriter(w)
	header := make([]string, len(t.columns))
	for j, column := range t.columns {
		header[j] = cellOf(column)
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, i := range order {
		record := make([]string, len(t.columns))
		for j, column := range t.columns {
			record[j] = cellOf(t.cells[i][column])
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// heading returns the name of a column, without what it is nested in.
func heading(column string) string {
	if _, ok := strings.CutPrefix(column, "metrics_p."); ok {
		return "p"
	}
	return strings.TrimPrefix(column, "metrics.")
}

// print prints the named columns, numbers shortened.
func (t rows) print(w io.Writer, columns []string, order []int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprint(tw, clean(heading(c)), "\t")
	}
	fmt.Fprintln(tw)
	for _, i := range order {
		for _, c := range columns {
			cell := t.cells[i][c]
			if x, err := strconv.ParseFloat(cell, 64); err == nil && strings.ContainsAny(cell, ".e") {
				cell = strconv.FormatFloat(x, 'g', 4, 64)
			}
			fmt.Fprint(tw, clean(cell), "\t")
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
