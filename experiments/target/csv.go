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

// DecodeTable returns the table of comma-separated values. The first line names the columns if none of its cells is a
// number, or if one is a word above nothing but numbers; else they are called 0, 1 and so on.
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
			return t, fmt.Errorf("decode csv: %w", err)
		}
		if head == nil {
			head = appendCells(nil, r, record)
			t.Columns = make([]Column, len(head))
			if len(head) == 1 && strings.ContainsAny(head[0].text, ";\t") {
				return t, errors.New("decode csv: line 1 has no comma: separate the columns by commas, not by semicolons or tabs")
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
		return t, errors.New("decode csv: the file is empty: give one row a line, its numbers separated by commas")
	}
	return t, t.head(head)
}

// appendCells appends the cells of the record just read.
func appendCells(cells []cell, r *csv.Reader, record []string) []cell {
	for j, text := range record {
		line, column := r.FieldPos(j)
		cells = append(cells, cell{text, line, column})
	}
	return cells
}

// add appends a cell.
func (c *Column) add(at cell) {
	v, kind := at.value()
	if kind != aNumber && c.gap.line == 0 {
		c.gap = at
	}
	if kind == aWord && c.Word == "" {
		c.Word = fmt.Sprintf("line %d says %q", at.line, at.text)
	}
	c.Values = append(c.Values, v)
}

// head takes the first line as names or, where it is none of them, as the first row.
func (t *Table) head(cells []cell) error {
	numbers, words, aboveNumbers := false, false, false
	for j, c := range cells {
		v, kind := c.value()
		numbers, words = numbers || isNumber(v), words || kind == aWord
		aboveNumbers = aboveNumbers || kind == aWord && t.Columns[j].Word == "" && slices.ContainsFunc(t.Columns[j].Values, isNumber)
	}
	named := words && !numbers || aboveNumbers
	seen := map[string]bool{}
	for j, at := range cells {
		c := &t.Columns[j]
		if c.Name = strconv.Itoa(j); named {
			c.Name = strings.TrimSpace(at.text)
		} else {
			c.prepend(at)
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
		t.Lines = append([]int{cells[0].line}, t.Lines...)
	}
	if len(t.Lines) == 0 {
		return errors.New("decode csv: there are no rows: give one a line, below the names of the columns")
	}
	return nil
}

// prepend puts a cell before the others.
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

// cell is a cell of a file of text.
type cell struct {
	text         string
	line, column int // where it begins, from 1
}

// kind is what a cell holds.
type kind int

const (
	aNumber kind = iota
	noNumber
	aWord
)

// missing are the words for a number that is not there.
var missing = []string{"", "na", "n/a", "null", "none", "?"}

// value returns the number in a cell, and NaN where there is none. A number beyond the range of floats is infinite.
func (c cell) value() (float64, kind) {
	text := strings.TrimSpace(c.text)
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil || errors.Is(err, strconv.ErrRange):
		return v, aNumber
	case slices.Contains(missing, strings.ToLower(text)):
		return math.NaN(), noNumber
	default:
		return math.NaN(), aWord
	}
}

func isNumber(v float64) bool { return !math.IsNaN(v) }
