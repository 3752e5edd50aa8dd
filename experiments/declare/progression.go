package declare

import (
	"math"
	"reflect"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// A progression stands for a list of numbers: {from: 2, to: 10, by: 2} for [2, 4, 6, 8, 10], and {from: 1, to: 32, times: 2} for
// [1, 2, 4, 8, 16, 32]. It may stand wherever such a list may.

var progressionKeys = []string{"from", "to", "by", "times"}

// maxProgression limits the numbers of a progression.
const maxProgression = 10_000

// numeric is a Kind of values that may be written as a number.
type numericKind interface{ numeric() }

func (k short[T]) numeric()    {}
func (k numberOf[T]) numeric() {}

// isNumber reports whether values of a type may be written as a number.
func isNumber(of reflect.Type, kinds map[reflect.Type]Kind) bool {
	if kind, ok := kinds[of]; ok {
		_, numeric := kind.(numericKind)
		return numeric
	}
	return slices.Contains([]reflect.Kind{reflect.Int, reflect.Uint64, reflect.Float64}, of.Kind())
}

// progresses reports whether a node is meant as a progression.
func progresses(n *yaml.Node) bool { return Place{n}.Has("from") || Place{n}.Has("to") }

// progression returns the list that a progression stands for, and whether it is one.
func (t *Text) progression(n *yaml.Node) (list *yaml.Node, ok bool) {
	before := len(t.problems)
	nodes, _ := t.keys(n, "")
	t.known(n, progressionKeys)
	values := map[string]float64{}
	for _, key := range progressionKeys {
		c := nodes[key]
		if c == nil {
			continue
		}
		for _, v := range t.number(follow(c), field{name: key}).values {
			values[key] = v.Float()
		}
	}
	for _, end := range progressionKeys[:2] {
		if nodes[end] == nil && len(t.problems) == before {
			t.problem(n, "a list from one number to another has no %s: add it, as in {from: 2, to: 10, by: 2} or {from: 1, to: 32, times: 2}", end)
		}
	}
	if nodes["by"] != nil && nodes["times"] != nil {
		t.problem(nodes["times"], "by and times exclude each other: leave one out")
	}
	if len(t.problems) > before {
		return nil, false
	}
	by, times := values["by"], values["times"]
	from, to := values["from"], values["to"]
	switch {
	case from >= to:
		t.problem(nodes["to"], "to must be above from")
	case nodes["by"] != nil && by <= 0:
		t.problem(nodes["by"], "by must be above 0")
	case nodes["times"] != nil && times <= 1:
		t.problem(nodes["times"], "times must be above 1")
	case nodes["times"] != nil && from <= 0:
		t.problem(nodes["from"], "from must be above 0 with times")
	}
	if len(t.problems) > before {
		return nil, false
	}
	return t.steps(n, from, to, by, times)
}

// steps returns the numbers between two ends, inclusive, each more than the one before by something or so many times it.
func (t *Text) steps(n *yaml.Node, from, to, by, times float64) (list *yaml.Node, ok bool) {
	count := 0.
	if times > 0 {
		count = math.Log(to/from) / math.Log(times)
	} else {
		if by == 0 {
			by = 1
		}
		count = (to - from) / by
	}
	count = math.Floor(count+1e-9) + 1 // the quotient of decimal fractions may be a little less than a whole number
	switch {
	case count < 2:
		t.problem(n, "there is only one number, as the next is above to: use a smaller by or times")
		return nil, false
	case count > maxProgression:
		t.problem(n, "there are more than %d numbers: use a larger by or times", maxProgression)
		return nil, false
	}
	list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line, Column: n.Column}
	for i := range int(count) {
		x := from + float64(i)*by
		if times > 0 {
			x = from * math.Pow(times, float64(i))
		}
		// Twelve digits, so that the third of {from: 0.1, by: 0.1} is 0.3 and has its key.
		text := strconv.FormatFloat(x, 'g', 12, 64)
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: text, Line: n.Line, Column: n.Column})
	}
	return list, true
}

// progressionSchema is the schema of a progression.
func progressionSchema() Object {
	number := Object{"type": "number"}
	return Object{
		"type": "object", "additionalProperties": false, "required": progressionKeys[:2],
		"properties": Object{
			"from": number, "to": number, "by": Object{"type": "number", "exclusiveMinimum": 0}, "times": Object{"type": "number", "exclusiveMinimum": 1},
		},
		"not": Object{"required": progressionKeys[2:]},
	}
}
