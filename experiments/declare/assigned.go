package declare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// assigned are lists of names, each of which may be assigned a word with arguments.
type assigned[T any] struct {
	what  string
	words []string
	make  func(name, word string, arguments []string) (T, error)
}

// Assigned returns the kind of lists, []T, that are written as names, [x, y], or as a mapping from names to one of the words, which may
// have a list of arguments: {x: real, y: {bounded: [0, 1]}}. A name without a word, which error messages call what, has the word "".
func Assigned[T any](what string, words []string, make func(name, word string, arguments []string) (T, error)) Kind {
	return assigned[T]{what, words, make}
}

func (a assigned[T]) of() reflect.Type { return reflect.TypeFor[[]T]() }

func (a assigned[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	var list []T
	add := func(at *yaml.Node, name, word string, arguments []string) {
		made, err := a.make(name, word, arguments)
		if err != nil {
			t.problem(at, "%v", err)
		}
		list = append(list, made)
	}
	if n.Kind != yaml.MappingNode {
		names := t.names(n, f)
		if len(names.values) == 0 {
			return names
		}
		for _, name := range names.values[0].Interface().([]string) {
			add(n, name, "", nil)
		}
		return one(reflect.ValueOf(list))
	}
	if _, ok := t.keys(n, f.name); !ok {
		return alternatives{}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := follow(n.Content[i]).Value, follow(n.Content[i+1])
		if value.Tag == "!!null" {
			add(value, name, "", nil)
			continue
		}
		word, arguments, ok := a.word(t, value, name)
		if !ok {
			return alternatives{}
		}
		add(value, name, word, arguments)
	}
	return one(reflect.ValueOf(list))
}

// word returns the word that a name is assigned, and its arguments.
func (a assigned[T]) word(t *Text, n *yaml.Node, name string) (word string, arguments []string, ok bool) {
	at := n
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		at = follow(n.Content[0])
		list := follow(n.Content[1])
		if list.Kind != yaml.SequenceNode {
			t.problem(list, "what stands beside the %s %s must be a list", a.what, at.Value)
			return "", nil, false
		}
		for _, c := range list.Content {
			if c = follow(c); c.Kind != yaml.ScalarNode || c.Tag == "!!null" {
				t.problem(c, "what stands beside the %s %s must be words or numbers", a.what, at.Value)
				return "", nil, false
			}
			arguments = append(arguments, c.Value)
		}
	}
	if at.Kind != yaml.ScalarNode {
		t.problem(n, "the %s of %q must be one of: %s", a.what, name, strings.Join(a.words, ", "))
		return "", nil, false
	}
	if !slices.Contains(a.words, at.Value) {
		t.problem(at, "%s", problem.Unknown(a.what, at.Value, a.words))
		return "", nil, false
	}
	return at.Value, arguments, true
}

func (a assigned[T]) schema(s schema, _ reflect.Value, f field) Object {
	return s.define(fmt.Sprintf("%s and their %ss", f.name, a.what), func() Object {
		name := Object{"type": []string{"string", "number"}}
		value := Object{"anyOf": []Object{
			{"enum": a.words},
			{"type": "null"},
			{
				"type": "object", "propertyNames": Object{"enum": a.words}, "minProperties": 1, "maxProperties": 1,
				"additionalProperties": Object{"type": "array", "items": name},
			},
		}}
		return Object{"anyOf": []Object{
			name,
			{"type": "array", "minItems": 1, "items": name},
			{"type": "object", "minProperties": 1, "additionalProperties": value},
		}}
	})
}
