package ship

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
)

// Table is a table of text cells.
type Table struct {
	Columns []string
	Cells   []map[string]string // by column, a row each
}

// add appends a row, and the columns it is the first to have.
func (t *Table) add(fields []query.Field) {
	row := map[string]string{}
	for _, f := range fields {
		row[f.Key] = f.Value
		if !slices.Contains(t.Columns, f.Key) {
			t.Columns = append(t.Columns, f.Key)
		}
	}
	t.Cells = append(t.Cells, row)
}

// Order returns the row indices sorted by a column, or in reverse if its name has a leading minus. Numbers are compared as
// numbers; missing values come last either way. The end of a dotted name is enough.
func (t Table) Order(column string) ([]int, error) {
	order := make([]int, len(t.Cells))
	for i := range order {
		order[i] = i
	}
	if column == "" || len(t.Cells) == 0 { // where there are no rows there are no columns either
		return order, nil
	}
	column, sign, err := t.sortColumn(column)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareCells(t.Cells[i][column], t.Cells[j][column], sign) })
	return order, nil
}

// sortColumn returns the full name of a column, and -1 if its order is reversed, else 1.
func (t Table) sortColumn(column string) (name string, sign int, err error) {
	name, sign = column, 1
	if !slices.Contains(t.Columns, column) {
		if rest, ok := strings.CutPrefix(column, "-"); ok {
			name, sign = rest, -1
		}
	}
	found := slices.IndexFunc(t.Columns, func(c string) bool { return c == name || strings.HasSuffix(c, "."+name) })
	if found < 0 {
		return "", 0, fmt.Errorf("there is no column %q to sort by: have %s", name, strings.Join(t.Columns, ", "))
	}
	return t.Columns[found], sign, nil
}

// compareCells compares numerically if it can, and puts missing values last whatever the sign.
func compareCells(a, b string, sign int) int {
	x, xErr := strconv.ParseFloat(a, 64)
	y, yErr := strconv.ParseFloat(b, 64)
	missing := func(x float64, err error) int {
		if err != nil || x != x {
			return 1
		}
		return 0
	}
	if c := cmp.Compare(missing(x, xErr), missing(y, yErr)); c != 0 {
		return c
	}
	if xErr != nil || yErr != nil {
		return sign * cmp.Compare(a, b)
	}
	return sign * cmp.Compare(x, y)
}

// CSV writes the rows in this order.
func (t Table) CSV(w io.Writer, order []int) error {
	c := csv.NewWriter(w)
	header := make([]string, len(t.Columns))
	for j, column := range t.Columns {
		header[j] = Cell(column)
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, i := range order {
		record := make([]string, len(t.Columns))
		for j, column := range t.Columns {
			record[j] = Cell(t.Cells[i][column])
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Cell returns text as a CSV cell that no spreadsheet takes for a formula: a quote, which marks plain text, is put before
// anything that starts like a formula and is not a number. See https://owasp.org/www-community/attacks/CSV_Injection.
func Cell(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}

// RunTable returns a table with a row per run and the promised fields as columns, nested names joined with dots.
func RunTable(results []experiments.Result) (Table, error) {
	var table Table
	for _, r := range results {
		fields, err := query.Flatten(r)
		if err != nil {
			return table, fmt.Errorf("write run %s as a row: %w", r.Run, err)
		}
		table.add(fields)
	}
	return table, nil
}

// runsCSV returns the run table of a sweep as CSV.
func runsCSV(results []experiments.Result) ([]byte, error) {
	table, err := RunTable(results)
	if err != nil {
		return nil, err
	}
	order, err := table.Order("")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = table.CSV(&b, order)
	return b.Bytes(), err
}

// statFields returns the aggregates of every metric.
func (o Outcome) statFields(s experiments.Summary) (fields []query.Field) {
	for _, st := range s.Metrics {
		fields = append(fields,
			query.Field{Key: st.Name, Value: experiments.Number(st.Mean).String()},
			query.Field{Key: st.Name + " low", Value: experiments.Number(st.Low).String()},
			query.Field{Key: st.Name + " high", Value: experiments.Number(st.High).String()},
			query.Field{Key: st.Name + " seed low", Value: experiments.Number(st.SeedLow).String()},
			query.Field{Key: st.Name + " seed high", Value: experiments.Number(st.SeedHigh).String()})
		if null, ok := o.Sweep.Null(s.Setting, st.Name); ok {
			fields = append(fields, query.Field{Key: st.Name + " null q95", Value: experiments.Number(null.Q95).String()})
		}
	}
	return fields
}

// SettingTable returns a table with a row per setting: its label, its aggregates, and all its fields. The baselines follow.
func (o Outcome) SettingTable() (Table, error) {
	var table Table
	for i, s := range o.Summaries {
		fields := []query.Field{
			{Key: "setting", Value: o.Labels.Setting(i)},
			{Key: "nfe", Value: s.NFE.String()},
			{Key: "params", Value: strconv.Itoa(s.Params)},
			{Key: "seeds", Value: fmt.Sprintf("%d/%d", len(s.Runs), s.Planned)},
			{Key: "choice", Value: choiceWord(o.choiceOf(i), i)},
		}
		fields = append(fields, o.statFields(s)...)
		parts, err := query.Flatten(s.Setting)
		if err != nil {
			return table, err
		}
		table.add(append(fields, parts...))
	}
	for _, b := range o.baselines() {
		table.add(o.baselineFields(b))
	}
	return table, nil
}
