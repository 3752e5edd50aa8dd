package kinds

import (
	"bytes"
	"encoding/csv"

	"flowsweep/experiments/flow"
)

// AppendCSV appends the part of a file of comma-separated values that holds the rows, (n, d), from number first on, with the names, if there
// are any, before the first of all. Numbers are as in flow.AppendCSV, and categories are their texts.
func (c Code) AppendCSV(out []byte, rows flow.Batch, columns []string, first int) []byte {
	if c.Identity() {
		return flow.AppendCSV(out, rows, columns, first)
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text) // cannot fail: it writes to memory
	if columns != nil && first == 0 {
		w.Write(columns)
	}
	record := make([]string, len(c.columns))
	for i := range rows.Len() {
		for j, k := range c.columns {
			record[j] = k.Text(rows.Row(i)[j])
		}
		w.Write(record)
	}
	w.Flush()
	return append(out, text.Bytes()...)
}
