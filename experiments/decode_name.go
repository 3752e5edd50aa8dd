package experiments

import (
	"reflect"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

// words are the values of one type that a spec picks by name.
type words struct {
	kind  string
	names []string
	value map[string]reflect.Value
}

func wordsOf[T any](kind string, all []T, name func(T) string) words {
	w := words{kind: kind, value: map[string]reflect.Value{}}
	for _, v := range all {
		w.names = append(w.names, name(v))
		w.value[name(v)] = reflect.ValueOf(v)
	}
	return w
}

// vocabulary holds every type whose values a spec picks by name.
var vocabulary = map[reflect.Type]words{
	reflect.TypeFor[ode.Solver]():    wordsOf("solver", ode.Solvers, func(s ode.Solver) string { return s.Name }),
	reflect.TypeFor[metric.Metric](): wordsOf("metric", metric.Metrics, func(m metric.Metric) string { return m.Name }),
}

// word returns the named value: a name, or a mapping that holds nothing else.
func (d *decoder) word(n *yaml.Node, w words, f field) alternatives {
	name, _, ok := d.name(n, w.kind, f)
	if !ok {
		return alternatives{}
	}
	if n.Kind == yaml.MappingNode {
		d.known(n, []string{"name"})
	}
	v, ok := w.value[name.Value]
	if !ok || name.Tag != "!!str" {
		return d.problem(name, "%s", problem.Unknown(w.kind, name.Value, w.names))
	}
	return one(v)
}

// name returns the node of the name of a thing, which is a scalar or the key name of a mapping, and the values of that
// mapping by key.
func (d *decoder) name(n *yaml.Node, kind string, f field) (*yaml.Node, map[string]*yaml.Node, bool) {
	if n.Kind == yaml.ScalarNode {
		return n, nil, true
	}
	nodes, ok := d.keys(n, f.name)
	if !ok {
		return nil, nil, false
	}
	name, ok := nodes["name"]
	if file := nodes["file"]; !ok && file != nil && (kind == "target" || kind == "source") { // the file says it
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: target.FileName, Line: n.Line, Column: n.Column}, nodes, true
	}
	if !ok {
		d.problem(n, "the %s has no name: add it", kind)
		return nil, nil, false
	}
	if name = follow(name); name.Kind != yaml.ScalarNode || name.Tag == "!!null" {
		d.problem(name, "the name of a %s is one word", kind)
		return nil, nil, false
	}
	return name, nodes, true
}

// families are the kinds of value of one type that a spec picks by name and gives parameters.
type families struct {
	kind  string
	names []string
	proto map[string]reflect.Value // the parameters' defaults, a struct
	make  func(params any) (any, error)
}

func familiesOf[T any](kind string, all []flow.Family[T]) families {
	set := families{kind: kind, proto: map[string]reflect.Value{}, make: func(params any) (any, error) { return params.(flow.Maker[T]).Make() }}
	for _, f := range all {
		set.names = append(set.names, f.Name)
		set.proto[f.Name] = reflect.ValueOf(f.Default)
	}
	return set
}

// with returns the families and one more before them.
func (f families) with(name string, proto any) families {
	f.names = append([]string{name}, f.names...)
	f.proto[name] = reflect.ValueOf(proto)
	return f
}

// and returns the families and one more after them.
func (f families) and(name string, proto any) families {
	f.names = append(f.names, name)
	f.proto[name] = reflect.ValueOf(proto)
	return f
}

// familyTypes holds every type whose values are made by families.
var familyTypes = map[reflect.Type]families{
	targetType:                       familiesOf("target", target.Families).and(target.FileName, target.DefaultFile),
	reflect.TypeFor[Source]():        sourceFamilies(),
	reflect.TypeFor[flow.Path]():     familiesOf("path", flow.PathFamilies),
	reflect.TypeFor[flow.Coupling](): familiesOf("coupling", flow.CouplingFamilies),
	reflect.TypeFor[flow.Times]():    familiesOf("times", flow.TimesFamilies),
	reflect.TypeFor[ode.Grid]():      familiesOf("grid", ode.GridFamilies),
}

// exclusive lists the parameters of a family that leave others without a meaning.
var exclusive = map[string]map[string][]string{"gaussians": {"means": {"count", "radius"}}}

// family returns a value for every combination of the parameters of the family that a node names.
func (d *decoder) family(n *yaml.Node, set families, f field) alternatives {
	name, nodes, ok := d.name(n, set.kind, f)
	if !ok {
		return alternatives{}
	}
	proto, ok := set.proto[name.Value]
	if !ok || name.Tag != "!!str" {
		return d.problem(name, "%s", problem.Unknown(set.kind, name.Value, set.names))
	}
	before := len(d.problems)
	if nodes != nil {
		known := append([]string{"name"}, keysOf(proto.Type())...)
		if label := nodes["label"]; label != nil && name.Value == target.FileName {
			d.problem(label, "models that are conditional on a label are not there yet: leave it out")
			known = append(known, "label")
		}
		d.known(n, known)
	}
	for key, others := range exclusive[name.Value] {
		for _, other := range others {
			if nodes[key] != nil && nodes[other] != nil {
				d.problem(nodes[other], "%s and %s exclude each other: leave one out", key, other)
			}
		}
	}
	found := d.fields(n, nodes, proto, field{name: "the " + set.kind + " " + name.Value, swept: f.swept})
	if len(d.problems) > before {
		return alternatives{}
	}
	for i, v := range found.values {
		params, ok := d.resolve(v.Interface(), n, nodes)
		if !ok {
			continue
		}
		made, err := set.make(params)
		if err != nil {
			d.problem(fault(err, n, nodes), "%v", err)
			continue
		}
		found.values[i] = reflect.ValueOf(made)
	}
	if len(d.problems) > before {
		return alternatives{}
	}
	return found
}
