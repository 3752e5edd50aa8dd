package declare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// words are the values of a type that are picked by name.
type words[T any] struct {
	kind  string
	names []string
	value map[string]reflect.Value
}

// Words returns the kind of values that are written as a name, or as a mapping that contains only the name.
func Words[T any](kind string, all []T, name func(T) string) Kind {
	w := words[T]{kind: kind, value: map[string]reflect.Value{}}
	for _, v := range all {
		w.names = append(w.names, name(v))
		w.value[name(v)] = reflect.ValueOf(v)
	}
	return w
}

func (w words[T]) of() reflect.Type { return reflect.TypeFor[T]() }

func (w words[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	name, ok := t.name(n, w.kind, f)
	if !ok {
		return alternatives{}
	}
	if n.Kind == yaml.MappingNode {
		t.known(n, []string{"name"})
	}
	v, ok := w.value[name.Value]
	if !ok || name.Tag != "!!str" {
		return t.problem(name, "%s", problem.Unknown(w.kind, name.Value, w.names))
	}
	return one(v)
}

func (w words[T]) schema(s schema, _ reflect.Value, _ field) Object {
	return s.define(w.kind, func() Object {
		mapping := Object{
			"type": "object", "properties": Object{"name": Object{"enum": w.names}},
			"required": []string{"name"}, "additionalProperties": false,
		}
		return Object{"anyOf": []Object{{"enum": w.names}, mapping}}
	})
}

// bareWords are words that are never written as mappings.
type bareWords[T any] struct{ words[T] }

// BareWords returns the kind of values that are written as a name only. Error messages call them by the key of their field.
func BareWords[T any](all []T, name func(T) string) Kind {
	return bareWords[T]{Words("", all, name).(words[T])}
}

func (w bareWords[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	found := t.text(n, f.oneOf(w.names))
	for i, v := range found.values {
		found.values[i] = w.value[v.String()]
	}
	return found
}

func (w bareWords[T]) schema(_ schema, _ reflect.Value, f field) Object {
	return wordSchema(f.oneOf(w.names))
}

// flagOrWord are words of which two are true and false.
type flagOrWord[T any] struct{ words[T] }

// FlagOrWord returns the kind of values that are written as true, as false or as another name.
func FlagOrWord[T any](all []T, name func(T) string) Kind {
	return flagOrWord[T]{Words("", all, name).(words[T])}
}

func (w flagOrWord[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	written := n.Value
	flag := n.Tag == "!!bool"
	if flag {
		written = strings.ToLower(written)
	}
	v, ok := w.value[written]
	if n.Kind != yaml.ScalarNode || !ok || flag != (written == "true" || written == "false") {
		hint := ""
		if near := problem.Nearest(written, w.names); near != "" {
			hint = fmt.Sprintf(": did you mean %q?", near)
		}
		return t.problem(n, "%s must be true or false, or one of: %s%s", f.name, strings.Join(w.others(), ", "), hint)
	}
	return one(v)
}

// others returns the names other than true and false.
func (w flagOrWord[T]) others() []string {
	return slices.DeleteFunc(slices.Clone(w.names), func(name string) bool { return name == "true" || name == "false" })
}

func (w flagOrWord[T]) schema(_ schema, _ reflect.Value, _ field) Object {
	return Object{"anyOf": []Object{{"type": "boolean"}, {"enum": w.others()}}}
}

// oneOf returns the field, restricted to some words.
func (f field) oneOf(words []string) field {
	f.tag = reflect.StructTag(fmt.Sprintf("oneof:%q", strings.Join(words, " ")))
	return f
}

// name returns the node of a name, which is the node itself or, in a mapping, the value of the key "name".
func (t *Text) name(n *yaml.Node, kind string, f field) (*yaml.Node, bool) {
	if n.Kind == yaml.ScalarNode {
		return n, true
	}
	nodes, ok := t.keys(n, f.name)
	if !ok {
		return nil, false
	}
	name, ok := nodes["name"]
	if !ok {
		t.nameless(n, kind, []string{"name"})
		return nil, false
	}
	if name = follow(name); name.Kind != yaml.ScalarNode || name.Tag == "!!null" {
		t.problem(name, "the name of a %s is one word", kind)
		return nil, false
	}
	return name, true
}

// nameless records that a mapping has none of the keys that name a value of a kind, with the one that was probably meant.
func (t *Text) nameless(n *yaml.Node, kind string, keys []string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := follow(n.Content[i]); problem.Nearest(key.Value, keys) != "" {
			t.problem(key, "%s", problem.Unknown("key", key.Value, keys))
			return
		}
	}
	t.problem(n, "the %s has no name: add it", kind)
}
