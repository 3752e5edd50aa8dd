package declare

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// value returns the alternatives of a node that is not a list of alternatives.
func (t *Text) value(n *yaml.Node, proto reflect.Value, f field) alternatives {
	of := proto.Type()
	if kind, ok := t.kinds[of]; ok {
		return kind.read(t, n, proto, f)
	}
	switch of.Kind() {
	case reflect.Struct:
		return t.mapping(n, proto, f)
	case reflect.Slice:
		return t.listOf(n, of, f)
	case reflect.String:
		return t.text(n, f)
	case reflect.Int, reflect.Uint64:
		return t.whole(n, of, f)
	case reflect.Float64:
		return t.number(n, f)
	case reflect.Bool:
		return t.flag(n, f)
	default:
		panic("declare: a text cannot hold a " + of.String())
	}
}

var wordForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// text returns a string.
func (t *Text) text(n *yaml.Node, f field) alternatives {
	known := strings.Fields(f.tag.Get("oneof"))
	switch {
	case n.Kind != yaml.ScalarNode:
		return t.problem(n, "%s must be a word", f.name)
	case len(known) > 0 && (n.Tag != "!!str" || !slices.Contains(known, n.Value)):
		return t.problem(n, "%s", problem.Unknown(f.name, n.Value, known))
	case f.tag.Get("text") == "scalar" && n.Tag != "!!null":
		return one(reflect.ValueOf(n.Value))
	case n.Tag != "!!str":
		return t.problem(n, "%s must be a word: put it in quotes", f.name)
	case f.tag.Get("text") == "any":
		return one(reflect.ValueOf(n.Value))
	case f.tag.Get("text") == "name":
		name, ok := t.nameOf(n, f)
		if !ok {
			return alternatives{}
		}
		return one(reflect.ValueOf(name))
	case !wordForm.MatchString(n.Value):
		return t.problem(n, "%s must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first", f.name)
	default:
		return one(reflect.ValueOf(n.Value))
	}
}

// flag returns true or false.
func (t *Text) flag(n *yaml.Node, f field) alternatives {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		return t.problem(n, "%s must be true or false", f.name)
	}
	return one(reflect.ValueOf(strings.EqualFold(n.Value, "true")))
}

// whole returns a whole number, int or uint64.
func (t *Text) whole(n *yaml.Node, of reflect.Type, f field) alternatives {
	text := n.Value
	x, err := strconv.ParseFloat(text, 64)
	if !numeric(n) || err != nil || x != math.Trunc(x) {
		return t.notNumber(n, f, "a whole number")
	}
	if !t.within(n, x, f) {
		return alternatives{}
	}
	const exact = 1 << 53 // beyond it float64 cannot represent every whole number
	v := reflect.New(of).Elem()
	if v.CanUint() {
		if x < 0 {
			return t.problem(n, "%s must be at least 0", f.name)
		}
		u, err := strconv.ParseUint(text, 10, 64)
		if err != nil && x <= exact {
			u, err = uint64(x), nil
		}
		if err != nil {
			return t.problem(n, "%s is too large", f.name)
		}
		v.SetUint(u)
		return one(v)
	}
	if math.Abs(x) > exact {
		return t.problem(n, "%s is too large", f.name)
	}
	v.SetInt(int64(x))
	return one(v)
}

// percentForm matches a share in percent.
var percentForm = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,9})?%$`)

// number returns a finite number.
func (t *Text) number(n *yaml.Node, f field) alternatives {
	if f.tag.Get("percent") != "" && n.Tag == "!!str" {
		if !percentForm.MatchString(n.Value) {
			return t.problem(n, "%s must be a share, such as 5%% or 0.05", f.name)
		}
		return one(reflect.ValueOf(float(strings.TrimSuffix(n.Value, "%")) / 100))
	}
	x, err := strconv.ParseFloat(n.Value, 64)
	if !numeric(n) || err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return t.notNumber(n, f, "a finite number")
	}
	if !t.within(n, x, f) {
		return alternatives{}
	}
	return one(reflect.ValueOf(x + 0)) // -0 + 0 is 0: both must have the same key
}

func numeric(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float")
}

// within reports whether a number is within the bounds of the field, and records a problem if not.
func (t *Text) within(n *yaml.Node, x float64, f field) bool {
	if bound, ok := f.tag.Lookup("min"); ok && x < float(bound) {
		t.problem(n, "%s must be at least %s", f.name, bound)
		return false
	}
	if bound, ok := f.tag.Lookup("max"); ok && x > float(bound) {
		t.problem(n, "%s must be at most %s", f.name, bound)
		return false
	}
	if bound, ok := f.tag.Lookup("below"); ok && x >= float(bound) {
		t.problem(n, "%s must be below %s", f.name, bound)
		return false
	}
	if bound, ok := f.tag.Lookup("above"); ok && x <= float(bound) {
		t.problem(n, "%s must be above %s", f.name, bound)
		return false
	}
	return true
}

func float(bound string) float64 {
	x, err := strconv.ParseFloat(bound, 64)
	if err != nil {
		panic("declare: bound " + bound + " is no number")
	}
	return x
}
