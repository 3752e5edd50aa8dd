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

// shortText is a struct that may be written as a single word.
type shortText[T any] struct {
	kind string
	make func(string) T
}

// ShortText returns the kind of structs that may be written as a single word or number, which is taken as it stands.
func ShortText[T any](kind string, make func(string) T) Kind { return shortText[T]{kind, make} }

func (k shortText[T]) of() reflect.Type { return reflect.TypeFor[T]() }

func (k shortText[T]) read(t *Text, n *yaml.Node, proto reflect.Value, f field) alternatives {
	if n.Kind != yaml.ScalarNode {
		return t.mapping(n, proto, f)
	}
	if n.Tag == "!!null" || n.Value == "" {
		return t.problem(n, "%s must be a word", f.name)
	}
	return one(reflect.ValueOf(k.make(n.Value)))
}

func (k shortText[T]) schema(s schema, proto reflect.Value, f field) Object {
	return s.define(k.kind, func() Object {
		return Object{"anyOf": []Object{{"type": []string{"string", "number"}}, s.structure(proto, f)}}
	})
}

// numberOf is a type whose values are written as a number.
type numberOf[T any] struct {
	bounds reflect.StructTag
	make   func(float64) T
}

// NumberOf returns the kind of values that are made of a number within bounds such as `above:"0"`.
func NumberOf[T any](bounds reflect.StructTag, make func(float64) T) Kind {
	return numberOf[T]{bounds, make}
}

func (k numberOf[T]) of() reflect.Type { return reflect.TypeFor[T]() }

func (k numberOf[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	f.tag = k.bounds
	found := t.number(n, f)
	for i, v := range found.values {
		found.values[i] = reflect.ValueOf(k.make(v.Float()))
	}
	return found
}

func (k numberOf[T]) schema(schema, reflect.Value, field) Object {
	return numberSchema("number", field{tag: k.bounds})
}
