package declare

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// alternatives are the values that a node stands for, as many as its lists multiply to. There are no values if something is
// wrong, and fewer than counted if the count exceeds MaxRuns.
type alternatives struct {
	values []reflect.Value
	count  big.Int
}

func one(v reflect.Value) alternatives {
	return alternatives{values: []reflect.Value{v}, count: *big.NewInt(1)}
}

// alternatives returns the values that a node stands for. They have the type of the prototype, which holds the defaults.
func (t *Text) alternatives(n *yaml.Node, proto reflect.Value, f field) alternatives {
	n = follow(n)
	own := ownDepth(proto.Type())
	switch {
	case t.faulty[n]:
		return alternatives{}
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return t.problem(n, "the tag %s means nothing here: leave it out", n.Tag)
	case n.Tag == "!!null":
		return t.problem(n, "%s is empty: give it a value, or leave the key out", f.name)
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0 && f.tag.Get("empty") == "":
		return t.problem(n, "an empty list sweeps nothing: give at least one value")
	case f.swept && n.Kind == yaml.MappingNode && isNumber(proto.Type(), t.kinds) && progresses(n):
		list, ok := t.progression(n)
		if !ok {
			return alternatives{}
		}
		return t.list(list, proto, f)
	case depth(n) > own && f.entry && own == 0:
		return t.problem(n, "a list within a list: write its values in the outer list")
	case depth(n) > own && f.swept && !f.entry:
		return t.list(n, proto, f)
	case depth(n) > own && own == 0:
		return t.problem(n, "%s takes one value, not a list", f.name)
	default:
		return t.value(n, proto, f)
	}
}

// list returns the alternatives of all entries, in order.
func (t *Text) list(n *yaml.Node, proto reflect.Value, f field) alternatives {
	var all alternatives
	t.counted(n, uint64(len(n.Content)))
	f.entry = true
	seen := map[string]int{}
	for i, c := range n.Content {
		found := t.alternatives(c, proto, f)
		all.count.Add(&all.count, &found.count)
		if all.count.Cmp(big.NewInt(MaxRuns)) > 0 && len(all.values) > 0 {
			continue
		}
		all.values = append(all.values, found.values...)
		for _, v := range found.values {
			text, err := json.Marshal(v.Interface())
			if err != nil {
				return t.problem(follow(c), "%v", err)
			}
			if at, ok := seen[string(text)]; ok {
				t.problem(c, "entry %d of the list repeats entry %d: give each value once", i+1, at+1)
				break
			}
			seen[string(text)] = i
		}
	}
	return all
}

// mapping returns the product of the alternatives of all fields of a struct, the last field varying fastest.
func (t *Text) mapping(n *yaml.Node, proto reflect.Value, f field) alternatives {
	nodes, ok := t.keys(n, f.name)
	if !ok {
		return alternatives{}
	}
	t.known(n, keysOf(proto.Type()))
	return t.fields(n, nodes, proto, f)
}

// fields is mapping without the check for unknown keys.
func (t *Text) fields(n *yaml.Node, nodes map[string]*yaml.Node, proto reflect.Value, f field) alternatives {
	var at []int
	var choices []alternatives
	for i := range proto.NumField() {
		inner := fieldOf(proto.Type().Field(i), f)
		c, ok := nodes[inner.name]
		if !ok {
			if inner.tag.Get("required") != "" && !(t.partial && inner.swept) && !f.part {
				t.problem(n, "%s has no %s: add it", f.name, inner.name)
			}
			continue
		}
		for _, other := range inner.excludes() {
			if nodes[other] != nil {
				t.problem(nodes[other], "%s and %s exclude each other: leave one out", inner.name, other)
			}
		}
		if found := t.alternatives(c, proto.Field(i), inner); len(found.values) > 0 {
			at, choices = append(at, i), append(choices, found)
		}
	}
	return product(proto, at, choices)
}

// product returns a copy of the prototype for every combination of choices for its fields.
func product(proto reflect.Value, fields []int, choices []alternatives) alternatives {
	all := alternatives{count: *big.NewInt(1)}
	for _, c := range choices {
		all.count.Mul(&all.count, &c.count)
	}
	n := 1
	if all.count.Cmp(big.NewInt(MaxRuns)) <= 0 {
		n = int(all.count.Int64())
	}
	copies := reflect.MakeSlice(reflect.SliceOf(proto.Type()), n, n)
	for i := range n {
		v, rest := copies.Index(i), i
		v.Set(proto)
		for j, c := range slices.Backward(choices) {
			v.Field(fields[j]).Set(c.values[rest%len(c.values)])
			rest /= len(c.values)
		}
		all.values = append(all.values, v)
	}
	return all
}

// Grouped writes a whole number with thousands separators.
func Grouped(n int) string { return grouped(big.NewInt(int64(n))) }

// grouped formats a whole number with thousands separators.
func grouped(n *big.Int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
