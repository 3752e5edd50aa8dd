package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"flowsweep/experiments"
)

// Labels names each of a list of settings by what varies over the list: "width 64 · heun · 8 steps". The parts are
// those of the setting's JSON form, so that whatever a spec learns to sweep is named without being listed here.
type Labels struct {
	settings [][]Field
	varies   map[string]bool
}

// Field is one number or name of a setting, under the dotted key it has in a spec.
type Field struct{ Key, Value string }

// NewLabels returns the labels of the settings. It returns an error where one has no JSON form.
func NewLabels(settings []experiments.Setting) (Labels, error) {
	l := Labels{varies: map[string]bool{}}
	for _, s := range settings {
		fields, err := Flatten(s)
		if err != nil {
			return l, fmt.Errorf("label a setting: %w", err)
		}
		l.settings = append(l.settings, fields)
	}
	first, seen := map[string]string{}, map[string]int{}
	for _, fields := range l.settings {
		for _, f := range fields {
			if seen[f.Key]++; seen[f.Key] == 1 {
				first[f.Key] = f.Value
			}
			l.varies[f.Key] = l.varies[f.Key] || f.Value != first[f.Key]
		}
	}
	for key, n := range seen {
		l.varies[key] = l.varies[key] || n < len(settings)
	}
	return l, nil
}

// Setting returns the label of setting i; its solver and steps where nothing varies.
func (l Labels) Setting(i int) string {
	label := l.of(i, func(key string) bool { return l.varies[key] })
	if label == "" {
		return l.of(i, func(key string) bool { return key == "sample.solver" || key == "sample.steps" })
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

// sampler returns the label of how setting i is sampled, apart from the number of steps.
func (l Labels) sampler(i int) string {
	return l.of(i, func(key string) bool { return key == "sample.solver" || key == "sample.count" && l.varies[key] })
}

// full returns every part of setting i.
func (l Labels) full(i int) string { return l.of(i, func(string) bool { return true }) }

func (l Labels) of(i int, show func(key string) bool) string {
	var parts []string
	for _, f := range l.settings[i] {
		if show(f.Key) {
			parts = append(parts, f.phrase())
		}
	}
	return strings.Join(parts, " · ")
}

// phrase returns the field as a person would say it.
func (f Field) phrase() string {
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
	default:
		return f.Key[strings.LastIndexByte(f.Key, '.')+1:] + " " + f.Value
	}
}

// Flatten returns the parts of the JSON form of v in the order they are written, keys joined with dots: net.width,
// train.rate. A name within an object is the value of the object's own key; lists are left whole.
func Flatten(v any) ([]Field, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return flatten("", raw)
}

func flatten(key string, raw json.RawMessage) ([]Field, error) {
	if raw[0] != '{' {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		return []Field{{key, text}}, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var fields []Field
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		inner, err := flatten(join(key, fmt.Sprint(name)), value)
		if err != nil {
			return nil, err
		}
		fields = append(fields, inner...)
	}
	return fields, nil
}

func join(key, name string) string {
	switch {
	case key == "":
		return name
	case name == "name":
		return key
	default:
		return key + "." + name
	}
}
