package declare

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// When is the type of a field that lists conditions: {if: PART, then: PART}, both parts of a document. Where an alternative has the
// values of the if, the then is laid over it, and lists in it multiply.
type When struct{}

var whenType = reflect.TypeFor[When]()

// The keys of a condition.
const (
	ifKey   = "if"
	thenKey = "then"
)

// condition is an entry of a When.
type condition struct {
	at, asked, then *yaml.Node
	asks            [][]leaf // of the if, of which one is enough
	sets            [][]leaf // of the then, each of which makes alternatives
	met             bool     // by an alternative
}

// conditions returns the entries of a When.
func (t *Text) conditions(when *yaml.Node, f field, document reflect.Value) (list []*condition) {
	if when == nil {
		return nil
	}
	if when.Kind != yaml.SequenceNode || len(when.Content) == 0 {
		t.problem(when, "%s must be a list of conditions, such as %s", f.name, f.tag.Get("example"))
		return nil
	}
	for _, n := range when.Content {
		if c := t.condition(follow(n), f, sweptKeys(document.Type())); c != nil {
			c.asks = t.part(c.asked, document, ifKey)
			list = append(list, c)
		}
	}
	return list
}

// condition returns an entry of a When, or nil if something is wrong with it.
func (t *Text) condition(n *yaml.Node, f field, swept []string) *condition {
	before := len(t.problems)
	nodes, ok := t.keys(n, "an entry of "+f.name)
	if !ok {
		return nil
	}
	t.known(n, []string{ifKey, thenKey})
	for _, key := range []string{ifKey, thenKey} {
		switch part := nodes[key]; {
		case part == nil && len(t.problems) == before:
			t.problem(n, "an entry of %s has no %s: add it, as in %s", f.name, key, f.tag.Get("example"))
		case part != nil && t.sweepable(follow(part), key, swept, nil) && len(follow(part).Content) == 0:
			t.problem(follow(part), "%s is empty: say which values", key)
		}
	}
	if len(t.problems) > before {
		return nil
	}
	return &condition{at: n, asked: follow(nodes[ifKey]), then: follow(nodes[thenKey])}
}

// part returns what a part of a document sets, or nil if something is wrong with it.
func (t *Text) part(n *yaml.Node, document reflect.Value, what string) [][]leaf {
	before := len(t.problems)
	f := field{name: what, part: true}
	if t.mapping(n, document, f); len(t.problems) > before {
		return nil
	}
	return t.leaves(n, document, f, leaf{})
}

// maxProblems limits how often the same problem is found in alternatives.
const maxProblems = 1000

// alternative is a document to which the conditions are applied one after another.
type alternative struct {
	value   reflect.Value
	form    any   // as JSON, with what does not apply left out; nil until it is asked for
	applied []int // conditions
}

// asked reports whether an alternative meets a condition.
func (t *Text) asked(c *condition, a *alternative) bool {
	if a.form == nil {
		a.form = t.form(a.value)
	}
	return slices.ContainsFunc(c.asks, func(part []leaf) bool {
		return !slices.ContainsFunc(part, func(l leaf) bool { return !l.met(a.form) })
	})
}

// apply replaces the alternatives of a variant that meet conditions.
func (t *Text) apply(all []*condition, v variant, document reflect.Value, found *alternatives) {
	for _, c := range all {
		switch {
		case v.draw != nil:
			c.sets = t.part(v.draw(c.then), document, thenKey)
		case c.sets == nil:
			c.sets = t.part(c.then, document, thenKey)
		}
	}
	if len(t.problems) > 0 || found.count.Cmp(big.NewInt(MaxRuns)) > 0 {
		return
	}
	var made []reflect.Value
	for _, value := range found.values {
		list := []alternative{{value: value}}
		for i, c := range all {
			list = t.step(all, i, c, list)
		}
		for _, a := range list {
			t.settled(all, a)
			made = append(made, a.value)
		}
		if len(made) > MaxRuns || len(t.problems) > maxProblems {
			break
		}
	}
	found.values = made
	found.count.SetInt64(int64(len(made)))
}

// form returns a document as JSON.
func (t *Text) form(document reflect.Value) any {
	if t.resolved == nil {
		return formOf(document.Interface())
	}
	return formOf(t.resolved(document.Addr().Interface()))
}

// step applies condition i to alternatives of one document.
func (t *Text) step(all []*condition, i int, c *condition, list []alternative) (next []alternative) {
	for _, a := range list {
		if !t.asked(c, &a) {
			next = append(next, a)
			continue
		}
		c.met = true
		t.contradict(all, i, a)
		for _, part := range c.sets {
			for _, v := range laidOver(a.value, part) {
				next = append(next, alternative{value: v, applied: append(slices.Clip(a.applied), i)})
			}
		}
		if len(next) > MaxRuns {
			return next
		}
	}
	return next
}

// laidOver returns a copy of a document for every combination of the values of the leaves.
func laidOver(document reflect.Value, part []leaf) []reflect.Value {
	copied := reflect.New(document.Type()).Elem()
	copied.Set(document)
	made := []reflect.Value{copied}
	for _, l := range part {
		var next []reflect.Value
		for _, under := range made {
			for _, o := range l.options {
				v := reflect.New(under.Type()).Elem()
				v.Set(under)
				v.FieldByIndex(l.index).Set(o.value)
				next = append(next, v)
			}
		}
		made = next
	}
	return made
}

// contradict records that condition i sets what one before it has set in the same document.
func (t *Text) contradict(all []*condition, i int, a alternative) {
	for _, before := range a.applied {
		if l, ok := all[i].setsOneOf(all[before].sets); ok {
			t.problem(l.key, "%s has a value by the entry on line %d too, in settings that meet both: leave one out, or let no setting meet both",
				l.name(), all[before].at.Line)
		}
	}
}

// setsOneOf returns the first field that the condition sets among those of some parts.
func (c *condition) setsOneOf(parts [][]leaf) (leaf, bool) {
	for _, part := range c.sets {
		for _, l := range part {
			for _, other := range parts {
				if slices.ContainsFunc(other, l.overlaps) {
					return l, true
				}
			}
		}
	}
	return leaf{}, false
}

// settled records a condition for which it matters that it came before another.
func (t *Text) settled(all []*condition, a alternative) {
	for i, c := range all {
		for _, later := range a.applied {
			if later < i {
				continue
			}
			l, ok := all[later].setsOneOf(c.asks)
			switch {
			case !ok || t.asked(c, &a) == slices.Contains(a.applied, i):
			case later == i:
				t.problem(l.key, "%s is set to what does not meet the if of its own entry: leave it out of one of them", l.name())
			default:
				t.problem(c.asked, "the entry on line %d sets %s, which this asks for: write that entry first", all[later].at.Line, l.name())
			}
		}
	}
}

// unmet records the conditions that nothing meets. Draws may miss one by chance.
func (t *Text) unmet(all []*condition, drawn bool) {
	for _, c := range all {
		switch {
		case c.met:
		case drawn:
			t.cautions = append(t.cautions, fmt.Sprintf("no draw meets the if on line %d, so its then does nothing: draw more, or leave the entry out", c.asked.Line))
		default:
			t.problem(c.asked, "no setting meets this: leave the entry out, or ask for values that the spec has")
		}
	}
}
