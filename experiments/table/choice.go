package table

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// mostly is the share of numbers among the cells with something in them, from which on a column is one of numbers with
// mistakes, rather than one of words.
const mostly = .9

// Mistake returns what is wrong with a column that is one of numbers but for a few cells, or an empty string. To leave it
// out without a word would hide a typing error.
func (t Table) Mistake(c Column) string {
	if c.words == 0 || float64(c.numbers) < mostly*float64(c.numbers+c.words) {
		return ""
	}
	return fmt.Sprintf("%s, column %q: %s is not a number, and %d of the %d other cells are: %s",
		t.where(c.word), c.Name, quoted(c.word.text), c.numbers, c.numbers+c.words-1, advice(c.word.text))
}

// Left is a column that is left out, and why.
type Left struct{ Name, Why string }

// Default returns the columns to take if none are named: all of numbers but those to exclude and the one that numbers the
// rows, if there are others; and those left out. It is an error if a column is of numbers but for a few cells.
func (t Table) Default(exclude []string) (names []string, left []Left, err error) {
	return t.choose(exclude, func(c Column) bool { return c.Word == "" })
}

// PointColumns returns the columns of points: those of Default, and those of nothing but NaN, as samples may be.
func (t Table) PointColumns() (names []string, left []Left, err error) {
	return t.choose(nil, func(c Column) bool { return c.Word == "" || c.gap.line == 0 })
}

func (t Table) choose(exclude []string, numeric func(Column) bool) (names []string, left []Left, err error) {
	for _, c := range t.Columns {
		mistake := t.Mistake(c)
		switch {
		case slices.Contains(exclude, c.Name):
			left = append(left, Left{c.Name, "excluded"})
		case mistake != "":
			return nil, nil, errors.New(mistake)
		case !numeric(c):
			left = append(left, Left{c.Name, c.Word})
		case c.RowNumbers && len(t.Columns) > 1:
			left = append(left, Left{c.Name, "it numbers the rows, as R and pandas write it: name it in columns to take it"})
		default:
			names = append(names, c.Name)
		}
	}
	return names, left, nil
}

// Rest returns the columns that are not among the names, nor to be excluded, as left out.
func (t Table) Rest(names, exclude []string) (left []Left) {
	for _, c := range t.Columns {
		switch {
		case slices.Contains(exclude, c.Name):
			left = append(left, Left{c.Name, "excluded"})
		case !slices.Contains(names, c.Name):
			left = append(left, Left{c.Name, "not in columns"})
		}
	}
	return left
}

// Reasons returns why columns are left out, in brackets after a space, or nothing if there are none.
func Reasons(left []Left) string {
	if len(left) == 0 {
		return ""
	}
	return " (" + reasons(left) + ")"
}

// reasons returns columns with why they are left out.
func reasons(left []Left) string {
	var all, names []string
	for i, l := range left {
		if names = append(names, strconv.Quote(l.Name)); i+1 < len(left) && left[i+1].Why == l.Why {
			continue
		}
		all = append(all, Listed(names)+": "+l.Why)
		names = nil
	}
	if more := len(all) - maxListed; more > 0 {
		all = append(all[:maxListed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}

// Describe returns what was taken of a file and what was left out, as sentences without a full stop.
func (t Table) Describe(names []string, left []Left) []string {
	text := fmt.Sprintf("%d rows of %d columns: %s", cmp.Or(t.elsewhere, t.Len()), len(names), Listed(names))
	if len(names) == 1 {
		text = fmt.Sprintf("%d rows of one column: %s", cmp.Or(t.elsewhere, t.Len()), names[0])
	}
	if !t.Named {
		text += " (it names none)"
	}
	return append([]string{text}, t.Remarks(left)...)
}

// Remarks returns how the file was read where it leaves that open, and what was left out.
func (t Table) Remarks(left []Left) []string {
	notes := slices.Clone(t.Notes)
	if len(left) > 0 {
		notes = append(notes, "left out: "+reasons(left))
	}
	return notes
}
