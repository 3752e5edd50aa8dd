package query

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/problem"
)

// Filter returns the rows that meet the condition, in order. It is an error if no row has a field that the condition names,
// or if every row has another kind of value there.
func Filter[Row any](c Condition, rows []Row, fields func(Row) ([]Field, error)) ([]Row, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	values := make([]map[string]value, len(rows)) // by key
	known := map[string][]Kind{}                  // by key
	aside := map[string]bool{}                    // by key
	for i, row := range rows {
		list, err := fields(row)
		if err != nil {
			return nil, err
		}
		if values[i], err = valuesOf(list); err != nil {
			return nil, err
		}
		for _, f := range list {
			aside[f.Key] = f.Aside
		}
		for key, v := range values[i] {
			if !slices.Contains(known[key], v.kind) {
				known[key] = append(known[key], v.kind)
			}
		}
	}
	keys := map[string]string{} // by their names in the condition
	if err := c.resolve(c.root, fieldsKnown{known, aside}, keys); err != nil {
		return nil, err
	}
	var kept []Row
	for i, row := range rows {
		if c.root.meets(values[i], keys) {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// value is a value to compare. Numbers keep their text too, as a float64 cannot hold every seed.
type value struct {
	kind   Kind
	text   string
	number float64
}

// numberOf parses a number.
func numberOf(text string) (value, error) {
	x, err := strconv.ParseFloat(text, 64)
	return value{Number, text, x}, err
}

// valuesOf returns the values of a row by their keys.
func valuesOf(fields []Field) (map[string]value, error) {
	values := make(map[string]value, len(fields))
	for _, f := range fields {
		switch f.Kind {
		case Null:
		case Number:
			v, err := numberOf(f.Value)
			if err != nil {
				return nil, fmt.Errorf("read the number %s: %w", f.Key, err)
			}
			values[f.Key] = v
		default:
			values[f.Key] = value{kind: f.Kind, text: f.Value}
		}
	}
	return values, nil
}

// resolve finds the key of every field in a condition, and checks the kinds of the values compared.
func (c Condition) resolve(n *node, known fieldsKnown, keys map[string]string) error {
	if n == nil {
		return nil
	}
	if n.left != nil {
		if err := c.resolve(n.left, known, keys); err != nil {
			return err
		}
		return c.resolve(n.right, known, keys)
	}
	key, err := known.fullName(n.field.text)
	if err != nil {
		return errorAt(c.text, n.field, "%v", err)
	}
	keys[n.field.text] = key
	if !slices.Contains(known.kinds[key], n.value.kind) {
		return errorAt(c.text, n.operator, "%s is %s here, which %s is never", key, anyOf(known.kinds[key]), n.value.kind)
	}
	return nil
}

// anyOf returns the kinds in words: "a number or a text".
func anyOf(kinds []Kind) string {
	var words []string
	for _, k := range kinds {
		words = append(words, k.String())
	}
	slices.Sort(words)
	return strings.Join(words, " or ")
}

// fieldsKnown are the fields of all rows.
type fieldsKnown struct {
	kinds map[string][]Kind // by key
	aside map[string]bool   // by key
}

// fullName returns the key that a name stands for: the name itself, or the only key that ends with it. Keys that annotate
// another one, and those set aside, do not count.
func (f fieldsKnown) fullName(name string) (string, error) {
	known := slices.Sorted(maps.Keys(f.kinds))
	if slices.Contains(known, name) {
		return name, nil
	}
	var ending, lasts []string
	for _, k := range known {
		if strings.HasSuffix(k, "."+name) && !annotates(k, known) && !f.aside[k] {
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

// annotates reports whether a key belongs to another one, as metrics_se.mmd to metrics.mmd.
func annotates(key string, known []string) bool {
	object, field, _ := strings.Cut(key, ".")
	about, _, ok := strings.Cut(object, "_")
	return ok && slices.Contains(known, about+"."+field)
}

func (n *node) meets(row map[string]value, keys map[string]string) bool {
	switch n.op {
	case "and":
		return n.left.meets(row, keys) && n.right.meets(row, keys)
	case "or":
		return n.left.meets(row, keys) || n.right.meets(row, keys)
	case "not":
		return !n.left.meets(row, keys)
	}
	v, ok := row[keys[n.field.text]]
	if !ok || v.kind != n.value.kind {
		return false
	}
	switch {
	case v.kind == Number:
		return compareNumbers(n.op, v, n.value)
	case n.op == "~":
		return strings.Contains(v.text, n.value.text)
	default:
		return holdsOrder(n.op, strings.Compare(v.text, n.value.text))
	}
}

// compareNumbers compares whole numbers exactly: seeds may be too large for a float64.
func compareNumbers(op string, a, b value) bool {
	if math.IsNaN(b.number) && (op == "=" || op == "!=") {
		return (op == "=") == math.IsNaN(a.number)
	}
	if math.IsNaN(a.number) || math.IsNaN(b.number) {
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
	case a.number < b.number:
		return holdsOrder(op, -1)
	case a.number > b.number:
		return holdsOrder(op, 1)
	}
	return holdsOrder(op, 0)
}

// holdsOrder reports whether a comparison holds for two values in the given order.
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
