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
)

// DecodeTable returns the table of comma-separated values. The first line names the columns if no cell of it is a
// number, or if it has a word above a column of numbers. Otherwise the columns are named 0, 1 and so on.
func DecodeTable(file []byte) (Table, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.TrimLeadingSpace, r.ReuseRecord = true, true
	var t Table
	var head, cells []cell
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, csvError(err, len(record), len(head))
		}
		if head == nil {
			head = appendCells(nil, r, record)
			t.Columns = make([]Column, len(head))
			if len(head) == 1 && strings.ContainsAny(head[0].text, ";\t") {
				return t, errors.New("decode csv: line 1 has no comma: separate the columns by commas, not semicolons or tabs")
			}
			continue
		}
		cells = appendCells(cells[:0], r, record)
		t.Lines = append(t.Lines, cells[0].line)
		for j, c := range cells {
			t.Columns[j].add(c)
		}
	}
	if head == nil {
		return t, errors.New("decode csv: the file is empty: write one row per line, with commas between its numbers")
	}
	return t, t.head(head)
}

// csvError says in which line a file is wrong.
func csvError(err error, cells, columns int) error {
	bad := (*csv.ParseError)(nil)
	switch {
	case !errors.As(err, &bad):
		return fmt.Errorf("decode csv: %w", err)
	case errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("decode csv: line %d has %d columns, but the first line has %d: give all lines as many commas", bad.Line, cells, columns)
	default:
		return fmt.Errorf("decode csv: line %d: %w", bad.Line, bad.Err)
	}
}

// appendCells appends the cells of the last record read.
func appendCells(cells []cell, r *csv.Reader, record []string) []cell {
	for j, text := range record {
		line, _ := r.FieldPos(j)
		cells = append(cells, cell{text, line})
	}
	return cells
}

// add appends a cell.
func (c *Column) add(at cell) {
	v, kind := at.value()
	if kind != numberCell && c.gap.line == 0 {
		c.gap = at
	}
	if kind == wordCell && c.Word == "" {
		c.Word = fmt.Sprintf("line %d says %q", at.line, at.text)
	}
	c.Values = append(c.Values, v)
}

// head uses the first line as the names of the columns or, if it holds none, as the first row.
func (t *Table) head(cells []cell) error {
	numbers, words, aboveNumbers := false, false, false
	for j, c := range cells {
		v, kind := c.value()
		numbers, words = numbers || isNumber(v), words || kind == wordCell
		aboveNumbers = aboveNumbers || kind == wordCell && t.Columns[j].Word == "" && slices.ContainsFunc(t.Columns[j].Values, isNumber)
	}
	named := words && !numbers || aboveNumbers
	t.Named = named
	seen := map[string]bool{}
	for j, at := range cells {
		c := &t.Columns[j]
		if c.Name = strconv.Itoa(j); named {
			c.Name = strings.TrimSpace(at.text)
		} else {
			c.prepend(at)
		}
		if strings.ContainsFunc(c.Name, unicode.IsControl) {
			return fmt.Errorf("decode csv: the name %q of column %d contains a control character: rename it", c.Name, j)
		}
		if seen[c.Name] {
			return fmt.Errorf("decode csv: two columns are named %q: rename one", c.Name)
		}
		seen[c.Name] = true
		if c.Word == "" && !slices.ContainsFunc(c.Values, isNumber) {
			c.Word = "it has no numbers"
		}
	}
	if !named {
		t.Lines = append([]int{cells[0].line}, t.Lines...)
	}
	if len(t.Lines) == 0 {
		return errors.New("decode csv: there are no rows: write one per line, below the names of the columns")
	}
	return nil
}

// prepend inserts a cell before the others.
func (c *Column) prepend(at cell) {
	later := *c
	*c = Column{Name: later.Name}
	c.add(at)
	c.Values = append(c.Values, later.Values...)
	if c.Word == "" {
		c.Word = later.Word
	}
	if c.gap.line == 0 {
		c.gap = later.gap
	}
}

// cell is a cell of a text file.
type cell struct {
	text string
	line int // where it starts, from 1
}

// kind is what a cell holds.
type kind int

const (
	numberCell kind = iota
	missingCell
	wordCell
)

// missing lists the words for a missing number.
var missing = []string{"", "na", "n/a", "null", "none", "?"}

// value returns the number in a cell, or NaN if there is none. A number beyond the range of floats is infinite.
func (c cell) value() (float64, kind) {
	text := strings.TrimSpace(c.text)
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil || errors.Is(err, strconv.ErrRange):
		return v, numberCell
	case slices.Contains(missing, strings.ToLower(text)):
		return math.NaN(), missingCell
	default:
		return math.NaN(), wordCell
	}
}

func isNumber(v float64) bool { return !math.IsNaN(v) }
