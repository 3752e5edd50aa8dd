package table

import (
	"encoding/csv"
	"io"
	"strings"

	"flowsweep/experiments/query"
)

// CSV writes the rows in this order, with these columns. Cells that are absent are empty.
func (t Table) CSV(w io.Writer, columns []string, order []int) error {
	c := csv.NewWriter(w)
	record := make([]string, len(columns))
	for j, column := range columns {
		record[j] = Plain(column)
	}
	if err := c.Write(record); err != nil {
		return err
	}
	for _, i := range order {
		for j, column := range columns {
			f := t.Cells[i][column]
			record[j] = f.Value
			if f.Kind == query.Text {
				record[j] = Plain(f.Value)
			}
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Plain returns a text as a CSV cell that no spreadsheet takes for a formula: a quote, which marks plain text, is put before
// anything that starts like a formula. See https://owasp.org/www-community/attacks/CSV_Injection.
func Plain(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return text
	}
	return "'" + text
}
