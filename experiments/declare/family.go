package declare

import (
	"errors"
	"reflect"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// Family makes values of a type from parameters, which are written as a mapping beside the name of the family. The name may
// be left out if the mapping has the parameter that the family requires.
type Family[T any] struct {
	Name    string
	Default any // struct of parameters with their defaults
	// Make returns the value for params, which have the type of Default. An error that starts with a parameter, as in "power:
	// must be positive", is shown at that parameter, and an error from Place.Errorf at its own place.
	Make func(params any, at Place) (T, error)
	// Keyed families may also be written as a mapping of the name to the parameters: {reflow: {steps: 32}}.
	Keyed bool
	// Refused maps keys that users may expect, but that are not supported, to an error message.
	Refused map[string]string
}

// families are all families of one type.
type families[T any] struct {
	kind string
	all  []Family[T]
}

// Families returns the kind of values that families make.
func Families[T any](kind string, all []Family[T]) Kind { return families[T]{kind, all} }

func (set families[T]) of() reflect.Type { return reflect.TypeFor[T]() }

// read returns a value for every combination of the parameters.
func (set families[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	var known []string
	family, inner, ok := set.keyed(n)
	if ok {
		n = inner
	} else if family, ok = set.named(t, n, f); !ok {
		return alternatives{}
	} else {
		known = []string{"name"}
	}
	proto := reflect.ValueOf(family.Default)
	var nodes map[string]*yaml.Node
	if n.Kind == yaml.MappingNode {
		nodes, _ = t.keys(n, f.name)
	}
	before := len(t.problems)
	if nodes != nil {
		known = append(known, keysOf(proto.Type())...)
		for key, why := range family.Refused {
			if nodes[key] != nil {
				t.problem(nodes[key], "%s", why)
				known = append(known, key)
			}
		}
		t.known(n, known)
	}
	found := t.fields(n, nodes, proto, field{name: "the " + set.kind + " " + family.Name, swept: f.swept})
	if len(t.problems) > before {
		return alternatives{}
	}
	for i, v := range found.values {
		made, err := family.Make(v.Interface(), Place{n})
		if err != nil {
			t.problem(placeOf(err, n), "%v", err)
			continue
		}
		found.values[i] = reflect.ValueOf(made)
	}
	if len(t.problems) > before {
		return alternatives{}
	}
	return found
}

// keyed returns the family that is the only key of a node, and the node of its parameters.
func (set families[T]) keyed(n *yaml.Node) (family Family[T], params *yaml.Node, ok bool) {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return family, nil, false
	}
	key, params := follow(n.Content[0]), follow(n.Content[1])
	for _, family := range set.all {
		if family.Keyed && key.Kind == yaml.ScalarNode && family.Name == key.Value && params.Kind == yaml.MappingNode {
			return family, params, true
		}
	}
	return family, nil, false
}

// named returns the family that a node names, or whose required parameter it has.
func (set families[T]) named(t *Text, n *yaml.Node, f field) (Family[T], bool) {
	if n.Kind == yaml.MappingNode && !(Place{n}).Has("name") {
		keys := []string{"name"}
		for _, family := range set.all {
			key := requiredOf(family.Default)
			if key != "" && (Place{n}).Has(key) {
				return family, true
			}
			if key != "" {
				keys = append(keys, key)
			}
			if family.Keyed {
				keys = append(keys, family.Name)
			}
		}
		t.nameless(n, set.kind, keys)
		return Family[T]{}, false
	}
	name, ok := t.name(n, set.kind, f)
	if !ok {
		return Family[T]{}, false
	}
	var names []string
	for _, family := range set.all {
		if family.Name == name.Value && name.Tag == "!!str" {
			return family, true
		}
		names = append(names, family.Name)
	}
	t.problem(name, "%s", problem.Unknown(set.kind, name.Value, names))
	return Family[T]{}, false
}

// placeOf returns the node at which to show an error of Make.
func placeOf(err error, n *yaml.Node) *yaml.Node {
	var placed placeError
	if errors.As(err, &placed) {
		return placed.node
	}
	return fault(err, Place{n}).node
}

// requiredOf returns the first required parameter, or "".
func requiredOf(params any) string {
	t := reflect.TypeOf(params)
	for i := range t.NumField() {
		if f := fieldOf(t.Field(i), field{}); f.tag.Get("required") != "" {
			return f.name
		}
	}
	return ""
}

// schema allows the name of a family, or a mapping with its parameters.
func (set families[T]) schema(s schema, _ reflect.Value, _ field) Object {
	return s.define(set.kind, func() Object {
		var alone []string
		var kinds []Object
		for _, family := range set.all {
			made := s.structure(reflect.ValueOf(family.Default), field{name: family.Name, kind: set.kind, swept: true})
			made["properties"].(Object)["name"] = Object{"const": family.Name}
			if made["required"] == nil { // the required parameter stands for the name
				made["required"] = []string{"name"}
				alone = append(alone, family.Name)
			}
			kinds = append(kinds, made)
			if family.Keyed {
				params := s.structure(reflect.ValueOf(family.Default), field{swept: true})
				kinds = append(kinds, Object{
					"type": "object", "properties": Object{family.Name: params}, "required": []string{family.Name}, "additionalProperties": false,
				})
			}
		}
		return Object{"anyOf": append([]Object{{"enum": alone}}, kinds...)}
	})
}
