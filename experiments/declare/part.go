package declare

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// leaf is a field that a part of a document gives a value, or one of several.
type leaf struct {
	keys    []string   // from the root of the document
	index   []int      // of the fields, likewise
	key     *yaml.Node // the last of the keys in the text
	options []option
}

// option is one of the values of a leaf, and where it is written.
type option struct {
	node  *yaml.Node
	value reflect.Value
	form  any // as JSON
}

// leaves returns what a part of a document sets: one list of leaves or, for lists of whole mappings, one for each. The part must
// be valid.
func (t *Text) leaves(n *yaml.Node, proto reflect.Value, f field, at leaf) (parts [][]leaf) {
	n = follow(n)
	switch {
	case proto.Kind() != reflect.Struct || t.kinds[proto.Type()] != nil:
		at.options = t.options(n, proto, f)
		return [][]leaf{{at}}
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			parts = append(parts, t.leaves(c, proto, f, at)...)
		}
		return parts
	}
	parts = [][]leaf{nil}
	for i := range proto.NumField() {
		inner := fieldOf(proto.Type().Field(i), f)
		k := slices.IndexFunc(everySecond(n.Content), func(key *yaml.Node) bool { return follow(key).Value == inner.name })
		if k < 0 {
			continue
		}
		below := leaf{keys: append(slices.Clip(at.keys), inner.name), index: append(slices.Clip(at.index), i), key: n.Content[2*k]}
		var all [][]leaf
		for _, part := range parts {
			for _, more := range t.leaves(n.Content[2*k+1], proto.Field(i), inner, below) {
				all = append(all, slices.Concat(part, more))
			}
		}
		parts = all
	}
	return parts
}

// options returns the values that a node stands for.
func (t *Text) options(n *yaml.Node, proto reflect.Value, f field) (list []option) {
	entries := []*yaml.Node{n}
	if depth(n) > ownDepth(proto.Type()) {
		entries = n.Content
	}
	for _, e := range entries {
		for _, v := range t.alternatives(e, proto, f).values {
			list = append(list, option{follow(e), v, formOf(v.Interface())})
		}
	}
	return list
}

// formOf returns the JSON of a value as maps, lists, texts and numbers.
func formOf(v any) (form any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &form)
	}
	if err != nil {
		panic("declare: a value that has no JSON: " + err.Error())
	}
	return form
}

// met reports whether a document, as JSON, has one of the values of the leaf.
func (l leaf) met(document any) bool {
	for _, key := range l.keys {
		of, ok := document.(map[string]any)
		if document = of[key]; !ok || document == nil {
			return false
		}
	}
	return slices.ContainsFunc(l.options, func(o option) bool { return o.met(document) })
}

// met reports whether a value, as JSON, is that of the option as far as it is written: a name alone leaves the parameters open.
func (o option) met(have any) bool {
	name := nameOfForm(o.form)
	switch {
	case name == "" || nameOfForm(have) != name:
		return reflect.DeepEqual(have, o.form)
	case o.node.Kind != yaml.MappingNode:
		return true
	}
	params := o.node
	if of, keyed := valueOf(params, name); keyed {
		params = of
	}
	want, _ := o.form.(map[string]any)
	given, _ := have.(map[string]any)
	for _, key := range everySecond(params.Content) {
		k := follow(key).Value
		if _, ok := want[k]; !ok && k != "name" {
			return reflect.DeepEqual(have, o.form) // written otherwise than stored, as files are
		}
		if k != "name" && !reflect.DeepEqual(given[k], want[k]) {
			return false
		}
	}
	return true
}

// nameOfForm returns the name of what has one, as JSON.
func nameOfForm(form any) string {
	if of, ok := form.(map[string]any); ok {
		form = of["name"]
	}
	name, _ := form.(string)
	return name
}

// overlaps reports whether two leaves set the same field.
func (l leaf) overlaps(o leaf) bool {
	n := min(len(l.keys), len(o.keys))
	return slices.Equal(l.keys[:n], o.keys[:n])
}

func (l leaf) name() string { return strings.Join(l.keys, ".") }
