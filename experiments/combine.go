package experiments

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/flow"
)

// This file holds the two ways to sweep that are no product of lists. Each gives variants of a spec, which are laid over
// what is written beside them; a product of lists within a variant is taken for each.

// zipped is the value of zip: a list of variants, taken one after the other.
type zipped struct{}

// drawn is the value of random: how many variants to draw, and from what.
type drawn struct {
	Count int    `json:"count" min:"1" max:"10000" doc:"variants to draw"`
	Seed  uint64 `json:"seed" doc:"seed of the draws"`
}

// combine returns the roots that a spec stands for: itself, or one for each of its variants.
func (d *decoder) combine(root *yaml.Node) []*yaml.Node {
	if root.Kind != yaml.MappingNode {
		return []*yaml.Node{root}
	}
	base := *root
	base.Content = nil
	var zip, random *yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		switch key := follow(root.Content[i]).Value; {
		case key == "zip" && zip == nil:
			zip = follow(root.Content[i+1])
		case key == "random" && random == nil:
			random = follow(root.Content[i+1])
		default:
			base.Content = append(base.Content, root.Content[i], root.Content[i+1])
		}
	}
	roots := []*yaml.Node{&base}
	for _, variants := range [][]*yaml.Node{d.zipVariants(zip), d.randomVariants(random)} {
		if len(variants) == 0 {
			continue
		}
		var over []*yaml.Node
		for _, r := range roots {
			for _, v := range variants {
				over = append(over, d.lay(r, v, 0))
			}
		}
		roots = over
	}
	return roots
}

// zipVariants returns the entries of zip.
func (d *decoder) zipVariants(zip *yaml.Node) []*yaml.Node {
	if zip == nil {
		return nil
	}
	if zip.Kind != yaml.SequenceNode || len(zip.Content) == 0 {
		d.problem(zip, "zip must be a list of parts of a spec, such as [{net: {width: 32}}, {net: {width: 64}, train: {rate: 1e-3}}]")
		return nil
	}
	var variants []*yaml.Node
	for _, v := range zip.Content {
		if v = follow(v); d.sweepable(v, "an entry of zip", nil) {
			variants = append(variants, v)
		}
	}
	return variants
}

// sweepable notes a problem unless the node is a mapping of keys that may be swept, or of the others allowed.
func (d *decoder) sweepable(n *yaml.Node, what string, allowed []string) bool {
	nodes, ok := d.keys(n, what)
	if !ok {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := follow(n.Content[i])
		if nodes[key.Value] != nil && !slices.Contains(sweptKeys, key.Value) && !slices.Contains(allowed, key.Value) {
			d.problem(key, "%s cannot differ between the runs of a sweep: write it outside (%s may be here)", key.Value, strings.Join(sweptKeys, ", "))
			return false
		}
	}
	return true
}

// sweptKeys are the keys of a spec that a variant may set.
var sweptKeys = []string{"target", "source", "path", "coupling", "net", "train", "sample"}

// lay returns a mapping with the keys of both, mappings merged. A key that both give another value is a problem.
func (d *decoder) lay(under, over *yaml.Node, depth int) *yaml.Node {
	merged := *under
	merged.Content = slices.Clone(under.Content)
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := follow(over.Content[i]), over.Content[i+1]
		at := slices.IndexFunc(everySecond(merged.Content), func(n *yaml.Node) bool { return follow(n).Value == key.Value })
		if at < 0 {
			merged.Content = append(merged.Content, over.Content[i], value)
			continue
		}
		below := follow(merged.Content[2*at+1])
		if below.Kind != yaml.MappingNode || follow(value).Kind != yaml.MappingNode || depth > deepest {
			d.problem(key, "%s has a value on line %d too: leave one out", key.Value, below.Line)
			continue
		}
		merged.Content[2*at+1] = d.lay(below, follow(value), depth+1)
	}
	return &merged
}

// deepest bounds how deep variants nest: aliases may make that endless.
const deepest = 8

// everySecond returns the keys of the content of a mapping.
func everySecond(content []*yaml.Node) []*yaml.Node {
	var keys []*yaml.Node
	for i := 0; i < len(content); i += 2 {
		keys = append(keys, content[i])
	}
	return keys
}

// randomVariants draws the variants of random: of each list in it one entry, of each range one number. Draw k of a place
// depends on the seed, the place and k alone, so that a larger count only adds variants.
func (d *decoder) randomVariants(random *yaml.Node) []*yaml.Node {
	if random == nil || !d.sweepable(random, "random", []string{"count", "seed"}) {
		return nil
	}
	nodes, _ := d.keys(random, "random")
	count, seed := d.drawnNumber(nodes["count"], "count", `min:"1" max:"10000"`), d.drawnNumber(nodes["seed"], "seed", "")
	if nodes["count"] == nil {
		d.problem(random, "random has no count: say how many variants to draw")
	}
	places := *random
	places.Content = nil
	for i := 0; i+1 < len(random.Content); i += 2 {
		if key := follow(random.Content[i]).Value; key != "count" && key != "seed" {
			places.Content = append(places.Content, random.Content[i], random.Content[i+1])
		}
	}
	var variants []*yaml.Node
	for k := range count {
		variants = append(variants, d.draw(&places, seed, k, ""))
	}
	return variants
}

// drawnNumber returns a whole number of random, 0 where it is left out or wrong.
func (d *decoder) drawnNumber(n *yaml.Node, name string, bounds string) uint64 {
	if n == nil {
		return 0
	}
	found := d.whole(follow(n), uintType, field{name: name, tag: reflect.StructTag(bounds)})
	if len(found.values) == 0 {
		return 0
	}
	return found.values[0].Uint()
}

// draw returns what draw k makes of a place.
func (d *decoder) draw(n *yaml.Node, seed, k uint64, place string) *yaml.Node {
	n = follow(n)
	r := flow.NewStream(seed, "random "+place).At(k)
	switch {
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		return n.Content[r.IntN(len(n.Content))]
	case n.Kind != yaml.MappingNode || strings.Count(place, ".") > deepest:
		return n
	case len(n.Content) == 2 && ranges[n.Content[0].Value] != nil:
		return d.drawRange(n, r)
	}
	made := *n
	made.Content = slices.Clone(n.Content)
	for i := 0; i+1 < len(made.Content); i += 2 {
		made.Content[i+1] = d.draw(made.Content[i+1], seed, k, place+"."+follow(made.Content[i]).Value)
	}
	return &made
}

// ranges are the ways to draw a number u between two, from one in [0, 1).
var ranges = map[string]func(low, high, u float64) float64{
	"uniform": func(low, high, u float64) float64 { return low + u*(high-low) },
	"log":     func(low, high, u float64) float64 { return low * math.Pow(high/low, u) },
	"whole":   func(low, high, u float64) float64 { return math.Floor(low + u*(high-low+1)) },
}

// drawRange returns a number between the two of a range, to six digits.
func (d *decoder) drawRange(n *yaml.Node, r *rand.Rand) *yaml.Node {
	name, ends := n.Content[0].Value, follow(n.Content[1])
	bounds := d.numbers(ends, field{name: name})
	if len(bounds.values) == 0 {
		return n
	}
	list := bounds.values[0].Interface().([]float64)
	if len(list) != 2 || !(list[0] < list[1]) || name == "log" && list[0] <= 0 {
		d.problem(ends, "%s takes two numbers, the lower first%s", name, map[bool]string{true: ", both above 0"}[name == "log"])
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
