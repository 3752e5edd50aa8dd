package experiments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/problem"
)

// Filter returns the results that meet the condition, in their order. A field that none of them has is an error that
// says which one may be meant, and so is a value that no result could have there.
func (w Where) Filter(results []Result) ([]Result, error) {
	rows := make([]map[string]any, len(results))
	known := map[string][]any{} // what the results have of a field, one example of each type
	for i, r := range results {
		var err error
		if rows[i], err = fieldsOf(r); err != nil {
			return nil, fmt.Errorf("read run %s: %w", r.Run, err)
		}
		for name, value := range rows[i] {
			if !slices.ContainsFunc(known[name], func(v any) bool { return sameType(v, value) }) {
				known[name] = append(known[name], value)
			}
		}
	}
	if len(results) == 0 {
		return nil, nil
	}
	names := map[string]string{} // of the fields, by what the condition calls them
	if err := w.resolve(w.root, known, names); err != nil {
		return nil, err
	}
	var kept []Result
	for i, row := range rows {
		if w.root.meets(row, names) {
			kept = append(kept, results[i])
		}
	}
	return kept, nil
}

// resolve finds the fields of a condition and checks the types of what they are compared with.
func (w Where) resolve(c *condition, known map[string][]any, names map[string]string) error {
	if c == nil {
		return nil
	}
	if c.left != nil {
		if err := w.resolve(c.left, known, names); err != nil {
			return err
		}
		return w.resolve(c.right, known, names)
	}
	name, err := fullName(c.field.text, slices.Sorted(maps.Keys(known)))
	if err != nil {
		return whereError(w.text, c.field, "%v", err)
	}
	names[c.field.text] = name
	if !slices.ContainsFunc(known[name], func(v any) bool { return sameType(v, c.value) }) {
		return whereError(w.text, c.at, "%s is %s here, which %s is never", name, typeWords(known[name]), typeWord(c.value))
	}
	return nil
}

// fullName returns the field that a name means: itself, or the one that ends so. A metric's name alone is that of its
// value, not of its standard error or p-value.
func fullName(name string, known []string) (string, error) {
	if slices.Contains(known, name) {
		return name, nil
	}
	var ending, lasts []string
	for _, k := range known {
		if strings.HasSuffix(k, "."+name) && !strings.HasPrefix(k, "metrics_") {
			ending = append(ending, k)
		}
		lasts = append(lasts, k[strings.LastIndexByte(k, '.')+1:])
	}
	switch {
	case len(ending) == 1:
		return ending[0], nil
	case len(ending) > 1:
		return "", fmt.Errorf("%q may be %s: write more of it", name, strings.Join(ending, " or "))
	}
	near := problem.Nearest(name, known)
	if near == "" {
		near = problem.Nearest(name, lasts)
	}
	if near == "" {
		return "", fmt.Errorf("unknown field %q (have %s)", name, strings.Join(known, ", "))
	}
	return "", fmt.Errorf("unknown field %q: did you mean %q? (have %s)", name, near, strings.Join(known, ", "))
}

func (c *condition) meets(row map[string]any, names map[string]string) bool {
	switch c.op {
	case "and":
		return c.left.meets(row, names) && c.right.meets(row, names)
	case "or":
		return c.left.meets(row, names) || c.right.meets(row, names)
	case "not":
		return !c.left.meets(row, names)
	}
	value, ok := row[names[c.field.text]]
	if !ok || !sameType(value, c.value) {
		return false
	}
	switch want := c.value.(type) {
	case string:
		if c.op == "~" {
			return strings.Contains(value.(string), want)
		}
		return holdsOrder(c.op, strings.Compare(value.(string), want))
	case bool:
		return (c.op == "=") == (value.(bool) == want)
	default:
		return compareNumbers(c.op, value.(whereNumber), want.(whereNumber))
	}
}

// compareNumbers compares whole numbers as such: a seed may be beyond those that a float64 tells apart.
func compareNumbers(op string, a, b whereNumber) bool {
	if math.IsNaN(b.value) && (op == "=" || op == "!=") {
		return (op == "=") == math.IsNaN(a.value)
	}
	if math.IsNaN(a.value) || math.IsNaN(b.value) {
		return op == "!="
	}
	x, errX := strconv.ParseUint(a.text, 10, 64)
	y, errY := strconv.ParseUint(b.text, 10, 64)
	switch {
	case errX == nil && errY == nil && x != y:
		if x < y {
			return holdsOrder(op, -1)
		}
		return holdsOrder(op, 1)
	case a.value < b.value:
		return holdsOrder(op, -1)
	case a.value > b.value:
		return holdsOrder(op, 1)
	}
	return holdsOrder(op, 0)
}

// holdsOrder reports whether a comparison holds between what is in this order.
func holdsOrder(op string, order int) bool {
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// fieldsOf returns the fields of a result's JSON form, nested ones joined with dots. An object with a name stands for
// it, beside its other fields; a list is its JSON text.
func fieldsOf(r Result) (map[string]any, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	fields := map[string]any{}
	return fields, addFields(fields, "", doc)
}

func addFields(fields map[string]any, prefix string, doc map[string]any) error {
	for key, value := range doc {
		name := prefix + key
		if key == "name" && prefix != "" {
			name = strings.TrimSuffix(prefix, ".")
		}
		switch value := value.(type) {
		case map[string]any:
			if err := addFields(fields, name+".", value); err != nil {
				return err
			}
		case json.Number:
			x, err := value.Float64()
			if err != nil {
				return err
			}
			fields[name] = whereNumber{value.String(), x}
		case string:
			fields[name] = value
			if specialNumber(value) && strings.HasPrefix(name, "metrics.") { // see Number
				x, err := strconv.ParseFloat(value, 64)
				if err != nil {
					return err
				}
				fields[name] = whereNumber{value, x}
			}
		case []any:
			text, err := json.Marshal(value)
			if err != nil {
				return err
			}
			fields[name] = string(text)
		case bool:
			fields[name] = value
		}
	}
	return nil
}

func sameType(a, b any) bool { return typeWord(a) == typeWord(b) }

func typeWord(v any) string {
	switch v.(type) {
	case whereNumber:
		return "a number"
	case bool:
		return "true or false"
	default:
		return "a text"
	}
}

func typeWords(values []any) string {
	var words []string
	for _, v := range values {
		words = append(words, typeWord(v))
	}
	slices.Sort(words)
	return strings.Join(words, " or ")
}
