package target

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"flowsweep/experiments/flow"
)

// Table is what a file of data holds: columns of equal length, of numbers or of words.
type Table struct {
	Columns []Column
	Lines   []int // the line of the file that each row begins in, from 1; nil where a file has no lines
}

// Column is one column of a Table.
type Column struct {
	Name   string
	Values []float64 // one a row; NaN where a cell is empty or says that it is missing
	Word   string    // why it is no column of numbers, the first cell that is none and where, or empty
}

// Names returns the names of the columns.
func (t Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Numeric returns the names of the columns of numbers.
func (t Table) Numeric() []string {
	var names []string
	for _, c := range t.Columns {
		if c.Word == "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// Rows returns the rows of the named columns, (n, d), all of them finite numbers.
func (t Table) Rows(names []string) (flow.Batch, error) {
	columns := make([]Column, len(names))
	for j, name := range names {
		at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
		if at < 0 {
			return flow.Batch{}, fmt.Errorf("columns: there is no column %q (have %s)", name, strings.Join(t.Names(), ", "))
		}
		if columns[j] = t.Columns[at]; columns[j].Word != "" {
			return flow.Batch{}, fmt.Errorf("columns: %q is no column of numbers: %s: leave it out", name, columns[j].Word)
		}
	}
	n := len(t.Columns[0].Values)
	if n > mostNumbers/max(1, len(names)) {
		return flow.Batch{}, fmt.Errorf("file: %d rows of %d columns are too many: at most %d numbers in all: leave rows or columns out",
			n, len(names), mostNumbers)
	}
	rows := flow.NewBatch(n, len(names))
	bad, first := 0, 0
	for i := range n {
		finite := true
		for j, c := range columns {
			v := c.Values[i] + 0 // -0 + 0 is 0: equal data must not have two keys
			rows.Row(i)[j] = v
			finite = finite && flow.Finite(v)
		}
		if !finite {
			if bad++; bad == 1 {
				first = i
			}
		}
	}
	if bad > 0 {
		return flow.Batch{}, fmt.Errorf("file: %d of %d rows have an empty cell, NaN or Inf in the columns %s, the first is %s: "+
			"remove or fill in such rows, or leave columns out", bad, n, strings.Join(names, ", "), t.place(first))
	}
	return rows, nil
}

func (t Table) place(row int) string {
	if t.Lines == nil {
		return fmt.Sprintf("row %d, from 0", row)
	}
	return fmt.Sprintf("in line %d", t.Lines[row])
}

// TableOf returns the table of the rows of a file without names, whose columns are called 0, 1 and so on.
func TableOf(b flow.Batch) Table {
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

// missing are the words for a number that is not there.
var missing = []string{"", "na", "n/a", "null", "none", "?"}

// DecodeTable returns the table of comma-separated values. The first line names the columns if none of its cells is a
// number, or if one is a word above nothing but numbers; else they are called 0, 1 and so on.
func DecodeTable(file []byte) (Table, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.TrimLeadingSpace, r.ReuseRecord = true, true
	var t Table
	var head []string
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, fmt.Errorf("decode csv: %w", err)
		}
		if head == nil {
			head = slices.Clone(record)
			t.Columns = make([]Column, len(head))
			if len(head) == 1 && strings.ContainsAny(head[0], ";\t") {
				return t, errors.New("decode csv: line 1 has no comma: separate the columns by commas, not by semicolons or tabs")
			}
			continue
		}
		line, _ := r.FieldPos(0)
		t.Lines = append(t.Lines, line)
		for j, cell := range record {
			t.Columns[j].add(cell, line)
		}
	}
	if head == nil {
		return t, errors.New("decode csv: the file is empty: give one row a line, its numbers separated by commas")
	}
	return t, t.head(head)
}

// add appends a cell.
func (c *Column) add(cell string, line int) {
	v, ok := cellValue(cell)
	if !ok && c.Word == "" {
		c.Word = fmt.Sprintf("line %d says %q", line, cell)
	}
	c.Values = append(c.Values, v)
}

// head takes the first line as names or, where it is none of them, as the first row.
func (t *Table) head(cells []string) error {
	numbers, words, aboveNumbers := false, false, false
	for j, cell := range cells {
		v, ok := cellValue(cell)
		numbers, words = numbers || ok && isNumber(v), words || !ok
		aboveNumbers = aboveNumbers || !ok && t.Columns[j].Word == "" && slices.ContainsFunc(t.Columns[j].Values, isNumber)
	}
	named := words && !numbers || aboveNumbers
	seen := map[string]bool{}
	for j, cell := range cells {
		c := &t.Columns[j]
		if c.Name = strconv.Itoa(j); named {
			c.Name = strings.TrimSpace(cell)
		} else {
			later := *c
			c.Values, c.Word = nil, ""
			c.add(cell, 1)
			c.Values = append(c.Values, later.Values...)
			if c.Word == "" {
				c.Word = later.Word
			}
		}
		if strings.ContainsFunc(c.Name, unicode.IsControl) {
			return fmt.Errorf("decode csv: the name %q of column %d holds a control character: rename it", c.Name, j)
		}
		if seen[c.Name] {
			return fmt.Errorf("decode csv: two columns are called %q: give each a name of its own", c.Name)
		}
		seen[c.Name] = true
		if c.Word == "" && !slices.ContainsFunc(c.Values, isNumber) {
			c.Word = "no line has a number in it"
		}
	}
	if !named {
		t.Lines = append([]int{1}, t.Lines...)
	}
	if len(t.Lines) == 0 {
		return errors.New("decode csv: there are no rows: give one a line, below the names of the columns")
	}
	return nil
}

func isNumber(v float64) bool { return !math.IsNaN(v) }

// cellValue returns the number in a cell, NaN for one that is missing, and false for a word. A number beyond the range
// of floats is infinite.
func cellValue(cell string) (float64, bool) {
	cell = strings.TrimSpace(cell)
	if slices.Contains(missing, strings.ToLower(cell)) {
		return math.NaN(), true
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN(), false
	}
	return v, true
}
