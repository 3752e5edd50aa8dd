package pair

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
)

// take fills in the columns, and the values of those matched. Words that do not repeat in both files together are left out, which a note
// says, unless they are asked for.
func (p *Pair) take(list []matched, r, s File) (taken []matched, err error) {
	if err := errors.Join(gaps(r, list, func(m matched) table.Column { return m.r }), gaps(s, list, func(m matched) table.Column { return m.s })); err != nil {
		return nil, err
	}
	var left []table.Left
	for _, m := range list {
		declared := m.kind.Known()
		kind, err := m.take(r, s)
		if unfit := (*unfit)(nil); errors.As(err, &unfit) && !m.asked {
			left = append(left, table.Left{Name: m.r.Name, Why: unfit.Error()})
			continue
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, m)
		p.Columns = append(p.Columns, Column{Name: m.r.Name, Kind: kind, Set: declared, Range: rangeOf(kind, m.values)})
	}
	if len(taken) == 0 {
		return nil, fmt.Errorf("%s and %s have no columns of numbers or categories%s", r.Path, s.Path, table.Reasons(left))
	}
	p.note(r, table.Table{}.Remarks(left)...)
	return taken, nil
}

// gaps returns an error if a column of numbers has a cell without one.
func gaps(f File, list []matched, of func(matched) table.Column) error {
	var numeric []string
	for _, m := range list {
		if c := of(m); c.Texts == nil {
			numeric = append(numeric, c.Name)
		}
	}
	if _, err := f.Table.Points(numeric); err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	return nil
}

// unfit is why the words of a column are no categories.
type unfit struct{ error }

// take sets the values of a column, of the reference and then of the samples, and returns its kind.
func (m *matched) take(r, s File) (kind kinds.Kind, err error) {
	for _, of := range []struct {
		file   File
		column table.Column
	}{{r, m.r}, {s, m.s}} {
		if mistake := of.file.Table.Mistake(of.column); mistake != "" {
			return kind, fmt.Errorf("%s: %s", of.file.Path, mistake)
		}
	}
	words := m.r.Texts != nil || m.s.Texts != nil
	if words && (m.r.Texts == nil || m.s.Texts == nil) && !(m.kind.Known() && m.kind.OneHot) {
		return kind, m.mismatch(r, s)
	}
	both := kinds.Column{Name: m.r.Name, Values: slices.Concat(m.r.Values, m.s.Values)}
	if words {
		both.Texts = slices.Concat(textsOf(m.r), textsOf(m.s))
	}
	if kind = m.kind; !kind.Known() {
		if kind, err = kinds.Guess(both); err != nil {
			return kind, &unfit{fmt.Errorf("%q of %s and %s: %w", m.r.Name, r.Path, s.Path, err)}
		}
	}
	if m.values = both.Values; !m.kind.Known() && !words {
		return kind, nil // samples may hold NaN
	}
	place := func(row int) string {
		if n := r.Table.Len(); row >= n {
			return fmt.Sprintf("%s, %s, column %q", s.Path, s.Table.Place(row-n), m.s.Name)
		}
		return fmt.Sprintf("%s, %s, column %q", r.Path, r.Table.Place(row), m.r.Name)
	}
	kind, m.values, err = kind.Take(both)
	if bad := (*kinds.BadValue)(nil); errors.As(err, &bad) {
		return kind, fmt.Errorf("%s: %w", place(bad.Row), err)
	}
	if err != nil {
		return kind, fmt.Errorf("--columns: %q: %w", m.r.Name, err)
	}
	if i := slices.IndexFunc(m.values, math.IsNaN); kind.OneHot && i >= 0 {
		return kind, fmt.Errorf("%s: it has no value: fill it in, or leave the row or the column out", place(i))
	}
	return kind, nil
}

