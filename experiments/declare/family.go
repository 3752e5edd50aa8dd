package declare

import (
	"errors"
	"reflect"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// Family makes values of a type from parameters. A spec names it, and gives the parameters beside the name. A mapping with
// a parameter that the family requires need not name it.
type Family[T any] struct {
	Name    string
	Default any // the parameters and their defaults, a struct
	// Make returns the value of parameters, which are of the type of Default. An error that begins with a parameter, as in
	// "power: must be above 0", is shown there, and one by Place.Errorf at its place.
	Make func(params any, at Place) (T, error)
	// Refused holds the keys that the family does not take and a reader may expect, and what to say of them.
	Refused map[string]string
}

// families are the families of one type.
type families[T any] struct {
	kind string
	all  []Family[T]
}

// Families returns the kind whose values are made by families.
func Families[T any](kind string, all []Family[T]) Kind { return families[T]{kind, all} }

func (set families[T]) of() reflect.Type { return reflect.TypeFor[T]() }

// read returns a value for every combination of the parameters of the family that a node names.
func (set families[T]) read(t *Text, n *yaml.Node, _ reflect.Value, f field) alternatives {
	family, ok := set.named(t, n, f)
	if !ok {
		return alternatives{}
	}
	proto := reflect.ValueOf(family.Default)
	var nodes map[string]*yaml.Node
	if n.Kind == yaml.MappingNode {
		nodes, _ = t.keys(n, f.name)
	}
	before := len(t.problems)
	if nodes != nil {
		known := append([]string{"name"}, keysOf(proto.Type())...)
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

// named returns the family that a node names, or that has to be named for a parameter that it requires.
func (set families[T]) named(t *Text, n *yaml.Node, f field) (Family[T], bool) {
	if n.Kind == yaml.MappingNode && !(Place{n}).Has("name") {
		for _, family := range set.all {
			if key := requiredOf(family.Default); key != "" && (Place{n}).Has(key) {
				return family, true
			}
		}
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

// placeOf returns the node that an error of the family of a node is shown at.
func placeOf(err error, n *yaml.Node) *yaml.Node {
	var m misplaced
	if errors.As(err, &m) {
		return m.node
	}
	return fault(err, Place{n}).node
}

// requiredOf returns the first parameter that is required, or "".
func requiredOf(params any) string {
	t := reflect.TypeOf(params)
	for i := range t.NumField() {
		if f := fieldOf(t.Field(i), field{}); f.tag.Get("required") != "" {
			return f.name
		}
	}
	return ""
}

// schema describes the name of a family, or a mapping with its parameters.
func (set families[T]) schema(s schema, _ reflect.Value, _ field) Object {
	return s.define(set.kind, func() Object {
		var alone []string
		var kinds []Object
		for _, family := range set.all {
			made := s.structure(reflect.ValueOf(family.Default), field{swept: true})
			made["properties"].(Object)["name"] = Object{"const": family.Name}
			if made["required"] == nil { // what a family requires says its name
				made["required"] = []string{"name"}
				alone = append(alone, family.Name)
			}
			kinds = append(kinds, made)
		}
		return Object{"anyOf": append([]Object{{"enum": alone}}, kinds...)}
	})
}
