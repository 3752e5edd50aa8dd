package compare

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/reports/comparison"
)

// table holds the fields of settings by key.
type table struct {
	keys   []string // in order of first appearance
	values []map[string]string
}

// tableOf returns the fields of the canonical form of settings, which their keys are made of. Data stand there by their sha256.
func tableOf(settings []experiments.Setting) (t table, err error) {
	for _, s := range settings {
		fields, err := query.Flatten(s)
		if err != nil {
			return t, err
		}
		row := map[string]string{}
		for _, f := range fields {
			row[f.Key] = f.Value
			if !slices.Contains(t.keys, f.Key) {
				t.keys = append(t.keys, f.Key)
			}
		}
		t.values = append(t.values, row)
	}
	return t, nil
}

// distinct returns the values of a key, in order of first appearance. Settings without it have an empty one.
func (t table) distinct(key string) (list []string) {
	seen := map[string]bool{}
	for _, row := range t.values {
		if v := row[key]; !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list
}

// union returns the keys of both tables, those of the first in front.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, key := range b {
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// specDifferences returns the fields in which the settings of two specs differ, and then those of what else decides a sweep.
func specDifferences(a, b experiments.Spec) ([]comparison.Field, error) {
	x, err := tableOf(a.Settings)
	if err != nil {
		return nil, err
	}
	y, err := tableOf(b.Settings)
	if err != nil {
		return nil, err
	}
	list := []comparison.Field{}
	for _, key := range union(x.keys, y.keys) {
		list = addField(list, key, x.distinct(key), y.distinct(key))
	}
	rest := func(s experiments.Spec) (fields []query.Field, err error) {
		return query.Flatten(struct {
			Reference experiments.Reference `json:"reference"`
			Choose    experiments.Choose    `json:"choose"`
			Engine    string                `json:"engine"`
		}{s.Reference, s.Choose, s.Engine})
	}
	list = addField(list, "seeds", texts(a.Seeds), texts(b.Seeds))
	list = addField(list, "metrics", names(a), names(b))
	list = addField(list, "baselines", baselines(a), baselines(b))
	return addFields(list, rest, a, b)
}

// addFields adds the fields that differ between two values.
func addFields[T any](list []comparison.Field, fields func(T) ([]query.Field, error), a, b T) ([]comparison.Field, error) {
	x, err := fields(a)
	if err != nil {
		return nil, err
	}
	y, err := fields(b)
	if err != nil {
		return nil, err
	}
	keys, of := []string{}, [2]map[string][]string{{}, {}}
	for side, own := range [][]query.Field{x, y} {
		for _, f := range own {
			keys, of[side][f.Key] = union(keys, []string{f.Key}), []string{f.Value}
		}
	}
	for _, key := range keys {
		list = addField(list, key, of[0][key], of[1][key])
	}
	return list, nil
}

// addField adds a field if its values differ, in whatever order they are swept.
func addField(list []comparison.Field, name string, a, b []string) []comparison.Field {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	if slices.Equal(x, y) {
		return list
	}
	named := func(values []string) []string {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
		return append([]string{}, values...) // [] and not null in JSON
	}
	return append(list, comparison.Field{Name: name, A: named(a), B: named(b)})
}

func texts[T any](list []T) (words []string) {
	for _, x := range list {
		words = append(words, fmt.Sprint(x))
	}
	return words
}

func names(s experiments.Spec) (list []string) {
	for _, m := range s.Metrics {
		list = append(list, m.Name)
	}
	return list
}

func baselines(s experiments.Spec) (list []string) {
	for _, b := range s.Baselines {
		list = append(list, b.Name)
	}
	return list
}

// environmentDifferences returns in what the programs and machines of two sweeps differ.
func environmentDifferences(a, b experiments.Sweep) ([]comparison.Field, error) {
	fields := func(s experiments.Sweep) ([]query.Field, error) {
		e := s.Environment
		e.Modules, e.Machine, e.Rounding = nil, "", ""
		all, err := query.Flatten(e)
		return slices.DeleteFunc(all, func(f query.Field) bool { return f.Key == "modules" || f.Key == "files" }), err
	}
	list, err := addFields([]comparison.Field{}, fields, a, b)
	if err != nil {
		return nil, err
	}
	machines := func(s experiments.Sweep) (words []string) {
		for _, m := range s.Machines {
			words = append(words, m.Name)
		}
		return words
	}
	modules := func(own, other experiments.Sweep) []string {
		return slices.DeleteFunc(slices.Clone(own.Environment.Modules), func(m string) bool { return slices.Contains(other.Environment.Modules, m) })
	}
	list = addField(list, "machines", machines(a), machines(b))
	return addField(list, "modules", modules(a, b), modules(b, a)), nil
}

// apart are the fields that are one in all settings of a sweep and another in all of the other: settings that differ in nothing
// else belong together.
func apart(x, y table) []string {
	var keys []string
	for _, key := range union(x.keys, y.keys) {
		a, b := x.distinct(key), y.distinct(key)
		if len(a) == 1 && len(b) == 1 && a[0] != b[0] {
			keys = append(keys, key)
		}
	}
	return keys
}

// matchKey returns what identifies setting i among those of both sweeps.
func (t table) matchKey(i int, keys, without []string) string {
	var b strings.Builder
	for _, key := range keys {
		if v := t.values[i][key]; v != "" && !slices.Contains(without, key) {
			fmt.Fprintf(&b, "%s\x00%s\x00", key, v)
		}
	}
	return b.String()
}
