package table

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// DecodeCSV returns the table in a text, of columns divided by commas or, if these do not, by tabs, semicolons, vertical
// bars or spaces. The first line names the columns if no cell of it is a number, if it has a word above a column of
// numbers, or if its numbers are not like those below: see head. Otherwise the columns are named 0, 1 and so on.
func DecodeCSV(file []byte, o Options) (Table, error) {
	t, err := decodeCSV(file, o)
	if err != nil {
		return Table{}, fmt.Errorf("decode csv: %w", err)
	}
	return t, nil
}

func decodeCSV(file []byte, o Options) (t Table, err error) {
	text, notes, err := textOf(file)
	if err != nil {
		return t, err
	}
	if rest, sep, ok := excelSeparator(text); ok {
		text = rest
		if o.Separator == "" {
			o.Separator = sep
		}
	}
	d, unusual := dialectOf(text, o)
	t.Notes = append(notes, unusual...)
	s := newScanner(text, d.sep)
	head, err := t.read(s, d, o.Header != NoNames)
	if err != nil {
		return t, err
	}
	if head == nil {
		return t, errors.New("the file is empty: write one row per line, with commas between its numbers")
	}
	if err := t.head(head, d, o.Header, s.told); err != nil {
		return t, err
	}
	if s.comment > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("lines that start with # are skipped: %d", s.comment))
	}
	for j := range t.Columns {
		t.Columns[j].finish(t)
	}
	return t, t.readTexts(text, d.sep)
}

// excelSeparator returns the separator that a first line such as sep=; names, as Excel writes it, and the text after it.
func excelSeparator(text []byte) (rest []byte, sep string, ok bool) {
	after, ok := bytes.CutPrefix(text, []byte("sep="))
	if !ok || len(after) < 2 || after[1] != '\n' && after[1] != '\r' {
		return text, "", false
	}
	o := Options{Separator: string(after[:1])}
	return after[1:], o.Separator, o.Check() == nil
}

// read reads all rows but the first, and returns the cells of the first record, which may hold names.
func (t *Table) read(s *scanner, d dialect, names bool) (head []cell, err error) {
	lines := bytes.Count(s.text, []byte("\n")) + bytes.Count(s.text, []byte("\r")) + 1
	for {
		ok, err := s.next()
		if err != nil {
			return head, err
		}
		if !ok {
			return head, nil
		}
		if head == nil {
			head = s.cells()
			t.Columns = make([]Column, len(head))
			continue
		}
		if n := len(s.fields); len(t.Lines) == 0 && n == len(head)+1 && names && allWords(head, d.decimal) {
			// R writes no name above the names of rows.
			t.Named = true
			head = append([]cell{{line: head[0].line}}, head...)
			t.Columns, s.columns = make([]Column, n), n
		} else if n != len(head) {
			return head, fmt.Errorf("line %d has %d columns, but the first line has %d: give all lines as many, and cells with a separator in them quotes", s.start, n, len(head))
		}
		if len(t.Lines) == 0 {
			t.reserve(min(lines, MaxCells/len(head)))
		}
		if len(t.Lines) >= MaxCells/len(head) {
			return head, fmt.Errorf("line %d: there are more than %d cells: leave rows or columns out", s.start, MaxCells)
		}
		t.Lines = append(t.Lines, s.start)
		for j, f := range s.fields {
			c := &t.Columns[j]
			if v, ok := plain(f.text, d.decimal); ok {
				c.numbers++
				c.Values = append(c.Values, v)
				continue
			}
			c.add(cell{string(f.text), f.line}, d.decimal)
		}
	}
}

func allWords(cells []cell, decimal byte) bool {
	return !slices.ContainsFunc(cells, func(c cell) bool { _, k := parse(c.text, decimal); return k != wordCell })
}

// plain returns the number in a field as most are written, without taking memory for it.
func plain(text []byte, decimal byte) (float64, bool) {
	if decimal != '.' || len(text) > 32 {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(text), 64) // the string does not escape
	return v, err == nil
}

// reserve makes room for n rows, and for the first line, which may be one.
func (t *Table) reserve(n int) {
	for j := range t.Columns {
		t.Columns[j].Values = make([]float64, 0, n+1)
	}
	t.Lines = make([]int, 0, n+1)
}

// cells returns a copy of the last record.
func (s *scanner) cells() []cell {
	list := make([]cell, len(s.fields))
	for j, f := range s.fields {
		list[j] = cell{string(f.text), f.line}
	}
	return list
}

// maxName is the largest length of a name, in bytes.
const maxName = 1000

// name gives the columns their names, or makes the first line the first row.
func (t *Table) name(cells []cell, d dialect) error {
	if !t.Named {
		t.Lines = append([]int{cells[0].line}, t.Lines...)
	}
	seen := make(map[string]bool, len(cells))
	for j, at := range cells {
		c := &t.Columns[j]
		if c.Name = strconv.Itoa(j); !t.Named {
			c.prepend(at, d.decimal)
			continue
		}
		c.Name = strings.TrimSpace(at.text)
		if c.Name == "" && seen[""] {
			c.Name = strconv.Itoa(j)
		}
		switch {
		case len(c.Name) > maxName:
			return fmt.Errorf("the name of column %d has %d letters: shorten it to at most %d", j, len(c.Name), maxName)
		case strings.ContainsFunc(c.Name, unicode.IsControl):
			return fmt.Errorf("the name %q of column %d contains a control character: rename it", c.Name, j)
		case seen[c.Name]:
			return fmt.Errorf("two columns are named %q: rename one", c.Name)
		}
		seen[c.Name] = true
	}
	if len(t.Lines) == 0 {
		return errors.New("there are no rows: write one per line, below the names of the columns")
	}
	return nil
}

// prepend inserts a cell before the others.
func (c *Column) prepend(at cell, decimal byte) {
	first := Column{}
	first.add(at, decimal)
	c.Values = append(c.Values, 0)
	copy(c.Values[1:], c.Values)
	c.Values[0] = first.Values[0]
	c.numbers += first.numbers
	c.words += first.words
	if first.words > 0 {
		c.word = first.word
	}
	if first.gap.line > 0 {
		c.gap = first.gap
	}
}

// finish says why a column is not numeric, and whether it counts the rows.
func (c *Column) finish(t Table) {
	switch {
	case c.words > 0:
		c.Word = fmt.Sprintf("%s says %s", t.where(c.word), quoted(c.word.text))
		if amount(c.word.text) {
			c.Word += ": " + advice(c.word.text)
		}
	case c.numbers == 0 || !hasNumber(c.Values):
		c.Word = "it has no numbers"
	}
}

func hasNumber(values []float64) bool {
	for _, v := range values {
		if isNumber(v) {
			return true
		}
	}
	return false
}

// readTexts reads the text again for the columns with words. Equal texts share their memory.
func (t *Table) readTexts(text []byte, sep byte) error {
	var columns []int
	for j := range t.Columns {
		if t.Columns[j].words > 0 {
			columns = append(columns, j)
			t.Columns[j].Texts = make([]string, 0, t.Len())
		}
	}
	if columns == nil {
		return nil
	}
	s := newScanner(text, sep)
	shared := texts{}
	for {
		ok, err := s.next()
		if err != nil || !ok {
			return err
		}
		s.columns = len(t.Columns)
		if s.start < t.Lines[0] {
			continue // the names
		}
		for _, j := range columns {
			t.Columns[j].Texts = append(t.Columns[j].Texts, shared.of(s.fields[j].text))
		}
	}
}
