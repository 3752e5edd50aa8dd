package reports

import "html/template"

// figure is a figure of the report: drawings that belong together, with a caption, a legend and the numbers behind them.
type figure struct {
	Title    string
	Caption  string
	Legend   []entry
	Drawings []template.HTML
	Size     string // of the drawings: "" for two per row, "mid" for three, "small" for four
	Table    table
}

// entry is a line of a legend.
type entry struct {
	Swatch template.HTML
	Text   string
}

// table holds the numbers behind a figure.
type table struct {
	Head []string
	Rows [][]string
	Text int // number of leading text columns
	Cut  int // number of rows left out
}

// maxTableRows is the maximum number of rows in the table behind a figure.
const maxTableRows = 500

func (t *table) add(row ...string) {
	if len(t.Rows) == maxTableRows {
		t.Cut++
		return
	}
	t.Rows = append(t.Rows, row)
}

// sizeFor returns the size of n drawings: the given one if they do not fit in one row of two.
func sizeFor(n int, size string) string {
	if n > 2 {
		return size
	}
	return ""
}
