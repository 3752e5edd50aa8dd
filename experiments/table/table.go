// Package table reads data files into columns of numbers and words, and writes them.
//
//	t, err := table.Decode("shells.csv", content, table.Options{})
//	names, left := t.Default(nil)
//	rows, err := t.Rows(names)
//
// Every reader bounds what a file can make it take: see MaxCells, MaxColumns and MaxInflated. A file is never trusted to
// say how large it is.
package table

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
)

// Table is the content of a data file: columns of equal length, of numbers or words.
type Table struct {
	Columns []Column
	Named   bool     // the file names its columns; otherwise they are named 0, 1 and so on
	Lines   []int    // line of the file where each row starts, from 1; nil if a file has no lines
	Shape   []int    // sizes of a row of an array with more than two axes, whose numbers in C order are the columns; nil otherwise
	Type    string   // NumPy's name of the numbers in an array, such as uint8; empty for other files
	Notes   []string // how the file was read where it leaves that open, and what was skipped, as sentences without a full stop

	elsewhere int // rows that are not in the columns: see Heads
}

// Column is one column of a Table.
type Column struct {
	Name   string
	Values []float64 // one per row; NaN if a cell has no number
	Word   string    // why the column is not numeric, such as the line and text of its first word; empty if it is
	Texts  []string  // of a column with words: the text of each cell as it stands, without spaces around it; nil if it has no words

	// RowNumbers reports that the column numbers the rows, as R and pandas write it: it is the first, has no name, and holds whole
	// numbers, none of them twice.
	RowNumbers bool

	gap            cell // the first cell without a number: a word, a word for a missing number, or empty
	word           cell // the first word
	numbers, words int  // cells that hold one
}

// Len returns the number of rows.
func (t Table) Len() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return len(t.Columns[0].Values)
}

// Names returns the names of the columns.
func (t Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Numeric returns the names of the numeric columns.
func (t Table) Numeric() []string {
	var names []string
	for _, c := range t.Columns {
		if c.Word == "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// MaxNumbers bounds what Rows returns.
const MaxNumbers = 10_000_000

// RowByRow names the form of files of which more is learnt, as rows are read when they are needed: see flow.OpenArray.
const RowByRow = "an uncompressed .npy of two axes or more in C order, whose rows are read as they are needed"

// Rows returns the rows of the named columns, (n, d), or an error unless all their cells are finite numbers:
// a GapError if some are not.
func (t Table) Rows(names []string) (flow.Batch, error) {
	columns, err := t.columns(names)
	if err != nil {
		return flow.Batch{}, err
	}
	n := t.Len()
	if n > MaxNumbers/max(1, len(names)) {
		return flow.Batch{}, fmt.Errorf("file: %d rows of %d columns are too many: use at most %d numbers in total, or convert the file to %s",
			n, len(names), MaxNumbers, RowByRow)
	}
	if err := t.gaps(columns); err != nil {
		return flow.Batch{}, err
	}
	rows := flow.NewBatch(n, len(names))
	for j, c := range columns {
		for i, v := range c.Values {
			rows.Row(i)[j] = v + 0 // turns -0 into 0, since equal data must have the same key
		}
	}
	return rows, nil
}

// Points returns the rows of the named columns, (n, d), or an error unless every cell is a number. NaN and Inf are
// numbers, as samples may hold them; an empty cell is not.
func (t Table) Points(names []string) (flow.Batch, error) {
	columns, err := t.columns(names)
	if err != nil {
		return flow.Batch{}, err
	}
	gap, in := cell{}, ""
	for _, c := range columns {
		if before := gap.line == 0 || c.gap.line < gap.line; c.gap.line > 0 && before {
			gap, in = c.gap, c.Name
		}
	}
	if gap.line > 0 {
		return flow.Batch{}, fmt.Errorf("%s, column %q: %s is not a number: fill it in, or leave the row or the column out", t.where(gap), in, quoted(gap.text))
	}
	points := flow.NewBatch(t.Len(), len(columns))
	for j, c := range columns {
		for i, v := range c.Values {
			points.Row(i)[j] = v
		}
	}
	return points, nil
}

// columns returns the columns of these names, or an error unless they are of numbers.
func (t Table) columns(names []string) ([]Column, error) {
	at := make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	list := make([]Column, len(names))
	for j, name := range names {
		i, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("columns: there is no column %q (have %s)", name, Listed(t.Names()))
		}
		list[j] = t.Columns[i]
		if mistake := t.Mistake(list[j]); mistake != "" {
			return nil, errors.New(mistake)
		}
		if list[j].Word != "" && list[j].gap.line > 0 {
			return nil, fmt.Errorf("columns: %q is not numeric: %s: leave it out", name, list[j].Word)
		}
	}
	return list, nil
}

// Place returns where a row stands in its file, for people.
func (t Table) Place(row int) string {
	if t.Lines == nil {
		return fmt.Sprintf("row %d, from 0", row)
	}
	return fmt.Sprintf("in line %d", t.Lines[row])
}

// Of returns a table of the rows, with columns named 0, 1 and so on.
func Of(b flow.Batch) Table {
	var t Table
	for j := range b.Dim {
		c := Column{Name: strconv.Itoa(j), Values: make([]float64, b.Len())}
		for i := range c.Values {
			c.Values[i] = b.Row(i)[j]
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// maxListed is how many names an error lists.
const maxListed = 20

// Listed returns names as a person may read them, of many the first ones.
func Listed(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}
