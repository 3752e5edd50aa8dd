package pipeline

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/ship"
)

// printJSON prints v, indented, and a newline.
func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// printTable prints the named columns with shortened numbers.
func printTable(w io.Writer, t ship.Table, columns []string, order []int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprint(tw, problem.Printable(heading(c)), "\t")
	}
	fmt.Fprintln(tw)
	for _, i := range order {
		for _, c := range columns {
			cell := t.Cells[i][c]
			if x, err := strconv.ParseFloat(cell, 64); err == nil && strings.ContainsAny(cell, ".e") {
				cell = strconv.FormatFloat(x, 'g', 4, 64)
			}
			fmt.Fprint(tw, problem.Printable(cell), "\t")
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// heading returns the short name of a column.
func heading(column string) string {
	if strings.HasPrefix(column, "metrics_p.") {
		return "p"
	}
	return strings.TrimPrefix(column, "metrics.")
}
