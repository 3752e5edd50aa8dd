// Package compare says how two sweeps of a store differ: in their specs, setting by setting, and in what they chose.
//
//	c, err := compare.Sweeps(ctx, db, "two-moons", "two-moons-ot")
//	page, err := comparison.Render(c)
package compare

import (
	"context"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/ship"
	"flowsweep/reports/comparison"
	"flowsweep/store"
)

// Sweeps compares two sweeps of a store, by name.
func Sweeps(ctx context.Context, db *store.DB, a, b string) (c comparison.Comparison, err error) {
	var of [2]ship.Outcome
	for i, name := range []string{a, b} {
		if of[i], err = ship.Load(ctx, db, name); err != nil {
			return c, err
		}
	}
	return outcomes(ctx, db, of[0], of[1])
}

// outcomes compares two outcomes.
func outcomes(ctx context.Context, db *store.DB, a, b ship.Outcome) (c comparison.Comparison, err error) {
	if c.Differences, err = specDifferences(a.Sweep.Spec, b.Sweep.Spec); err != nil {
		return c, err
	}
	if c.Environment, err = environmentDifferences(a.Sweep, b.Sweep); err != nil {
		return c, err
	}
	both := jointLabels(a, b)
	by := a.Sweep.Spec.Choose.Metric
	if !slices.Contains(names(b.Sweep.Spec), by) {
		by = b.Sweep.Spec.Choose.Metric
	}
	c.A, c.B = sideOf(a, by), sideOf(b, by)
	pairs, onlyA, onlyB, err := matches(a, b)
	if err != nil {
		return c, err
	}
	c.OnlyA, c.OnlyB = both.of(0, onlyA), both.of(len(a.Summaries), onlyB)
	c.Metrics = []comparison.Metric{}
	for _, name := range shared(a, b) {
		rows, err := rowsOf(ofMetric(pairs, name), name)
		if err != nil {
			return c, err
		}
		c.Metrics = append(c.Metrics, comparison.Metric{Name: name, Rows: rows})
	}
	if c.Choices, err = choices(ctx, db, a, b, both); err != nil {
		return c, err
	}
	c.Incomparable = incomparable(c)
	c.Sentence = c.Words(by)
	return c, nil
}

// shared returns the metrics that both sweeps measure, those to choose by in front.
func shared(a, b ship.Outcome) (list []string) {
	first := a.Sweep.Spec.Choose.Metric
	for _, name := range union([]string{first}, names(a.Sweep.Spec)) {
		if slices.Contains(names(a.Sweep.Spec), name) && slices.Contains(names(b.Sweep.Spec), name) {
			list = append(list, name)
		}
	}
	return list
}

// sideOf returns what is to be said of one sweep, with its settings by a metric.
func sideOf(o ship.Outcome, metric string) comparison.Side {
	side := comparison.Side{Sweep: o.Sweep.Name, Settings: len(o.Summaries), Runs: len(o.Sweep.Results), Seeds: len(o.Sweep.Spec.Seeds)}
	for i, s := range o.Summaries {
		side.Finished += len(s.Runs)
		if st, ok := s.Stat(metric); ok && st.N > 0 {
			side.Points = append(side.Points, comparison.Point{
				Setting: o.Labels.Setting(i), Line: o.Labels.Recipe(i) + " · " + o.Labels.Sampler(i), NFE: float64(s.NFE), Mean: st.Mean, Chosen: i == o.Choice.Chosen,
			})
		}
	}
	return side
}

// matches pairs the settings that differ in nothing but the fields that are one in all settings of a sweep, and another in all of
// the other. The settings of only one sweep are given by their index.
func matches(a, b ship.Outcome) (pairs []match, onlyA, onlyB []int, err error) {
	x, err := tableOf(settingsOf(a))
	if err != nil {
		return nil, nil, nil, err
	}
	y, err := tableOf(settingsOf(b))
	if err != nil {
		return nil, nil, nil, err
	}
	keys, without := union(x.keys, y.keys), apart(x, y)
	at := map[string]int{}
	for j := range y.values {
		at[y.matchKey(j, keys, without)] = j
	}
	var found []experiments.Setting
	taken := map[int]bool{}
	for i := range x.values {
		j, ok := at[x.matchKey(i, keys, without)]
		if !ok {
			onlyA = append(onlyA, i)
			continue
		}
		taken[j] = true
		found = append(found, a.Summaries[i].Setting)
		pairs = append(pairs, match{a: measured{a, a.Summaries[i]}, b: measured{b, b.Summaries[j]}})
	}
	for j := range y.values {
		if !taken[j] {
			onlyB = append(onlyB, j)
		}
	}
	labels := experiments.NewLabels(found)
	for k := range pairs {
		pairs[k].label, pairs[k].recipe = labels.Setting(k), labels.Recipe(k)
	}
	return pairs, onlyA, onlyB, nil
}

// ofMetric returns the pairs to compare by a metric. One of the net says the same of all samplers, so it has a pair for each recipe.
func ofMetric(pairs []match, name string) (list []match) {
	if m, known := metric.Named(name); !known || m.OfNet == nil {
		return pairs
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		recipes := experiments.Form([]any{p.a.Setting.Recipe, p.b.Setting.Recipe})
		if !seen[recipes] {
			seen[recipes], p.label = true, p.recipe
			list = append(list, p)
		}
	}
	return list
}

func settingsOf(o ship.Outcome) []experiments.Setting {
	settings := make([]experiments.Setting, len(o.Summaries))
	for i, s := range o.Summaries {
		settings[i] = s.Setting
	}
	return settings
}

// joint are labels of the settings of two sweeps, those of the first in front.
type joint struct{ experiments.Labels }

func jointLabels(a, b ship.Outcome) joint {
	return joint{experiments.NewLabels(slices.Concat(settingsOf(a), settingsOf(b)))}
}

// of returns the labels of settings, given by their index in a sweep whose first one has the index first.
func (l joint) of(first int, list []int) []string {
	words := make([]string, len(list)) // [] and not null in JSON
	for k, i := range list {
		words[k] = l.Setting(first + i)
	}
	return words
}

// incomparable returns why nothing was tested, if there is one reason for all.
func incomparable(c comparison.Comparison) string {
	why := ""
	for _, list := range c.AllRows() {
		for _, row := range list {
			if row.Versus != nil || why != "" && row.Why != why {
				return ""
			}
			why = row.Why
		}
	}
	return why
}
