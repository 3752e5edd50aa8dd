package experiments

import (
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/query"
	"flowsweep/experiments/shorten"
)

// Labels names settings by the parts in which they differ, such as "width 64 · heun · 8 steps". The parts are the
// fields of a setting's JSON, so that everything a spec can sweep has a name. Long values, such as a grid of 301 times,
// are shortened to what tells them apart.
type Labels struct {
	settings [][]query.Field
	varies   map[string]bool
	short    map[[2]string]string // of long values, by key and value
	whole    map[string]string    // phrases by their short form
}

// maxValue is the length in letters from which a value is shortened in a label.
const maxValue = 40

// NewLabels returns the labels of the settings.
func NewLabels(settings []Setting) Labels {
	l := Labels{varies: map[string]bool{}}
	for _, s := range settings {
		l.settings = append(l.settings, oneTolerance(s.fields()))
	}
	l.withAll()
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
	l.shorten()
	return l
}

// withAll says of samples of all classes that they are, where others are of one.
func (l *Labels) withAll() {
	const key = "sample.label"
	has := func(fields []query.Field, key string) bool {
		return slices.ContainsFunc(fields, func(f query.Field) bool { return f.Key == key })
	}
	if !slices.ContainsFunc(l.settings, func(fields []query.Field) bool { return has(fields, key) }) {
		return
	}
	for i, fields := range l.settings {
		if has(fields, "sample.guidance") && !has(fields, key) {
			l.settings[i] = append(fields, query.Field{Key: key, Value: AllClasses})
		}
	}
}

// shorten finds the short forms of the values of every key.
func (l *Labels) shorten() {
	l.short, l.whole = map[[2]string]string{}, map[string]string{}
	byKey := map[string][]query.Field{}
	for _, fields := range l.settings {
		for _, f := range fields {
			byKey[f.Key] = append(byKey[f.Key], f)
		}
	}
	for _, fields := range byKey {
		values := make([]string, len(fields))
		for i, f := range fields {
			values[i] = f.Value
		}
		for i, text := range shorten.Texts(values, maxValue) {
			if f := fields[i]; text != f.Value {
				l.short[[2]string{f.Key, f.Value}] = text
				l.whole[l.phrase(f)] = phrase(f)
			}
		}
	}
}

// Whole returns a label with its shortened values whole, or "" if none is shortened.
func (l Labels) Whole(label string) string {
	parts := strings.Split(label, separator)
	found := false
	for i, part := range parts {
		if text, ok := l.whole[part]; ok {
			parts[i], found = text, true
		}
	}
	if !found {
		return ""
	}
	return strings.Join(parts, separator)
}

// separator is between the parts of a label.
const separator = " · "

// oneTolerance merges the two parts of a tolerance if they are equal, as in a spec.
func oneTolerance(fields []query.Field) []query.Field {
	const key = "sample.tolerance"
	i := slices.IndexFunc(fields, func(f query.Field) bool { return f.Key == key+".atol" })
	if i < 0 || i+1 == len(fields) || fields[i+1].Key != key+".rtol" || fields[i+1].Value != fields[i].Value {
		return fields
	}
	return slices.Replace(fields, i, i+2, query.Field{Key: key, Value: fields[i].Value, Kind: query.Number})
}

// missing reports whether settings lack the key for a reason that their labels do not show. An adaptive solver has no
// steps, and each target has its own parameters; the name of the solver or target shows that already.
func (l Labels) missing(key string) bool {
	has := map[string]bool{} // by the value of the owner
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

// ownerOf returns the key whose value decides whether the given key exists.
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

// Setting returns the label of setting i, or its solver and steps if nothing varies.
func (l Labels) Setting(i int) string {
	label := l.of(i, func(key string) bool { return l.varies[key] })
	if label == "" {
		return l.of(i, func(key string) bool { return key == "sample.solver" || effort(key) })
	}
	return label
}

// Recipe returns the label of the recipe of setting i, or its net if no recipe differs.
func (l Labels) Recipe(i int) string {
	label := l.of(i, func(key string) bool { return l.varies[key] && !strings.HasPrefix(key, "sample.") })
	if label == "" {
		return l.of(i, func(key string) bool { return key == "net.width" || key == "net.depth" })
	}
	return label
}

// Target returns the label of the target of setting i.
func (l Labels) Target(i int) string {
	return l.of(i, func(key string) bool {
		return key == "target" || l.varies[key] && (strings.HasPrefix(key, "target.") || key == "sample.label")
	})
}

// Sampler returns the label of the sampling of setting i, apart from its effort.
func (l Labels) Sampler(i int) string {
	return l.of(i, func(key string) bool {
		return key == "sample.solver" || l.varies[key] && strings.HasPrefix(key, "sample.") && !effort(key)
	})
}

// Unguided returns the label of the sampling of setting i, with its effort, apart from its guidance: its solver and steps if nothing else
// varies.
func (l Labels) Unguided(i int) string {
	label := l.of(i, func(key string) bool {
		return l.varies[key] && strings.HasPrefix(key, "sample.") && key != "sample.guidance"
	})
	if label == "" {
		return l.of(i, func(key string) bool { return key == "sample.solver" || effort(key) })
	}
	return label
}

// Effort returns the number of steps of setting i or, if its solver is adaptive, the tolerance.
func (l Labels) Effort(i int) string { return l.of(i, effort) }

// effort reports whether a key is part of the effort.
func effort(key string) bool {
	return key == "sample.steps" || strings.HasPrefix(key, "sample.tolerance")
}

// Full returns the label of setting i with every part, and every value whole.
func (l Labels) Full(i int) string {
	parts := make([]string, len(l.settings[i]))
	for k, f := range l.settings[i] {
		parts[k] = phrase(f)
	}
	return strings.Join(parts, separator)
}

func (l Labels) of(i int, show func(key string) bool) string {
	var parts []string
	for _, f := range l.settings[i] {
		if show(f.Key) {
			parts = append(parts, l.phrase(f))
		}
	}
	return strings.Join(parts, separator)
}

// phrase returns a field in words, with a long value shortened.
func (l Labels) phrase(f query.Field) string {
	if text, ok := l.short[[2]string{f.Key, f.Value}]; ok {
		f.Value = text
	}
	return phrase(f)
}

// phrase returns a field in words.
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
	case "sample.sde.noise":
		return "SDE noise " + f.Value
	case "sample.path":
		return "sampled along " + f.Value
	case "coupling.solver":
		return "pairs by " + f.Value
	case "coupling.steps":
		return "pairs in " + f.Value + " steps"
	case "coupling.rounds":
		return "round " + f.Value
	case "sample.tolerance":
		if x, err := strconv.ParseFloat(f.Value, 64); err == nil { // 1e-5, where JSON has 0.00001
			return "tolerance " + strings.Replace(strconv.FormatFloat(x, 'g', -1, 64), "e-0", "e-", 1)
		}
		return "tolerance " + f.Value
	default:
		return f.Key[strings.LastIndexByte(f.Key, '.')+1:] + " " + f.Value
	}
}
