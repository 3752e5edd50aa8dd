package declare

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// sampled draws the variants of a Random: one entry from each list, one number from each range. Draw k at a place depends
// only on the seed, the place and k, so that a larger count only adds variants.
func (t *Text) sampled(random *yaml.Node, f field, swept []string) (variants []variant) {
	own := keysOf(randomType)
	if random == nil || !t.sweepable(random, f.name, swept, own) {
		return nil
	}
	settings := t.randomOf(random, f)
	places := *random
	places.Content = nil
	for i := 0; i+1 < len(random.Content); i += 2 {
		if !slices.Contains(own, follow(random.Content[i]).Value) {
			places.Content = append(places.Content, random.Content[i], random.Content[i+1])
		}
	}
	for k := range settings.Count {
		variants = append(variants, variant{
			root: t.sample(&places, settings.Seed, uint64(k), ""),
			draw: func(n *yaml.Node) *yaml.Node { return t.sampleRanges(n, settings.Seed, uint64(k), "") },
		})
	}
	return variants
}

// randomOf returns the count and the seed of a Random, 0 if missing or wrong.
func (t *Text) randomOf(n *yaml.Node, f field) Random {
	nodes, _ := t.keys(n, f.name)
	var settings Random
	v := reflect.ValueOf(&settings).Elem()
	for i := range v.NumField() {
		inner := fieldOf(randomType.Field(i), field{})
		if nodes[inner.name] == nil {
			continue
		}
		if found := t.whole(follow(nodes[inner.name]), v.Field(i).Type(), inner); len(found.values) > 0 {
			v.Field(i).Set(found.values[0])
		}
	}
	if nodes["count"] == nil {
		t.problem(n, "%s has no count: say how many variants to draw", f.name)
	}
	return settings
}

// sample returns draw k at a place.
func (t *Text) sample(n *yaml.Node, seed, k uint64, place string) *yaml.Node {
	n = follow(n)
	r := t.random(seed, place, k)
	switch {
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		return n.Content[r.IntN(len(n.Content))]
	case progresses(n):
		if list, ok := t.progression(n); ok {
			return t.sample(list, seed, k, place)
		}
		return n
	case n.Kind != yaml.MappingNode || strings.Count(place, ".") > maxNesting:
		return n
	case len(n.Content) == 2 && isRange(n):
		return t.sampleRange(n, r)
	}
	made := *n
	made.Content = slices.Clone(n.Content)
	t.drawn[&made] = true
	for i := 0; i+1 < len(made.Content); i += 2 {
		made.Content[i+1] = t.sample(made.Content[i+1], seed, k, place+"."+follow(made.Content[i]).Value)
	}
	return &made
}

// sampleRanges returns a node with a number drawn from each of its ranges, whose lists stay.
func (t *Text) sampleRanges(n *yaml.Node, seed, k uint64, place string) *yaml.Node {
	n = follow(n)
	switch {
	case isRange(n):
		return t.sampleRange(n, t.random(seed, place, k))
	case n.Kind == yaml.ScalarNode || strings.Count(place, ".") > maxNesting:
		return n
	}
	made := *n
	made.Content = slices.Clone(n.Content)
	for i, c := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			made.Content[i] = t.sampleRanges(c, seed, k, place)
		case i%2 == 1:
			made.Content[i] = t.sampleRanges(c, seed, k, place+"."+follow(n.Content[i-1]).Value)
		}
	}
	t.drawn[&made] = n.Kind == yaml.MappingNode
	return &made
}
