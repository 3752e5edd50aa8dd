package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// head uses the first line as the names of the columns or, if it holds none, as the first row. It names them if
//
//   - no cell of it is a number, and one is a word;
//   - it has a word above a column of numbers, or nothing above a first column in which nothing is missing;
//   - its numbers are 0, 1 and so on, as pandas numbers columns, and there are at least three, or two and no number below is whole;
//   - its numbers are whole, increase, such as years, and lie far from all others in their columns.
//
// Where no rule holds, but might have been meant, a note says how to say so.
func (t *Table) head(cells []cell, d dialect, asked Header, told string) error {
	if len(t.Columns) == len(cells) && len(t.Lines) == 0 {
		t.reserve(0)
	}
	f := firstLine{t: t, cells: cells, d: d}
	f.look()
	var note string
	switch {
	case t.Named || asked == Names:
		t.Named = true
	case asked == NoNames:
	default:
		t.Named, note = f.names()
	}
	if note != "" {
		t.Notes = append(t.Notes, note)
	}
	if names := f.toldNames(told); !t.Named && names != nil && asked != NoNames {
		if err := t.name(cells, d); err != nil {
			return err
		}
		t.Named = true
		for j := range t.Columns {
			t.Columns[j].Name = names[j]
		}
		t.Notes = append(t.Notes, "the names of the columns stand in the line with # above them")
	} else if err := t.name(cells, d); err != nil {
		return err
	}
	if c := &t.Columns[0]; t.Named && rowNumberNames[strings.ToLower(c.Name)] {
		c.RowNumbers = numberRows(c.Values)
	}
	return nil
}

// numberRows reports whether values are whole, and none of them occurs twice: R numbers the rows of a part as it did those of
// the whole.
func numberRows(values []float64) bool {
	increasing := true
	for i, v := range values {
		if v != math.Trunc(v) || math.IsInf(v, 0) {
			return false
		}
		increasing = increasing && (i == 0 || v > values[i-1])
	}
	if !increasing {
		sorted := slices.Sorted(slices.Values(values))
		for i, v := range sorted[1:] {
			if v == sorted[i] {
				return false
			}
		}
	}
	return len(values) > 0
}

// rowNumberNames are the names that R and pandas give to a column that numbers the rows.
var rowNumberNames = map[string]bool{"": true, "unnamed: 0": true, "rownames": true}

// firstLine is the first line of a text, above the columns of the others.
type firstLine struct {
	t     *Table
	cells []cell
	d     dialect

	words, numbers, aboveNumbers bool
	corner                       bool  // the first cell alone is empty, no other occurs twice, and nothing is missing below it
	whole                        []int // columns of the cells that are whole numbers, if all numbers are and they increase
}

func (f *firstLine) look() {
	last, increase, seen := math.Inf(-1), true, map[string]bool{}
	f.corner = len(f.cells) > 1 && f.t.Columns[0].gap.line == 0 && f.t.Len() > 1
	for j, at := range f.cells {
		v, kind := parse(at.text, f.d.decimal)
		c := f.t.Columns[j]
		f.words = f.words || kind == wordCell
		f.aboveNumbers = f.aboveNumbers || kind == wordCell && c.words == 0 && hasNumber(c.Values)
		f.corner = f.corner && (at.text == "") == (j == 0) && !seen[at.text]
		seen[at.text] = true
		if kind != numberCell || !isNumber(v) {
			continue
		}
		f.numbers = true
		increase = increase && isDigits(at.text) && v > last
		f.whole, last = append(f.whole, j), v
	}
	if !increase {
		f.whole = nil
	}
}

// isDigits reports whether a text consists of digits.
func isDigits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// names reports whether the first line holds names, and says so where it is not plain.
func (f *firstLine) names() (named bool, note string) {
	said := quoted(f.text())
	switch {
	case f.words && !f.numbers, f.aboveNumbers, f.corner && numberRows(f.t.Columns[0].Values):
		return true, ""
	case f.corner:
		return true, fmt.Sprintf("the first line, %s, is taken for names: header: false makes it a row", said)
	case len(f.whole) == 0 || f.t.Len() == 0:
		return false, ""
	case f.counting() && (len(f.whole) >= 3 || len(f.whole) == 2 && !f.anyWholeBelow()), f.far():
		return true, fmt.Sprintf("the first line, %s, is taken for names: header: false makes it a row", said)
	case f.counting() || len(f.whole) > 1 && f.step() == 1:
		return false, fmt.Sprintf("the first line, %s, is taken for a row: header: true makes it names", said)
	default:
		return false, ""
	}
}

// text returns the line, for people.
func (f *firstLine) text() string {
	list := make([]string, 0, maxListed)
	for _, c := range f.cells[:min(len(f.cells), maxListed)] {
		list = append(list, c.text)
	}
	return strings.Join(list, string(f.d.sep))
}

// counting reports whether the cells are 0, 1 and so on, but for an empty first one above the names of rows.
func (f *firstLine) counting() bool {
	cells := f.cells
	if cells[0].text == "" {
		cells = cells[1:]
	}
	for j, c := range cells {
		if c.text != strconv.Itoa(j) {
			return false
		}
	}
	return len(f.whole) == len(cells)
}

// step returns the difference of all whole numbers to the next, or 0 if there is none.
func (f *firstLine) step() float64 {
	step := 0.
	for i, j := range f.whole[1:] {
		a, _ := parse(f.cells[f.whole[i]].text, '.')
		b, _ := parse(f.cells[j].text, '.')
		if step = b - a; step != 1 {
			return 0
		}
	}
	return step
}

// anyWholeBelow reports whether a number below is whole.
func (f *firstLine) anyWholeBelow() bool {
	return slices.ContainsFunc(f.whole, func(j int) bool {
		return slices.ContainsFunc(f.t.Columns[j].Values, func(v float64) bool { return v == math.Trunc(v) })
	})
}

// farRanges is how far from all others in its column a number lies that is not one of them, in ranges of these.
const farRanges = 3

// far reports whether each number is far from all others in its column. One alone, without words beside it, may be an
// outlier.
func (f *firstLine) far() bool {
	if len(f.whole) < 2 && !f.words {
		return false
	}
	for _, j := range f.whole {
		v, _ := parse(f.cells[j].text, '.')
		low, high := math.Inf(1), math.Inf(-1)
		for _, x := range f.t.Columns[j].Values {
			if isNumber(x) {
				low, high = min(low, x), max(high, x)
			}
		}
		if away := max(low-v, v-high); !(away > farRanges*(high-low)) || low == high {
			return false
		}
	}
	return f.t.Len() > 2
}

// toldNames returns the names in a comment above a first row of numbers, as NumPy's savetxt writes them, if it holds one
// for each column.
func (f *firstLine) toldNames(told string) []string {
	if told == "" || f.words || !f.numbers {
		return nil
	}
	s := newScanner([]byte(told), f.d.sep)
	if ok, err := s.next(); !ok || err != nil || len(s.fields) != len(f.cells) {
		return nil
	}
	var names []string
	for _, c := range s.cells() {
		if _, kind := parse(c.text, f.d.decimal); kind != wordCell || slices.Contains(names, c.text) || len(f.cells) == 1 && strings.Contains(c.text, " ") {
			return nil
		}
		names = append(names, c.text)
	}
	return names
}
