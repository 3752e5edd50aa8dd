package tensorboard

import (
	"fmt"
	"slices"

	"flowsweep/export/tracked"
)

// table is the table of hyperparameters: a column for every swept field and for every tag of a number.
type table struct {
	columns []column
	tags    []string
}

// column is a swept field, the values it has and the type of TensorBoard that all of them have.
type column struct {
	name   string
	kind   uint64
	values []any
}

// tableOf returns the table of sweeps. All have the same one, since TensorBoard takes one for all that it shows together. The metrics
// that sweeps choose by come first.
func tableOf(sweeps []tracked.Sweep) table {
	var t table
	for _, s := range sweeps {
		t.tag(s.Metric)
		for _, setting := range s.Settings {
			for _, p := range setting.Varied {
				t.column(p.Name).add(p.Value)
			}
		}
	}
	for _, s := range sweeps {
		for _, setting := range s.Settings {
			for _, r := range setting.Runs {
				for _, m := range r.Metrics {
					t.tag(m.Name)
				}
			}
		}
	}
	t.tags = append(t.tags, callsTag, secondsTag, trainTag, heldOutTag)
	return t
}

// tag adds a tag if it is new.
func (t *table) tag(name string) {
	if name != "" && !slices.Contains(t.tags, name) {
		t.tags = append(t.tags, name)
	}
}

// column returns the column of a field, which it adds if it is new.
func (t *table) column(name string) *column {
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
	if i < 0 {
		i, t.columns = len(t.columns), append(t.columns, column{name: name})
	}
	return &t.columns[i]
}

// add adds a value to a column. A column of values of several types is one of texts.
func (c *column) add(v any) {
	kind := kindOf(v)
	if c.kind != 0 && c.kind != kind {
		kind = textColumn
	}
	c.kind = kind
	if !slices.Contains(c.values, v) {
		c.values = append(c.values, v)
	}
}

// kindOf returns the type of a value.
func kindOf(v any) uint64 {
	switch v.(type) {
	case bool:
		return boolColumn
	case float64, int64:
		return numberColumn
	default:
		return textColumn
	}
}

// plain returns a value of the column as google.protobuf.Value.
func (c column) plain(v any) message {
	switch v := v.(type) {
	case bool:
		if c.kind == boolColumn {
			var x uint64
			if v {
				x = 1
			}
			return message(nil).varint(4, x)
		}
	case float64, int64:
		if c.kind == numberColumn {
			return message(nil).double(2, number(v))
		}
	}
	return message(nil).text(3, fmt.Sprint(v))
}

// number returns a value of a column of numbers.
func number(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}
