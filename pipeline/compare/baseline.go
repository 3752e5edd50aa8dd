package compare

import (
	"context"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/reports/comparison"
	"flowsweep/store"
)

// KeyError says that a key names no setting.
type KeyError struct{ Err error }

func (e *KeyError) Error() string { return e.Err.Error() }
func (e *KeyError) Unwrap() error { return e.Err }

// Baseline compares all settings of an outcome with that of a run, which may be of another sweep of the store. The beginning of its
// key is enough. The error is a KeyError if that names no run of a sweep.
func Baseline(ctx context.Context, db *store.DB, o ship.Outcome, prefix string) (*comparison.Baseline, error) {
	kind, key, err := db.Find(ctx, prefix)
	if err != nil {
		return nil, &KeyError{err}
	}
	if kind != "run" {
		return nil, &KeyError{fmt.Errorf("%s is a fit, whose net may be sampled in several ways: use the key of a run, from `flowsweep runs`", key)}
	}
	b := &comparison.Baseline{Run: key, Setting: settingOf(o, key)}
	of := measured{outcome: o}
	if b.Setting >= 0 {
		of.Summary, b.Label = o.Summaries[b.Setting], o.Labels.Setting(b.Setting)
	} else {
		if of, err = elsewhere(ctx, db, key); err != nil {
			return nil, err
		}
		labels := experiments.NewLabels(append(settingsOf(o), of.Setting))
		b.Label = fmt.Sprintf("%s of %s", labels.Setting(len(o.Summaries)), of.outcome.Sweep.Name)
	}
	pairs := make([]match, len(o.Summaries))
	for i, s := range o.Summaries {
		pairs[i] = match{a: of, b: measured{o, s}, label: o.Labels.Setting(i)}
	}
	for _, name := range shared(o, of.outcome) {
		rows, err := rowsOf(pairs, name)
		if err != nil {
			return nil, err
		}
		b.Metrics = append(b.Metrics, comparison.Metric{Name: name, Rows: rows})
	}
	return b, nil
}

// settingOf returns the index of the setting that a run is of, or -1.
func settingOf(o ship.Outcome, run string) int {
	form := ""
	for _, r := range o.Sweep.Results {
		if r.Run == run {
			form = r.Setting.Form()
		}
	}
	return slices.IndexFunc(o.Summaries, func(s experiments.Summary) bool { return s.Setting.Form() == form })
}

// elsewhere returns the setting of a run in the latest sweep that plans it.
func elsewhere(ctx context.Context, db *store.DB, run string) (measured, error) {
	uses, err := db.Uses(ctx, "", run)
	if err != nil {
		return measured{}, err
	}
	for _, use := range uses {
		if use.Role != "" {
			continue
		}
		o, err := ship.Load(ctx, db, use.Sweep)
		if err != nil {
			return measured{}, err
		}
		if i := settingOf(o, run); i >= 0 {
			return measured{o, o.Summaries[i]}, nil
		}
	}
	return measured{}, &KeyError{fmt.Errorf("the run %s is of no sweep: use one that `flowsweep runs` lists", run)}
}
