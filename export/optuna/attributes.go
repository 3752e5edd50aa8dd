package optuna

import (
	"math"
	"slices"

	"flowsweep/export/tracked"
)

// attribute is a user attribute: a column of a table of trials.
type attribute struct {
	key   string
	value any
}

// attributes returns what is known of a setting beside its parameters and the value: of all seeds, and of each in their order.
func (t trial) attributes() []attribute {
	runs := t.setting.Runs
	list := []attribute{{"setting", t.setting.Label}}
	if t.setting.Chosen != "" {
		list = append(list, attribute{"chosen", true})
	}
	for _, m := range t.setting.Means {
		list = append(list, attribute{m.Name, m.Value})
		if !math.IsNaN(m.Low) {
			list = append(list, attribute{m.Name + " low", m.Low}, attribute{m.Name + " high", m.High})
		}
	}
	for _, name := range metricsOf(runs) { // those of single classes among them, which have no mean
		list = append(list, attribute{name + " of seeds", valuesOf(runs, name)})
	}
	if t.setting.NFE > 0 {
		list = append(list, attribute{"nfe", t.setting.NFE})
	}
	if tags := tagsOf(runs); len(tags) > 0 {
		list = append(list, attribute{"tags", tags})
	}
	keys, seeds, errors := []string{}, []uint64{}, map[string]string{}
	for _, r := range runs {
		keys, seeds = append(keys, r.Key), append(seeds, r.Seed)
		if r.Error != "" {
			errors[r.Key] = r.Error
		}
	}
	list = append(list, attribute{"runs", keys}, attribute{"seeds", seeds})
	if len(errors) > 0 {
		list = append(list, attribute{"errors", errors})
	}
	return list
}

// metricsOf returns the names of the metrics that any of the runs has.
func metricsOf(runs []tracked.Run) (names []string) {
	for _, r := range runs {
		for _, m := range r.Metrics {
			if !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
	}
	return names
}

// valuesOf returns the values of a metric, of the runs that have it.
func valuesOf(runs []tracked.Run, name string) []float64 {
	list := []float64{}
	for _, r := range runs {
		for _, m := range r.Metrics {
			if m.Name == name {
				list = append(list, m.Value)
			}
		}
	}
	return list
}

// tagsOf returns the tags that any of the runs has.
func tagsOf(runs []tracked.Run) (tags []string) {
	for _, r := range runs {
		tags = append(tags, r.Tags...)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
