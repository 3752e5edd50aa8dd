package declare

import (
	"reflect"

	"go.yaml.in/yaml/v4"
)

// short is a struct that may be written as a single number.
type short[T any] struct {
	kind   string
	bounds reflect.StructTag
	make   func(float64) T
}

// Short returns the kind of structs that may be written as a single number within bounds such as `above:"0"`.
func Short[T any](kind string, bounds reflect.StructTag, make func(float64) T) Kind {
	return short[T]{kind, bounds, make}
}

func (k short[T]) of() reflect.Type { return reflect.TypeFor[T]() }

func (k short[T]) read(t *Text, n *yaml.Node, proto reflect.Value, f field) alternatives {
	if n.Kind != yaml.ScalarNode {
		return t.mapping(n, proto, f)
	}
	f.tag = k.bounds
	found := t.number(n, f)
	for i, v := range found.values {
		found.values[i] = reflect.ValueOf(k.make(v.Float()))
	}
	return found
}

func (k short[T]) schema(s schema, proto reflect.Value, f field) Object {
	return s.define(k.kind, func() Object {
		return Object{"anyOf": []Object{numberSchema("number", field{tag: k.bounds}), s.structure(proto, f)}}
	})
}
