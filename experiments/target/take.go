package target

import (
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
)

// Taken is what a target takes of a table: its Data, with the columns, kinds and rows filled in.
type Taken struct {
	Data
	ColumnNotes []ColumnNote
}

// Make returns the target, with notes on the columns of the file, as the spec names it.
func (t Taken) Make(file string) (Target, error) {
	made, err := t.Data.Make()
	if err == nil {
		made.note(file, t.ColumnNotes)
	}
	return made, err
}

// ColumnError is an error about a column.
type ColumnError struct {
	Column string
	Err    error
}

// Error names the column.
func (e *ColumnError) Error() string { return fmt.Sprintf("columns: %q: %v", e.Column, e.Err) }

// Unwrap returns what is wrong with it.
func (e *ColumnError) Unwrap() error { return e.Err }

// Default returns the columns to take if none are named, with the kinds that they seem to be of: all but those to exclude, words that do
// not repeat, and the one that counts the rows, if there are others. If real is set, they are those of numbers, as real. It is an error
// if a column is of numbers but for a few cells.
func Default(t table.Table, exclude []string, real bool) (list []kinds.Choice, left []table.Left, err error) {
	numeric, others, err := t.Default(exclude)
	if err != nil {
		return nil, nil, err
	}
	out := map[string]string{}
	for _, l := range others {
		out[l.Name] = l.Why
	}
	for _, c := range t.Columns {
		choice := kinds.Choice{Column: c.Name, Kind: kinds.Real}
		why, without := out[c.Name]
		words := without && c.Texts != nil && !slices.Contains(exclude, c.Name)
		if !real && (words || !without) {
			if choice.Kind, err = kinds.Guess(asKind(c)); err != nil {
				left = append(left, table.Left{Name: c.Name, Why: err.Error()})
				continue
			}
			without = false
		}
		if without {
			left = append(left, table.Left{Name: c.Name, Why: why})
			continue
		}
		list = append(list, choice)
	}
	if len(numeric) == 0 && real {
		list = nil
	}
	return list, left, nil
}

// Guess returns the kind that a column of the table seems to be of. An error says what is wrong with it.
func Guess(t table.Table, column string) (kinds.Kind, error) {
	c := t.Columns[slices.IndexFunc(t.Columns, func(c table.Column) bool { return c.Name == column })]
	if mistake := t.Mistake(c); mistake != "" {
		return kinds.Kind{}, errors.New(mistake)
	}
	return kinds.Guess(asKind(c))
}

// Take returns the data of the chosen columns, whose kinds are known, in this order. Those of declared have a kind that was not guessed.
// An error is a ColumnError, or about rows.
func Take(t table.Table, choices, declared []kinds.Choice) (taken Taken, err error) {
	at := map[string]int{}
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	set := map[string]bool{}
	for _, c := range declared {
		set[c.Column] = c.Kind.Known()
	}
	rows := t
	rows.Columns = slices.Clone(t.Columns)
	for _, choice := range choices {
		c := &rows.Columns[at[choice.Column]]
		kind, values, err := choice.Kind.Take(asKind(*c))
		if err != nil {
			if mistake := t.Mistake(*c); mistake != "" {
				err = errors.New(mistake)
			}
			return taken, columnError(t, c.Name, err)
		}
		c.Values, c.Word, c.Texts = values, "", nil
		taken.Columns, taken.Kinds = append(taken.Columns, c.Name), append(taken.Kinds, kind)
		taken.ColumnNotes = append(taken.ColumnNotes, ColumnNote{Column: c.Name, Kind: kind, Set: set[c.Name]})
	}
	if kinds.AllReal(taken.Kinds) {
		taken.Kinds = nil
	}
	taken.Rows, err = rows.Rows(taken.Columns)
	return taken, err
}

// asKind returns the column as kinds have it: without words for a missing value.
func asKind(c table.Column) kinds.Column {
	texts := slices.Clone(c.Texts)
	for i := range texts {
		if c.Missing(i) {
			texts[i] = ""
		}
	}
	return kinds.Column{Name: c.Name, Values: c.Values, Texts: texts}
}

// columnError adds the name of a column, and the place of the value that is wrong.
func columnError(t table.Table, name string, err error) error {
	if bad := (*kinds.BadValue)(nil); errors.As(err, &bad) {
		err = fmt.Errorf("%w (%s)", err, t.Place(bad.Row))
	}
	return &ColumnError{name, err}
}

// Named returns the column with a name and, where its values are codes of categories, their texts.
func Named(c table.Column, name string, kind kinds.Kind) table.Column {
	c.Name = name
	if kind.Categories == nil {
		return c
	}
	c.Texts = make([]string, len(c.Values))
	for i, v := range c.Values {
		if v >= 0 && int(v) < len(kind.Categories) {
			c.Texts[i] = kind.Categories[int(v)]
		}
	}
	c.Word = "it holds categories"
	return c
}
