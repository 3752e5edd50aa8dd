package experiments

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

var (
	targetType  = reflect.TypeFor[target.Target]()
	zippedType  = reflect.TypeFor[zipped]()
	drawnType   = reflect.TypeFor[drawn]()
	uintType    = reflect.TypeFor[uint64]()
	seedsType   = reflect.TypeFor[[]uint64]()
	metricsType = reflect.TypeFor[[]metric.Metric]()
	rowsType    = reflect.TypeFor[[][]float64]()
	listType    = reflect.TypeFor[[]float64]()
	namesType   = reflect.TypeFor[[]string]()

	toleranceType = reflect.TypeFor[ode.Tolerance]()
)

// value returns the alternatives of a node that is one value of the prototype's type.
func (d *decoder) value(n *yaml.Node, proto reflect.Value, f field) alternatives {
	t := proto.Type()
	if w, ok := vocabulary[t]; ok {
		return d.word(n, w, f)
	}
	if set, ok := familyTypes[t]; ok {
		return d.family(n, set, f)
	}
	switch t {
	case seedsType:
		return d.seedList(n, f)
	case metricsType:
		return d.slice(n, t, f)
	case rowsType:
		return d.rows(n, f)
	case listType:
		return d.numbers(n, f)
	case namesType:
		return d.names(n, f)
	case toleranceType:
		if n.Kind == yaml.ScalarNode {
			return d.tolerance(n, f)
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.mapping(n, proto, f)
	case reflect.String:
		return d.text(n, f)
	case reflect.Int, reflect.Uint64:
		return d.whole(n, t, f)
	case reflect.Float64:
		return d.number(n, f)
	case reflect.Bool:
		return d.flag(n, f)
	default:
		panic("experiments: a spec cannot hold a " + t.String())
	}
}

// seedList returns the seeds 0 to n-1 for a number n, or the seeds of a list.
func (d *decoder) seedList(n *yaml.Node, f field) alternatives {
	if n.Kind == yaml.SequenceNode {
		d.counted(n, uint64(len(n.Content)))
		d.seeds.SetUint64(uint64(len(n.Content)))
		return d.slice(n, seedsType, f)
	}
	f.tag = `min:"1"`
	found := d.whole(n, reflect.TypeFor[uint64](), f)
	if len(found.values) == 0 {
		return found
	}
	count := found.values[0].Uint()
	d.counted(n, count)
	d.seeds.SetUint64(count)
	seeds := make([]uint64, min(count, maxRuns))
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	return one(reflect.ValueOf(seeds))
}

// slice returns one list of distinct values; a single value is a list of one.
func (d *decoder) slice(n *yaml.Node, t reflect.Type, f field) alternatives {
	found := d.list
	if n.Kind != yaml.SequenceNode {
		found = d.value
	}
	f.swept = true
	entries := found(n, reflect.Zero(t.Elem()), f)
	list := reflect.Append(reflect.MakeSlice(t, 0, len(entries.values)), entries.values...)
	return one(list)
}

// tolerance returns the tolerances that one number stands for: as much absolute as relative error.
func (d *decoder) tolerance(n *yaml.Node, f field) alternatives {
	f.tag = `above:"0"`
	found := d.number(n, f)
	for i, v := range found.values {
		found.values[i] = reflect.ValueOf(ode.Tolerance{Atol: v.Float(), Rtol: v.Float()})
	}
	return found
}

// numbers returns one list of numbers.
func (d *decoder) numbers(n *yaml.Node, f field) alternatives {
	if n.Kind != yaml.SequenceNode {
		return d.problem(n, "%s must be a list of numbers, such as [0, 0.5, 1]", f.name)
	}
	var list []float64
	for _, c := range n.Content {
		if c = follow(c); c.Kind != yaml.ScalarNode {
			return d.problem(c, "%s must be a list of numbers, such as [0, 0.5, 1]", f.name)
		}
		for _, v := range d.number(c, f).values {
			list = append(list, v.Float())
		}
	}
	return one(reflect.ValueOf(list))
}

// rows returns one matrix of numbers.
func (d *decoder) rows(n *yaml.Node, f field) alternatives {
	const form = "%s must be rows of numbers, such as [[0, 0], [1, 1]]"
	if n.Kind != yaml.SequenceNode {
		return d.problem(n, form, f.name)
	}
	rows := make([][]float64, len(n.Content))
	for i, r := range n.Content {
		if r = follow(r); r.Kind != yaml.SequenceNode {
			return d.problem(r, form, f.name)
		}
		for _, c := range r.Content {
			if c = follow(c); c.Kind != yaml.ScalarNode {
				return d.problem(c, form, f.name)
			}
			for _, v := range d.number(c, f).values {
				rows[i] = append(rows[i], v.Float())
			}
		}
	}
	return one(reflect.ValueOf(rows))
}

var wordForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// text returns a string: one of those the field allows, if it says so, or any name.
func (d *decoder) text(n *yaml.Node, f field) alternatives {
	known := strings.Fields(f.tag.Get("oneof"))
	switch {
	case n.Kind != yaml.ScalarNode:
		return d.problem(n, "%s must be a word", f.name)
	case len(known) > 0 && (n.Tag != "!!str" || !slices.Contains(known, n.Value)):
		return d.problem(n, "%s", problem.Unknown(f.name, n.Value, known))
	case n.Tag != "!!str":
		return d.problem(n, "%s must be a word: put it in quotes", f.name)
	case f.tag.Get("text") == "any":
		return one(reflect.ValueOf(n.Value))
	case !wordForm.MatchString(n.Value):
		return d.problem(n, "%s must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first", f.name)
	default:
		return one(reflect.ValueOf(n.Value))
	}
}

// flag returns true or false.
func (d *decoder) flag(n *yaml.Node, f field) alternatives {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		return d.problem(n, "%s must be true or false", f.name)
	}
	return one(reflect.ValueOf(strings.EqualFold(n.Value, "true")))
}

