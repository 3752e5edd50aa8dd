package optuna

import (
	"math"
	"slices"
	"strings"

	"flowsweep/export/tracked"
)

// distribution is what the values of a parameter are drawn from, the same in all trials of a study.
type distribution struct {
	json string
	at   func(value any) float64 // Optuna's internal form of a value: a number is itself, a category its index
}

// distributions returns those of the swept fields of settings, by name. A field that the spec draws from a range has this range; any other
// has its values as categories, in the order of the sweep.
func distributions(settings []tracked.Setting, ranges []tracked.Range) map[string]distribution {
	values := map[string][]any{}
	for _, s := range settings {
		for _, p := range s.Varied {
			if !slices.Contains(values[p.Name], p.Value) {
				values[p.Name] = append(values[p.Name], p.Value)
			}
		}
	}
	list := map[string]distribution{}
	for name, of := range values {
		list[name] = categories(of)
		for _, r := range ranges {
			if d, ok := within(r, of); ok && r.Name == name {
				list[name] = d
			}
		}
	}
	return list
}

// categories returns the distribution of values of any type.
func categories(values []any) distribution {
	choices := make([]string, len(values))
	for i, v := range values {
		choices[i] = jsonOf(v)
	}
	return distribution{
		`{"name": "CategoricalDistribution", "attributes": {"choices": [` + strings.Join(choices, ", ") + `]}}`,
		func(value any) float64 { return float64(slices.Index(values, value)) },
	}
}

// within returns the distribution of a range, and whether all values are numbers that can come from it. Draws are rounded to a few digits,
// which may move one a little over an end: the range then reaches as far.
func within(r tracked.Range, values []any) (distribution, bool) {
	low, high := r.Low, r.High
	for _, v := range values {
		x, whole, ok := number(v)
		if !ok || r.Whole && !whole || x < low-1e-5*math.Abs(low) || x > high+1e-5*math.Abs(high) {
			return distribution{}, false
		}
		low, high = min(low, x), max(high, x)
	}
	at := func(value any) float64 {
		x, _, _ := number(value)
		return x
	}
	if r.Whole {
		return distribution{`{"name": "IntDistribution", "attributes": {"log": ` + jsonOf(r.Log) + `, "step": 1, "low": ` + jsonOf(int64(math.Ceil(low))) + `, "high": ` +
			jsonOf(int64(math.Floor(high))) + `}}`, at}, true
	}
	return distribution{`{"name": "FloatDistribution", "attributes": {"step": null, "low": ` + jsonOf(low) + `, "high": ` + jsonOf(high) +
		`, "log": ` + jsonOf(r.Log) + `}}`, at}, true
}

// number returns a value as a number, and whether it is whole and a number at all.
func number(v any) (x float64, whole, ok bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true, true
	case float64:
		return v, v == math.Trunc(v), true
	default:
		return 0, false, false
	}
}
