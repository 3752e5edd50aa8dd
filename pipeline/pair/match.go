package pair

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/kinds"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
)

// matched is a column of both files.
type matched struct {
	r, s   table.Column
	kind   kinds.Kind // the zero value where it is to be guessed
	asked  bool
	values []float64 // of the rows of the reference, then of the samples
}

// match returns the columns of both files: by name where both files have names, and by position otherwise.
func (p *Pair) match(r, s File, asked []kinds.Choice) ([]matched, error) {
	if len(asked) > 0 {
		return p.matchAsked(r, s, asked)
	}
	ofR, err := p.columns(r)
	if err != nil {
		return nil, err
	}
	ofS, err := p.columns(s)
	if err != nil {
		return nil, err
	}
	if r.Table.Named && s.Table.Named {
		return p.matchNames(r, s, ofR, ofS)
	}
	if len(ofR) != len(ofS) { // without columns that a target would not take, they may be as many
		ofR, ofS = p.plausible(r, ofR), p.plausible(s, ofS)
	}
	if len(ofR) != len(ofS) {
		return nil, fmt.Errorf("%s has %d columns to compare, but the reference %s has %d: choose columns with --columns, or use points of the same dimension",
			s.Path, len(ofS), r.Path, len(ofR))
	}
	return p.matchPlaces(r, s, ofR, ofS), nil
}

// columns returns the columns of a file that hold something, but not the one that numbers the rows. Notes say what is left out.
func (p *Pair) columns(f File) ([]table.Column, error) {
	numeric, left, err := f.Table.PointColumns()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	var list []table.Column
	for _, c := range f.Table.Columns {
		if slices.Contains(numeric, c.Name) || c.Texts != nil {
			list = append(list, c)
			left = slices.DeleteFunc(left, func(l table.Left) bool { return l.Name == c.Name })
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has no columns of numbers or categories%s", f.Path, table.Reasons(left))
	}
	p.note(f, f.Table.Remarks(left)...)
	return list, nil
}

func (p *Pair) note(f File, notes ...string) {
	for _, n := range notes {
		p.Notes = append(p.Notes, f.Path+": "+n)
	}
}

// plausible returns the columns that a target would take of the file alone. Notes say what is left out.
func (p *Pair) plausible(f File, list []table.Column) (kept []table.Column) {
	var left []table.Left
	for _, c := range list {
		if _, err := target.Guess(f.Table, c.Name); err != nil {
			left = append(left, table.Left{Name: c.Name, Why: err.Error()})
			continue
		}
		kept = append(kept, c)
	}
	p.note(f, table.Table{}.Remarks(left)...)
	return kept
}

// matchNames matches columns by name. Words that do not repeat need no counterpart: samples of a net have none.
func (p *Pair) matchNames(r, s File, ofR, ofS []table.Column) (list []matched, err error) {
	for _, only := range []struct {
		in, out         File
		columns, others []table.Column
	}{{r, s, ofR, ofS}, {s, r, ofS, ofR}} {
		names := table.Table{Columns: only.others}.Names()
		missing := slices.DeleteFunc(slices.Clone(only.columns), func(c table.Column) bool { return slices.Contains(names, c.Name) })
		if missing = p.plausible(only.in, missing); len(missing) > 0 {
			return nil, fmt.Errorf("%s has a column %q, and %s has not (it has %s): choose columns with --columns",
				only.in.Path, missing[0].Name, only.out.Path, table.Listed(names))
		}
	}
	for _, c := range ofR {
		if i := slices.IndexFunc(ofS, func(o table.Column) bool { return o.Name == c.Name }); i >= 0 {
			list = append(list, matched{r: c, s: ofS[i]})
		}
	}
	return list, nil
}

// matchPlaces matches as many columns by position.
func (p *Pair) matchPlaces(r, s File, ofR, ofS []table.Column) (list []matched) {
	for i, c := range ofR {
		list = append(list, matched{r: c, s: ofS[i]})
	}
	ours, theirs := table.Table{Columns: ofR}.Names(), table.Table{Columns: ofS}.Names()
	if !slices.Equal(ours, theirs) {
		p.Notes = append(p.Notes, fmt.Sprintf("%s and %s do not both name their columns: they are matched by position, %s with %s",
			r.Path, s.Path, strings.Join(ours, ", "), strings.Join(theirs, ", ")))
	}
	return list
}

// matchAsked returns the columns that are asked for.
func (p *Pair) matchAsked(r, s File, asked []kinds.Choice) ([]matched, error) {
	var of [2][]table.Column
	for k, f := range []File{r, s} {
		var err error
		if of[k], err = f.named(asked); err != nil {
			return nil, err
		}
		p.note(f, f.Table.Remarks(nil)...)
	}
	list := p.matchPlaces(r, s, of[0], of[1])
	for i, c := range asked {
		list[i].kind, list[i].asked = c.Kind, true
	}
	return list, nil
}

// named returns the columns that are asked for by name. A file that names none has them by position, if it has as many.
func (f File) named(asked []kinds.Choice) (list []table.Column, err error) {
	known := f.Table.Names()
	for i, c := range asked {
		at := slices.Index(known, c.Column)
		switch {
		case slices.ContainsFunc(asked[:i], func(b kinds.Choice) bool { return b.Column == c.Column }):
			return nil, fmt.Errorf("--columns: %q is repeated: leave one out", c.Column)
		case at >= 0:
			list = append(list, f.Table.Columns[at])
		case f.Table.Named:
			return nil, fmt.Errorf("%s: --columns: %s", f.Path, problem.Unknown("column", c.Column, known))
		default:
			q := Pair{}
			if list, err = q.columns(f); err == nil && len(list) != len(asked) {
				list = q.plausible(f, list)
			}
			if err == nil && len(list) != len(asked) {
				err = fmt.Errorf("%s: --columns: %s", f.Path, problem.Unknown("column", c.Column, known))
			}
			return list, err
		}
	}
	return list, nil
}
