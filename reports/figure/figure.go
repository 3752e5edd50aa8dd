// Package figure draws: colours that follow the ground, marks, plots whose series can be switched, and the tables behind them.
package figure

import "html/template"

// Figure is a figure of the report: drawings that belong together, with a caption, a legend and the numbers behind them.
type Figure struct {
	Title    string
	Caption  string
	Legend   []Entry
	Drawings []template.HTML
	Size     string // of the drawings: "" for two per row, "mid" for three, "small" for four
	Table    Table
}

// Entry is a line of a legend.
type Entry struct {
	Swatch template.HTML
	Text   string
	Whole  string // what Text is short for, or empty
	Key    string // of the layers that it switches, if any
}

// Table holds the numbers behind a figure.
type Table struct {
	Head  []string
	Rows  [][]string
	Text  int            // number of leading text columns
	Whole map[int]string // what the first cell of a row is short for
	Cut   int            // number of rows left out
}

// maxTableRows is the maximum number of rows in the table behind a figure.
const maxTableRows = 500

// Add adds a row, or counts it if there are too many.
func (t *Table) Add(row ...string) {
	if len(t.Rows) == maxTableRows {
		t.Cut++
		return
	}
	t.Rows = append(t.Rows, row)
}

// AddFor adds a row whose first cell is short for a text, if that is not empty.
func (t *Table) AddFor(whole string, row ...string) {
	if whole != "" && len(t.Rows) < maxTableRows {
		if t.Whole == nil {
			t.Whole = map[int]string{}
		}
		t.Whole[len(t.Rows)] = whole
	}
	t.Add(row...)
}

// SizeFor returns the size of n drawings: the given one if they do not fill rows of two.
func SizeFor(n int, size string) string {
	if n > 2 && n != 4 {
		return size
	}
	return ""
}
