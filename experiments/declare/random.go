package declare

import (
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// sampled draws the variants of a Random: one entry from each list, one number from each range. Draw k at a place depends
// only on the seed, the place and k, so that a larger count only adds variants.
func (t *Text) sampled(random *yaml.Node, f field, swept []string) []*yaml.Node {
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
	var variants []*yaml.Node
	for k := range settings.Count {
		variants = append(variants, t.sample(&places, settings.Seed, uint64(k), ""))
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
	case n.Kind != yaml.MappingNode || strings.Count(place, ".") > maxNesting:
		return n
	case len(n.Content) == 2 && ranges[n.Content[0].Value] != nil:
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

// ranges map a number u in [0, 1) to a number between low and high.
var ranges = map[string]func(low, high, u float64) float64{
	"uniform": func(low, high, u float64) float64 { return low + u*(high-low) },
	"log":     func(low, high, u float64) float64 { return low * math.Pow(high/low, u) },
	"whole":   func(low, high, u float64) float64 { return math.Floor(low + u*(high-low+1)) },
}

// rangeNames are the names of the ranges, sorted.
var rangeNames = slices.Sorted(maps.Keys(ranges))

// notNumber records that a node is not what a field takes, such as "a whole number". A range may be there by mistake.
func (t *Text) notNumber(n *yaml.Node, f field, what string) alternatives {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return t.problem(n, "%s must be %s", f.name, what)
	}
	switch key := follow(n.Content[0]); {
	case t.drawn[n]:
		return t.problem(key, "%s", problem.Unknown("range", key.Value, rangeNames))
	case ranges[key.Value] != nil:
		return t.problem(n, "%s must be %s: the range %s belongs in random", f.name, what, key.Value)
	default:
		return t.problem(n, "%s must be %s", f.name, what)
	}
}

// sampleRange draws a number from a range, rounded to six digits.
func (t *Text) sampleRange(n *yaml.Node, r *rand.Rand) *yaml.Node {
	name, ends := n.Content[0].Value, follow(n.Content[1])
	bounds := t.numbers(ends, field{name: name})
	if len(bounds.values) == 0 {
		return n
	}
	list := bounds.values[0].Interface().([]float64)
	if len(list) != 2 || !(list[0] < list[1]) || name == "log" && list[0] <= 0 {
		t.problem(ends, "%s takes two numbers, the lower first%s", name, map[bool]string{true: ", both above 0"}[name == "log"])
		return n
	}
	x := ranges[name](list[0], list[1], r.Float64())
	text := strconv.FormatFloat(x, 'g', 6, 64)
	tag := "!!float"
	if name == "whole" {
		text, tag = strconv.FormatFloat(x, 'f', 0, 64), "!!int"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text, Line: n.Line, Column: n.Column}
}