// mismatch says that one file has words where the other has numbers.
func (m *matched) mismatch(r, s File) error {
	file, column, other, theirs := r, m.r, s, m.s
	if column.Texts == nil {
		file, column, other, theirs = s, m.s, r, m.r
	}
	return fmt.Errorf("the column %q of %s holds words (%s), and %q of %s holds numbers: compare files that both have the words, such as samples "+
		"as .csv or .parquet, choose other columns with --columns, or say --columns '{%s: categorical, ...}' to compare numbers as words",
		column.Name, file.Path, column.Word, theirs.Name, other.Path, m.r.Name)
}

// textsOf returns the cells of a column as texts, empty where a value is missing.
func textsOf(c table.Column) []string {
	texts := make([]string, len(c.Values))
	for i, v := range c.Values {
		switch {
		case c.Missing(i):
		case c.Texts != nil:
			texts[i] = c.Texts[i]
		default:
			texts[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	return texts
}

// rangeOf says which values a column has.
func rangeOf(kind kinds.Kind, values []float64) string {
	if kind.OneHot {
		return kind.Learn("", values).Span()
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if flow.Finite(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low == high {
		return fmt.Sprintf("%.6g", low)
	}
	return fmt.Sprintf("%.6g to %.6g", low, high)
}

// warn notes what makes the metrics blind: columns on other scales, outliers, rows that are not finite, and categories that the reference
// does not have.
func (p *Pair) warn(r, s File, standardise bool) {
	names, ofR, ofS := p.numeric()
	if !standardise {
		for _, w := range target.ScaleCautions(names, ofR) {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %s: use --standardise", r.Path, w))
		}
	}
	for _, f := range []struct {
		file File
		b    flow.Batch
	}{{r, ofR}, {s, ofS}} {
		for _, w := range target.Cautions(names, f.b) {
			p.Warnings = append(p.Warnings, f.file.Path+": "+w)
		}
		if bad, first := notFinite(f.b); bad > 0 {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %d of %d rows hold NaN or Inf, the first is %s: no metric has a value: leave them out",
				f.file.Path, bad, f.b.Len(), f.file.Table.Place(first)))
		}
	}
	for j, c := range p.Columns {
		if other := strangers(c.Kind, p.Reference.Rows, p.Samples.Rows, j); len(other) > 0 {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s: the column %q has values that the reference has not: %s", s.Path, c.Name, table.Listed(other)))
		}
	}
}

// numeric returns the columns of numbers, their names, and nothing else of the rows.
func (p *Pair) numeric() (names []string, reference, samples flow.Batch) {
	var at []int
	for j, c := range p.Columns {
		if !c.Kind.OneHot {
			names, at = append(names, c.Name), append(at, j)
		}
	}
	of := func(rows flow.Batch) flow.Batch {
		b := flow.NewBatch(rows.Len(), len(at))
		for i := range rows.Len() {
			for k, j := range at {
				b.Row(i)[k] = rows.Row(i)[j]
			}
		}
		return b
	}
	return names, of(p.Reference.Rows), of(p.Samples.Rows)
}

// strangers returns the categories in column j of the samples that the reference does not have.
func strangers(kind kinds.Kind, reference, samples flow.Batch, j int) (list []string) {
	if !kind.OneHot {
		return nil
	}
	known, other := make([]bool, len(kind.Categories)), make([]bool, len(kind.Categories))
	for i := range reference.Len() {
		known[int(reference.Row(i)[j])] = true
	}
	for i := range samples.Len() {
		other[int(samples.Row(i)[j])] = true
	}
	for k, name := range kind.Categories {
		if other[k] && !known[k] {
			list = append(list, strings.TrimSpace(name))
		}
	}
	return list
}

// notFinite returns the number of rows that are not finite, and the first of them.
func notFinite(b flow.Batch) (bad, first int) {
	for i := range b.Len() {
		if !flow.Finite(b.Row(i)...) {
			if bad++; bad == 1 {
				first = i
			}
		}
	}
	return bad, first
}
