package pipeline

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"flowsweep/experiments"
)

// rows is a table of text cells.
type rows struct {
	columns []string
	cells   []map[string]string
}

// flatten returns the results as rows whose columns are the promised fields, nested ones joined with dots.
func flatten(results []experiments.Result) (rows, error) {
	var t rows
	seen := map[string]bool{}
	for _, r := range results {
		text, err := json.Marshal(r)
		if err != nil {
			return t, err
		}
		row := map[string]string{}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		for _, key := range flattenInto(row, "", decoder) {
			if !seen[key] {
				seen[key] = true
				t.columns = append(t.columns, key)
			}
		}
		t.cells = append(t.cells, row)
	}
	return t, nil
}

// flattenInto reads one JSON object into the row and returns its keys in the order they come.
func flattenInto(row map[string]string, prefix string, d *json.Decoder) (keys []string) {
	if _, err := d.Token(); err != nil { // the opening brace
		return nil
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return keys
		}
		key := prefix + fmt.Sprint(token)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return keys
		}
		if raw[0] == '{' {
			inner := json.NewDecoder(bytes.NewReader(raw))
			keys = append(keys, flattenInto(row, key+".", inner)...)
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		row[key] = s
		keys = append(keys, key)
	}
	return keys
}

// order returns the indices of the rows sorted by a column: as numbers where both are, missing ones last.
func (t rows) order(column string) ([]int, error) {
	order := make([]int, len(t.cells))
	for i := range order {
		order[i] = i
	}
	if column == "" {
		return order, nil
	}
	found := slices.IndexFunc(t.columns, func(c string) bool { return c == column || c == "metrics."+column || c == "net."+column })
	if found < 0 {
		return nil, fmt.Errorf("there is no column %q to sort by: have %s", column, strings.Join(t.columns, ", "))
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
			return cmp.Compare(t.cells[i][column], t.cells[j][column])
		}
		return cmp.Compare(a, b)
	})
	return order, nil
}

func (t rows) csv(w io.Writer, order []int) error {
	c := csv.NewWriter(w)
	if err := c.Write(t.columns); err != nil {
		return err
	}
	for _, i := range order {
		record := make([]string, len(t.columns))
		for j, column := range t.columns {
			record[j] = t.cells[i][column]
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// table prints the named columns, numbers shortened.
func (t rows) table(w io.Writer, columns []string, order []int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprint(tw, strings.TrimPrefix(strings.TrimPrefix(c, "metrics."), "net."), "\t")
	}
	fmt.Fprintln(tw)
	for _, i := range order {
		for _, c := range columns {
			cell := t.cells[i][c]
			if x, err := strconv.ParseFloat(cell, 64); err == nil && strings.ContainsAny(cell, ".e") {
				cell = strconv.FormatFloat(x, 'g', 4, 64)
			}
			fmt.Fprint(tw, cell, "\t")
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
