package show

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"flowsweep/experiments/problem"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/command"
	"flowsweep/store"
)

// difference is the JSON form of `flowsweep show A B`: how two fits or runs differ.
type difference struct {
	A      string          `json:"a"` // keys
	B      string          `json:"b"`
	Fields []differentPart `json:"differences" null:"never"`
}

// differentPart is a field that differs, under its dotted name in `flowsweep show --json`. A value that is missing is empty.
type differentPart struct {
	Field string `json:"field"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// showDifference prints how two fits or two runs differ: configs, results and environments.
func (a *app) showDifference(ctx context.Context, db *store.DB, first, second string, asJSON bool) error {
	one, err := show(ctx, db, first)
	if err != nil {
		return err
	}
	two, err := show(ctx, db, second)
	if err != nil {
		return err
	}
	if one.Kind != two.Kind {
		return command.Usage(fmt.Errorf("%s is a %s and %s a %s: compare two fits or two runs", one.Key, one.Kind, two.Key, two.Kind))
	}
	d := difference{A: one.Key, B: two.Key}
	if d.Fields, err = differentParts(one, two); err != nil {
		return err
	}
	if asJSON {
		return command.PrintJSON(a.Stdout, d)
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\t%s\t\n", one.Kind, d.A, d.B)
	for _, f := range d.Fields {
		fmt.Fprintf(w, "%s\t%s\t%s\t\n", problem.Printable(f.Field), problem.Printable(f.A), problem.Printable(f.B))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(d.Fields) == 0 {
		fmt.Fprintln(a.Stdout, "no differences")
	}
	return nil
}

// differentParts returns the fields that differ: those of the first in their order, then those that only the second has.
func differentParts(one, two shown) ([]differentPart, error) {
	var fields [2][]query.Field
	for i, s := range []shown{one, two} {
		var err error
		if fields[i], err = query.Flatten(comparable(s)); err != nil {
			return nil, err
		}
	}
	find := func(list []query.Field, key string) (string, bool) {
		i := slices.IndexFunc(list, func(f query.Field) bool { return f.Key == key })
		if i < 0 {
			return "", false
		}
		return list[i].Value, true
	}
	parts := []differentPart{}
	for _, f := range fields[0] {
		if other, ok := find(fields[1], f.Key); !ok || other != f.Value {
			parts = append(parts, differentPart{f.Key, f.Value, other})
		}
	}
	for _, f := range fields[1] {
		if _, ok := find(fields[0], f.Key); !ok {
			parts = append(parts, differentPart{f.Key, "", f.Value})
		}
	}
	return parts, nil
}

// comparable drops what always differs, and all losses but the last.
func comparable(s shown) shown {
	s.Key, s.Files, s.Tags, s.Aliases, s.Note = "", nil, nil, nil, ""
	if s.Environment != nil {
		e := *s.Environment
		e.Modules = nil
		s.Environment = &e
	}
	if n := len(s.Losses); n > 0 {
		s.Losses = s.Losses[n-1:]
	}
	if s.Fit != nil {
		fit := comparable(*s.Fit)
		s.Fit = &fit
	}
	return s
}
