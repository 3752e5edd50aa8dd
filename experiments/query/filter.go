package query

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Filter returns the rows that meet the condition, in order. It is an error if no row has a field that the condition names,
// or if every row has another kind of value there.
func Filter[Row any](c Condition, rows []Row, fields func(Row) ([]Field, error)) ([]Row, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	values := make([]map[string]value, len(rows)) // by key
	known := fieldsKnown{kinds: map[string][]Kind{}}
	for i, row := range rows {
		list, err := fields(row)
		if err != nil {
			return nil, err
		}
		if values[i], err = valuesOf(list); err != nil {
			return nil, err
		}
		for _, f := range list {
			known.add(f)
		}
	}
	keys := map[string]string{} // by their names in the condition
	if err := c.resolve(c.root, known, keys); err != nil {
		return nil, err
	}
	var kept []Row
	for i, row := range rows {
		if c.root.meets(values[i], keys) == yes {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// fieldsKnown are the fields of all rows.
type fieldsKnown struct {
	names Names
	kinds map[string][]Kind // by key; none of a field that is Null everywhere
}

func (k *fieldsKnown) add(f Field) {
	k.names.Add(f)
	if f.Kind != Null && !slices.Contains(k.kinds[f.Key], f.Kind) {
		k.kinds[f.Key] = append(k.kinds[f.Key], f.Kind)
	}
}

// value is a value to compare. Numbers keep their text too, as a float64 cannot hold every seed.
type value struct {
	kind   Kind
	text   string
	number float64
	items  []string
}

// numberOf parses a number.
func numberOf(text string) (value, error) {
	x, err := strconv.ParseFloat(text, 64)
	return value{kind: Number, text: text, number: x}, err
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
			values[f.Key] = value{kind: f.Kind, text: f.Value, items: f.Items}
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
	key, err := known.names.Key(n.field.text)
	if err != nil {
		return errorAt(c.text, n.field, "%v", err)
	}
	keys[n.field.text] = key
	if kinds := known.kinds[key]; len(kinds) > 0 && !slices.ContainsFunc(kinds, n.value.comparesWith) {
		return errorAt(c.text, n.operator, "%s is %s here, which %s is never%s", key, anyOf(kinds), n.value.kind, n.value.hint(kinds))
	}
	if slices.Equal(known.kinds[key], []Kind{List}) && strings.Trim(n.op, "<>=") == "" && n.op != "=" {
		return errorAt(c.text, n.operator, "%s is a list: compare it with =, != or ~", key)
	}
	return nil
}

// comparesWith reports whether a value of a condition can be compared with a field of this kind. A list is compared by its
// texts.
func (v value) comparesWith(kind Kind) bool { return v.kind == kind || v.kind == Text && kind == List }

// hint returns how to write a value that stands in a condition as one of these kinds, or "".
func (v value) hint(kinds []Kind) string {
	switch {
	case v.kind == Number && (slices.Contains(kinds, Text) || slices.Contains(kinds, List)):
		return fmt.Sprintf(": a text stands in quotes: write %q", v.text)
	case v.kind == Text && slices.Contains(kinds, Number):
		if _, err := numberOf(v.text); err == nil {
			return ": write " + v.text
		}
	}
	return ""
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

// truth is a truth value of Kleene's logic of three values, in which the weakest part decides a conjunction and the strongest
// a disjunction. See https://en.wikipedia.org/wiki/Three-valued_logic.
type truth int

// The truth values, in order. A comparison with a field that is absent is unknown, and so is its negation.
const (
	no truth = iota
	unknown
	yes
)

func truthOf(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

func (n *node) meets(row map[string]value, keys map[string]string) truth {
	switch n.op {
	case "and":
		return min(n.left.meets(row, keys), n.right.meets(row, keys))
	case "or":
		return max(n.left.meets(row, keys), n.right.meets(row, keys))
	case "not":
		return yes - n.left.meets(row, keys)
	}
	v, ok := row[keys[n.field.text]]
	if !ok || !n.value.comparesWith(v.kind) {
		return unknown
	}
	switch {
	case v.kind == Number:
		return truthOf(compareNumbers(n.op, v, n.value))
	case v.kind == List:
		return truthOf(holdsInList(n.op, v.items, n.value.text))
	default:
		return truthOf(holdsText(n.op, v.text, n.value.text))
	}
}

func holdsText(op, a, b string) bool {
	if op == "~" {
		return strings.Contains(a, b)
	}
	return holdsOrder(op, strings.Compare(a, b))
}

// holdsInList reports whether a comparison holds for any text of a list or, if it is !=, for all of them.
func holdsInList(op string, list []string, text string) bool {
	if op == "!=" {
		return !slices.Contains(list, text)
	}
	return slices.ContainsFunc(list, func(item string) bool { return holdsText(op, item, text) })
}

// compareNumbers reports whether a comparison of numbers holds.
func compareNumbers(op string, a, b value) bool {
	if math.IsNaN(b.number) && (op == "=" || op == "!=") {
		return (op == "=") == math.IsNaN(a.number)
	}
	if math.IsNaN(a.number) || math.IsNaN(b.number) {
		return op == "!="
	}
	return holdsOrder(op, orderNumbers(a.text, b.text))
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
