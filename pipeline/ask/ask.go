// Package ask answers statements in SQL on the views of a store, row by row as they come, and says which views there are.
//
//	err := ask.Statement(ctx, db, `select setting, mmd from v_settings`, ask.ForPeople(os.Stdout, 80), func(caution string) {})
package ask

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
	"flowsweep/store/view"
)

// Form is a form in which rows are written.
type Form interface {
	Columns(names []string) error
	Row(values []any) error // each nil, an int64, a float64, a string or a []byte, and valid only during the call
	End() error             // after the last row, if nothing failed
}

// Statement runs one that only reads, and writes what it returns. A *view.Error says what is wrong with the text, before anything is
// written. Sweeps whose figures cannot be worked out are told to caution.
func Statement(ctx context.Context, db *store.DB, text string, form Form, caution func(string)) error {
	figures := func(now *store.DB) ([]view.Figures, error) { return figuresOf(ctx, now, caution) }
	columns := func(names []string) error { return form.Columns(distinct(names)) }
	if err := db.Query(ctx, text, figures, view.Answer{Columns: columns, Row: form.Row}); err != nil {
		return err
	}
	return form.End()
}

// distinct returns names of which no two are equal: a second "a" is "a:1", as in SQLite's own tables.
func distinct(names []string) []string {
	list := make([]string, 0, len(names))
	for _, name := range names {
		unique := name
		for i := 1; slices.Contains(list, unique); i++ {
			unique = fmt.Sprintf("%s:%d", name, i)
		}
		list = append(list, unique)
	}
	return list
}

// figuresOf returns what `runs --by-setting` prints of the settings of all sweeps.
func figuresOf(ctx context.Context, db *store.DB, caution func(string)) (list []view.Figures, err error) {
	names, err := db.SweepNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		sweep, err := saved.Sweep(ctx, db, name)
		switch {
		case ctx.Err() != nil:
			return nil, errors.Join(ctx.Err(), err)
		case store.Damaged(err):
			return nil, err
		case err != nil: // which must not hide the others
			caution(fmt.Sprintf("settings of sweep %s have no intervals: %v", name, err))
			continue
		}
		list = append(list, figuresIn(ship.New(sweep))...)
	}
	return list, nil
}

// figuresIn returns the figures of the settings of an outcome.
func figuresIn(o ship.Outcome) []view.Figures {
	list := make([]view.Figures, len(o.Summaries))
	at := map[string]int{}
	for i, r := range o.Sweep.Results { // the settings are in the order in which they come here first
		if form := r.Setting.Form(); !has(at, form) {
			list[len(at)].Position = i
			at[form] = len(at)
		}
	}
	t := o.SettingTable()
	for i, s := range o.Summaries {
		f := &list[i]
		f.Sweep, f.Setting, f.Choice = o.Sweep.Name, t.Cells[i]["setting"].Value, t.Cells[i]["choice"].Value
		for _, st := range s.Metrics {
			if st.N > 0 {
				f.Metrics = append(f.Metrics, view.Figure{Metric: st.Name, Mean: st.Mean, Low: st.Low, High: st.High})
			}
		}
	}
	return list
}

func has[V any](m map[string]V, key string) bool {
	_, ok := m[key]
	return ok
}
