package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowsweep/experiments/problem"
)

// Names finds fields by the names that a person calls them. The zero value knows none.
type Names struct {
	aside map[string]bool   // by key
	also  map[string]string // keys by their other names
}

// Add makes a field known.
func (n *Names) Add(f Field) {
	if n.aside == nil {
		n.aside, n.also = map[string]bool{}, map[string]string{}
	}
	n.aside[f.Key] = f.Aside
	if f.Also != "" {
		n.also[f.Also] = f.Key
	}
}

// Key returns the key of the field with this name: its whole key, its other name, or the end of either after a dot if no other
// field ends so. Fields that annotate another one, and those set aside, are found by their whole keys alone. The error names
// the fields that may be meant.
func (n Names) Key(name string) (string, error) {
	if _, ok := n.aside[name]; ok {
		return name, nil
	}
	if key, ok := n.also[name]; ok {
		return key, nil
	}
	keys := slices.Sorted(maps.Keys(n.aside))
	candidates := n.ending(name)
	if len(candidates) == 1 {
		return candidates[0], nil
	}
	if len(candidates) == 0 { // the name of an object
		candidates = slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !strings.HasPrefix(k, name+".") })
	}
	if len(candidates) > 0 {
		return "", fmt.Errorf("%q may be %s: write more of it", name, strings.Join(candidates, " or "))
	}
	near := problem.Nearest(name, slices.Concat(keys, slices.Sorted(maps.Keys(n.also))))
	if near == "" {
		lasts := make([]string, len(keys))
		for i, k := range keys {
			lasts[i] = k[strings.LastIndexByte(k, '.')+1:]
		}
		near = problem.Nearest(name, lasts)
	}
	if near == "" {
		return "", fmt.Errorf("unknown field %q (have %s)", name, strings.Join(keys, ", "))
	}
	return "", fmt.Errorf("unknown field %q: did you mean %q? (have %s)", name, near, strings.Join(keys, ", "))
}

// ending returns the keys of the fields whose key or other name ends with a dot and this name, sorted.
func (n Names) ending(name string) []string {
	var ending []string
	add := func(key, called string) {
		if strings.HasSuffix(called, "."+name) && !n.annotates(key) && !n.aside[key] && !slices.Contains(ending, key) {
			ending = append(ending, key)
		}
	}
	for key := range n.aside {
		add(key, key)
	}
	for called, key := range n.also {
		add(key, called)
	}
	slices.Sort(ending)
	return ending
}

// annotates reports whether a key belongs to another one, as metrics_se.mmd to metrics.mmd.
func (n Names) annotates(key string) bool {
	object, field, _ := strings.Cut(key, ".")
	about, _, ok := strings.Cut(object, "_")
	if !ok {
		return false
	}
	_, known := n.aside[about+"."+field]
	return known
}
