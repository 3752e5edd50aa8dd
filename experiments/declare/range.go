package declare

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// interval is a range of numbers that Random draws from.
type interval struct {
	draw  func(low, high, u float64) float64 // of u in [0, 1)
	whole bool                               // between whole ends, both of which are drawn
	least float64                            // of the lower end; below it the range has no meaning
}

var intervals = map[string]interval{
	"uniform": {draw: func(low, high, u float64) float64 { return low + u*(high-low) }, least: math.Inf(-1)},
	"log":     {draw: func(low, high, u float64) float64 { return low * math.Pow(high/low, u) }, least: math.SmallestNonzeroFloat64},
	"whole": {
		draw:  func(low, high, u float64) float64 { return math.Floor(low + u*(high-low+1)) },
		whole: true, least: math.Inf(-1),
	},
	// The logarithm is uniform over all that is rounded to a whole number from low to high, so n is drawn in proportion to
	// log(n+1/2) - log(n-1/2), as Optuna does.
	"log-whole": {
		draw:  func(low, high, u float64) float64 { return math.Floor((low-.5)*math.Pow((high+.5)/(low-.5), u) + .5) },
		whole: true, least: 1,
	},
}

// intervalNames are the names of the ranges, sorted.
var intervalNames = slices.Sorted(maps.Keys(intervals))

// elsewhere are the names that other programs have for the ranges: W&B, Optuna, Ray, Hydra.
var elsewhere = map[string]string{
	"int": "whole", "integer": "whole", "randint": "whole", "int_uniform": "whole", "quniform": "whole", "range": "whole",
	"log-int": "log-whole", "log_int": "log-whole", "int-log": "log-whole", "lograndint": "log-whole", "log_whole": "log-whole",
	"loguniform": "log", "log_uniform": "log", "log_uniform_values": "log", "float": "uniform", "interval": "uniform",
}

// isRange reports whether a node is a range.
func isRange(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) == 2 && intervals[follow(n.Content[0]).Value].draw != nil
}

// nearestRange returns the range that a name probably means, or "".
func nearestRange(name string) string {
	if known, ok := elsewhere[name]; ok {
		return known
	}
	return problem.Nearest(name, intervalNames)
}

// unknownRange returns the message that a range has none of the names.
func unknownRange(name string) string {
	if known, ok := elsewhere[name]; ok {
		return fmt.Sprintf("%s: did you mean %q?", problem.Unknown("range", name, intervalNames), known)
	}
	return problem.Unknown("range", name, intervalNames)
}

// notNumber records that a node is not what a field takes, such as "a whole number". A range may be there by mistake.
func (t *Text) notNumber(n *yaml.Node, f field, what string) alternatives {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return t.problem(n, "%s must be %s", f.name, what)
	}
	switch key := follow(n.Content[0]); {
	case t.drawn[n]:
		return t.problem(key, "%s", unknownRange(key.Value))
	case isRange(n):
		return t.problem(n, "%s must be %s: the range %s belongs in random", f.name, what, key.Value)
	case f.swept && nearestRange(key.Value) != "":
		return t.problem(n, "%s must be %s, or a list such as {from: 2, to: 10, by: 2}: ranges (%s) belong in random", f.name, what,
			strings.Join(intervalNames, ", "))
	default:
		return t.problem(n, "%s must be %s", f.name, what)
	}
}

// sampleRange draws a number from a range, rounded to six digits unless it is whole.
func (t *Text) sampleRange(n *yaml.Node, r *rand.Rand) *yaml.Node {
	name, ends := follow(n.Content[0]).Value, follow(n.Content[1])
	bounds := t.numbers(ends, field{name: name})
	if len(bounds.values) == 0 {
		t.faulty[n] = true
		return n
	}
	list, of := bounds.values[0].Interface().([]float64), intervals[name]
	fine := len(list) == 2 && list[0] < list[1] && list[0] >= of.least
	if !fine || of.whole && !t.older && (list[0] != math.Trunc(list[0]) || list[1] != math.Trunc(list[1])) {
		t.problem(ends, "%s takes two %snumbers, the lower first%s", name, map[bool]string{true: "whole "}[of.whole],
			map[float64]string{1: ", both at least 1", math.SmallestNonzeroFloat64: ", both above 0"}[of.least])
		t.faulty[n] = true
		return n
	}
	x := of.draw(list[0], list[1], r.Float64())
	text, tag := strconv.FormatFloat(x, 'g', 6, 64), "!!float"
	if of.whole {
		text, tag = strconv.FormatFloat(min(x, math.Floor(list[1])), 'f', 0, 64), "!!int"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text, Line: n.Line, Column: n.Column}
}

// Range is a range of numbers that a Random draws from.
type Range struct {
	Key       string // its path in the text: train.rate
	Name      string // one of the names of ranges
	Low, High float64
}

// Ranges returns the ranges below a key of a text without problems, in their order.
func (t *Text) Ranges(key string) []Range {
	if t.root == nil {
		return nil
	}
	below, ok := valueOf(t.root, key)
	if !ok {
		return nil
	}
	return rangesOf(below, "")
}

func rangesOf(n *yaml.Node, place string) (list []Range) {
	n = follow(n)
	switch {
	case n.Kind == yaml.SequenceNode:
		for _, entry := range n.Content {
			list = append(list, rangesOf(entry, place)...)
		}
	case n.Kind != yaml.MappingNode:
	case isRange(n):
		if low, high, ok := endsOf(follow(n.Content[1])); ok {
			list = append(list, Range{place, follow(n.Content[0]).Value, low, high})
		}
	default:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := follow(n.Content[i]).Value
			if place != "" {
				key = place + "." + key
			}
			list = append(list, rangesOf(n.Content[i+1], key)...)
		}
	}
	return list
}

// endsOf returns the two numbers of a range.
func endsOf(n *yaml.Node) (low, high float64, ok bool) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		return 0, 0, false
	}
	low, err1 := strconv.ParseFloat(follow(n.Content[0]).Value, 64)
	high, err2 := strconv.ParseFloat(follow(n.Content[1]).Value, 64)
	return low, high, err1 == nil && err2 == nil
}
