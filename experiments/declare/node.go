package declare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// keys returns the values of a mapping by key, and whether the node is a mapping.
func (t *Text) keys(n *yaml.Node, what string) (map[string]*yaml.Node, bool) {
	if n.Kind != yaml.MappingNode {
		t.problem(n, "%s must be a mapping of keys to values", what)
		return nil, false
	}
	nodes := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		k := follow(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			t.problem(k, "a key must be one word")
			continue
		}
		if nodes[k.Value] != nil {
			t.problem(n.Content[i], "the key %q is here twice: leave one out", k.Value)
			continue
		}
		nodes[k.Value] = n.Content[i+1]
	}
	return nodes, true
}

// known records a problem for every unknown key of a mapping.
func (t *Text) known(n *yaml.Node, known []string) {
	have := map[string]bool{}
	for _, k := range known {
		have[k] = true
	}
	for i := 0; i < len(n.Content); i += 2 {
		k := follow(n.Content[i])
		if k.Kind != yaml.ScalarNode || have[k.Value] {
			continue
		}
		if t.drawn[n] && len(n.Content) == 2 && problem.Nearest(k.Value, known) == "" && nearestRange(k.Value) != "" {
			t.problem(k, "%s", unknownRange(k.Value))
			continue
		}
		t.problem(k, "%s", t.unknownKey(k.Value, known))
	}
}

// unknownKey returns the message that a key is not one of those known at its place, with the section that it belongs in or
// the key that was probably meant.
func (t *Text) unknownKey(key string, known []string) string {
	sections := t.sections[key]
	if len(sections) == 0 || len(sections) > 2 {
		return problem.Unknown("key", key, known)
	}
	places := make([]string, len(sections))
	for i, section := range sections {
		if places[i] = "in " + section; section == "" {
			places[i] = "at the top level"
		}
	}
	return fmt.Sprintf("unknown key %q (have %s): it belongs %s", key, strings.Join(known, ", "), strings.Join(places, " or "))
}

// sectionsOf returns for each key of a document, and of the structs in it, the keys of those that it belongs in, "" for the
// document itself.
func sectionsOf(document reflect.Type, kinds map[reflect.Type]Kind) map[string][]string {
	sections := map[string][]string{}
	for i := range document.NumField() {
		f := fieldOf(document.Field(i), field{})
		sections[f.name] = append(sections[f.name], "")
		if of := document.Field(i).Type; of.Kind() == reflect.Struct && kinds[of] == nil {
			for _, key := range keysOf(of) {
				sections[key] = append(sections[key], f.name)
			}
		}
	}
	return sections
}

// follow resolves aliases.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// depth returns how deep lists are nested, judging by first entries. It is bounded, as aliases may form a cycle.
func depth(n *yaml.Node) int {
	levels := 0
	for n = follow(n); n.Kind == yaml.SequenceNode && levels < 8; levels++ {
		if len(n.Content) == 0 {
			return levels + 1
		}
		n = follow(n.Content[0])
	}
	return levels
}

// ownDepth returns how deep lists are nested in a single value of the type.
func ownDepth(t reflect.Type) int {
	levels := 0
	for ; t.Kind() == reflect.Slice; levels++ {
		t = t.Elem()
	}
	return levels
}

// valueOf returns the value of a key, and whether the node is a mapping with that key.
func valueOf(n *yaml.Node, key string) (*yaml.Node, bool) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if follow(n.Content[i]).Value == key {
				return follow(n.Content[i+1]), true
			}
		}
	}
	return nil, false
}

// holdsPlace reports whether a node, or a node in it, starts at the given place.
func holdsPlace(n *yaml.Node, line, column int) bool {
	return n.Line == line && n.Column == column ||
		slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return holdsPlace(c, line, column) })
}
