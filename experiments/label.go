package experiments

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/query"
)

// Labels names each of a list of settings by what varies over the list: "width 64 · heun · 8 steps". The parts are
// those of the setting's JSON form, so that whatever a spec learns to sweep is named without being listed here.
type Labels struct {
	settings [][]query.Field
	varies   map[string]bool
}

// NewLabels returns the labels of the settings. It returns an error where one has no JSON form.
func NewLabels(settings []Setting) (Labels, error) {
	l := Labels{varies: map[string]bool{}}
	for _, s := range settings {
		fields, err := query.Flatten(s)
		if err != nil {
			return l, fmt.Errorf("label a setting: %w", err)
		}
		l.settings = append(l.settings, oneTolerance(fields))
	}
	first := map[string]string{}
	for _, fields := range l.settings {
		for _, f := range fields {
			if _, seen := first[f.Key]; !seen {
				first[f.Key] = f.Value
			}
			l.varies[f.Key] = l.varies[f.Key] || f.Value != first[f.Key]
		}
	}
	for key := range first {
		l.varies[key] = l.varies[key] || l.missing(key)
	}
	return l, nil
}

// oneTolerance writes a tolerance whose two parts are equal as one number, as a spec does.
func oneTolerance(fields []query.Field) []query.Field {
	const key = "sample.tolerance"
	i := slices.IndexFunc(fields, func(f query.Field) bool { return f.Key == key+".atol" })
	if i < 0 || i+1 == len(fields) || fields[i+1].Key != key+".rtol" || fields[i+1].Value != fields[i].Value {
		return fields
	}
	return slices.Replace(fields, i, i+2, query.Field{Key: key, Value: fields[i].Value, Kind: query.Number})
}

// missing reports whether some settings lack the key for no reason that their labels show otherwise: a solver that
// chooses its own steps has none, and a target has the parameters of its name.
func (l Labels) missing(key string) bool {
	has := map[string]bool{} // by the value of what the key belongs to
	for _, fields := range l.settings {
		owner, found := "", false
		for _, f := range fields {
			if f.Key == ownerOf(key) {
				owner = f.Value
			}
			found = found || f.Key == key
		}
		if before, seen := has[owner]; seen && before != found {
			return true
		}
		has[owner] = found
	}
	return false
}

// ownerOf returns the key whose value says whether there is such a key.
func ownerOf(key string) string {
	if rest, ok := strings.CutPrefix(key, "sample."); ok {
		switch name, _, inner := strings.Cut(rest, "."); {
		case inner && name == "grid":
			return "sample.grid"
		case name == "steps" || name == "grid" || name == "tolerance":
			return "sample.solver"
		}
	}
	return key[:max(strings.LastIndexByte(key, '.'), 0)]
}

// Setting returns the label of setting i; its solver and steps where nothing varies.
func (l Labels) Setting(i int) string {
	label := l.of(i, func(key string) bool { return l.varies[key] })
	if label == "" {
		return l.of(i, func(key string) bool { return key == "sample.solver" || effort(key) })
	}
	return label
}

// Recipe returns the label of what determines the weights of setting i but for the seed; its net where that does not
// vary.
func (l Labels) Recipe(i int) string {
	label := l.of(i, func(key string) bool { return l.varies[key] && !strings.HasPrefix(key, "sample.") })
	if label == "" {
		return l.of(i, func(key string) bool { return key == "net.width" || key == "net.depth" })
	}
	return label
}

// Target returns the label of what setting i is to reach.
func (l Labels) Target(i int) string {
	return l.of(i, func(key string) bool {
		return key == "target" || l.varies[key] && strings.HasPrefix(key, "target.")
	})
}

// Sampler returns the label of how setting i is sampled, apart from its effort.
func (l Labels) Sampler(i int) string {
	return l.of(i, func(key string) bool {
		return key == "sample.solver" || l.varies[key] && strings.HasPrefix(key, "sample.") && !effort(key)
	})
}

// Effort returns what setting i pays for precision: its number of steps or, where the solver chooses its own, its
// tolerance.
func (l Labels) Effort(i int) string { return l.of(i, effort) }

// effort reports whether a key says what a setting pays for precision.
func effort(key string) bool {
	return key == "sample.steps" || strings.HasPrefix(key, "sample.tolerance")
}

// Full returns every part of setting i.
func (l Labels) Full(i int) string { return l.of(i, func(string) bool { return true }) }

func (l Labels) of(i int, show func(key string) bool) string {
	var parts []string
	for _, f := range l.settings[i] {
		if show(f.Key) {
			parts = append(parts, phrase(f))
		}
	}
	return strings.Join(parts, " · ")
}

// phrase returns the field as a person would say it.
func phrase(f query.Field) string {
	switch f.Key {
	case "target", "path", "net", "coupling", "net.activation", "train.optimizer", "sample.solver":
		return f.Value
	case "sample.steps":
		if f.Value == "1" {
			return "1 step"
		}
		return f.Value + " steps"
	case "sample.count":
		return f.Value + " samples"
	case "train.steps":
		return f.Value + " training steps"
	case "sample.grid":
		return f.Value + " grid"
	case "sample.path":
		return "sampled along " + f.Value
	case "sample.tolerance":
		if x, err := strconv.ParseFloat(f.Value, 64); err == nil { // 1e-5, where JSON has 0.00001
			return "tolerance " + strings.Replace(strconv.FormatFloat(x, 'g', -1, 64), "e-0", "e-", 1)
		}
		return "tolerance " + f.Value
	default:
		return f.Key[strings.LastIndexByte(f.Key, '.')+1:] + " " + f.Value
	}
}