// whole returns a whole number, int or uint64.
func (d *decoder) whole(n *yaml.Node, t reflect.Type, f field) alternatives {
	text := n.Value
	x, err := strconv.ParseFloat(text, 64)
	if !numeric(n) || err != nil || x != math.Trunc(x) {
		return d.problem(n, "%s must be a whole number", f.name)
	}
	if !d.within(n, x, f) {
		return alternatives{}
	}
	const exact = 1 << 53 // the floats beyond are not all whole numbers apart
	v := reflect.New(t).Elem()
	if v.CanUint() {
		if x < 0 {
			return d.problem(n, "%s must be at least 0", f.name)
		}
		u, err := strconv.ParseUint(text, 10, 64)
		if err != nil && x <= exact {
			u, err = uint64(x), nil
		}
		if err != nil {
			return d.problem(n, "%s is too large", f.name)
		}
		v.SetUint(u)
		return one(v)
	}
	if math.Abs(x) > exact {
		return d.problem(n, "%s is too large", f.name)
	}
	v.SetInt(int64(x))
	return one(v)
}

// percentForm is how a share may be written where the field is tagged percent.
var percentForm = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,9})?%$`)

// number returns a finite number.
func (d *decoder) number(n *yaml.Node, f field) alternatives {
	if f.tag.Get("percent") != "" && n.Tag == "!!str" {
		if !percentForm.MatchString(n.Value) {
			return d.problem(n, "%s must be a share, such as 5%% or 0.05", f.name)
		}
		return one(reflect.ValueOf(float(strings.TrimSuffix(n.Value, "%")) / 100))
	}
	x, err := strconv.ParseFloat(n.Value, 64)
	if !numeric(n) || err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return d.problem(n, "%s must be a finite number", f.name)
	}
	if !d.within(n, x, f) {
		return alternatives{}
	}
	return one(reflect.ValueOf(x + 0)) // -0 + 0 is 0: the two must not have two keys
}

func numeric(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float")
}

// within reports whether the number is in the field's bounds, and notes a problem where it is not.
func (d *decoder) within(n *yaml.Node, x float64, f field) bool {
	if bound, ok := f.tag.Lookup("min"); ok && x < float(bound) {
		d.problem(n, "%s must be at least %s", f.name, bound)
		return false
	}
	if bound, ok := f.tag.Lookup("max"); ok && x > float(bound) {
		d.problem(n, "%s must be at most %s", f.name, bound)
		return false
	}
	if bound, ok := f.tag.Lookup("below"); ok && x >= float(bound) {
		d.problem(n, "%s must be below %s", f.name, bound)
		return false
	}
	if bound, ok := f.tag.Lookup("above"); ok && x <= float(bound) {
		d.problem(n, "%s must be above %s", f.name, bound)
		return false
	}
	return true
}

func float(bound string) float64 {
	x, err := strconv.ParseFloat(bound, 64)
	if err != nil {
		panic("experiments: bound " + bound + " is no number")
	}
	return x
}
