package experiments

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// maxRuns is the most runs a spec may stand for.
const maxRuns = 1_000_000

// Parse returns the spec that a YAML text stands for, with every default filled in and every list multiplied out. The
// file is only named in errors, which are of type problem.List and hold everything that is wrong.
//
// A spec that names files of data takes a Parser.
func Parse(file string, text []byte) (Spec, error) { return Parser{}.Parse(file, text) }

// Parse is the function Parse, for specs that may name files of data.
func (p Parser) Parse(file string, text []byte) (Spec, error) {
	d := newDecoder(file, text)
	d.open = p.Open
	return d.spec(text)
}

// spec returns the spec of the text, or what is wrong with it.
func (d *decoder) spec(text []byte) (Spec, error) {
	root := d.load(text)
	if len(d.problems) > 0 {
		return Spec{}, d.problems.Sorted()
	}
	var found alternatives
	for _, r := range d.combine(root) {
		some := d.mapping(r, reflect.ValueOf(defaults()), field{name: "the spec"})
		found.count.Add(&found.count, &some.count)
		if len(found.values) == 0 || found.count.Cmp(big.NewInt(maxRuns)) <= 0 {
			found.values = append(found.values, some.values...)
		}
	}
	if len(found.values) > 0 && d.sound(root, "metrics") && d.sound(root, "choose") {
		d.choose(root, found.values[0].Addr().Interface().(*document))
	}
	if len(d.problems) == 0 {
		d.agree(root, found.values)
	}
	runs := new(big.Int).Mul(&found.count, &d.seeds)
	if runs.Cmp(big.NewInt(maxRuns)) > 0 {
		d.problem(d.longest, "the lists multiply to %s runs: at most %s", grouped(runs), grouped(big.NewInt(maxRuns)))
	}
	if len(d.problems) > 0 {
		return Spec{}, d.problems.Sorted()
	}
	s := specOf(found, text)
	s.Files = d.files
	return s, nil
}

// specOf makes a Spec of the alternatives of a document, which differ in their swept fields only.
func specOf(found alternatives, text []byte) Spec {
	first := found.values[0].Interface().(document)
	s := Spec{
		Name: first.Name, Seeds: first.Seeds, Metrics: first.Metrics, Reference: first.Reference, Choose: first.Choose,
		Engine: first.Engine, Text: string(text),
	}
	seen := map[string]bool{}
	for _, v := range found.values {
		setting := v.Interface().(document).setting()
		// Settings that differ in what does not apply to them are one.
		if form := setting.Form(); !seen[form] {
			seen[form] = true
			s.Settings = append(s.Settings, setting)
		}
	}
	return s
}

// alternatives are the values that a place in a spec stands for: one, or as many as its lists multiply to. There are
// none where the place is at fault, and only the first of them where there are more than maxRuns.
type alternatives struct {
	values []reflect.Value
	count  big.Int
}

func one(v reflect.Value) alternatives {
	return alternatives{values: []reflect.Value{v}, count: *big.NewInt(1)}
}

// field is a place where a spec takes a value.
type field struct {
	name  string
	tag   reflect.StructTag
	swept bool // takes a list of alternatives too
	entry bool // of such a list
}

// alternatives returns what a node stands for where the field takes a value like the prototype, which holds the
// defaults of what the node leaves out.
func (d *decoder) alternatives(n *yaml.Node, proto reflect.Value, f field) alternatives {
	n = follow(n)
	own := ownDepth(proto.Type())
	switch {
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return d.problem(n, "the tag %s means nothing here: leave it out", n.Tag)
	case n.Tag == "!!null":
		return d.problem(n, "%s is empty: give it a value, or leave the key out", f.name)
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return d.problem(n, "an empty list sweeps nothing: give at least one value")
	case depth(n) > own && f.entry && own == 0:
		return d.problem(n, "a list within a list: write its values in the outer list")
	case depth(n) > own && f.swept && !f.entry:
		return d.list(n, proto, f)
	case depth(n) > own && own == 0:
		return d.problem(n, "%s takes one value, not a list", f.name)
	default:
		return d.value(n, proto, f)
	}
}

// list returns the alternatives of every entry, one after the other.
func (d *decoder) list(n *yaml.Node, proto reflect.Value, f field) alternatives {
	var all alternatives
	d.counted(n, uint64(len(n.Content)))
	f.entry = true
	seen := map[string]int{}
	for i, c := range n.Content {
		found := d.alternatives(c, proto, f)
		all.count.Add(&all.count, &found.count)
		if all.count.Cmp(big.NewInt(maxRuns)) > 0 && len(all.values) > 0 {
			continue
		}
		all.values = append(all.values, found.values...)
		for _, v := range found.values {
			text, err := json.Marshal(v.Interface())
			if err != nil {
				return d.problem(follow(c), "%v", err)
			}
			if at, ok := seen[string(text)]; ok {
				d.problem(c, "entry %d of the list repeats entry %d: give each value once", i+1, at+1)
				break
			}
			seen[string(text)] = i
		}
	}
	return all
}

// mapping returns the product of the alternatives of the keys of a struct, the last of its fields varying fastest.
func (d *decoder) mapping(n *yaml.Node, proto reflect.Value, f field) alternatives {
	nodes, ok := d.keys(n, f.name)
	if !ok {
		return alternatives{}
	}
	d.known(n, keysOf(proto.Type()))
	return d.fields(n, nodes, proto, f)
}

// fields is mapping once the keys are known.
func (d *decoder) fields(n *yaml.Node, nodes map[string]*yaml.Node, proto reflect.Value, f field) alternatives {
	t := proto.Type()
	var at []int
	var choices []alternatives
	for i := range t.NumField() {
		inner := fieldOf(t.Field(i), f)
		c, ok := nodes[inner.name]
		if !ok {
			if inner.tag.Get("required") != "" {
				d.problem(n, "%s has no %s: add it", f.name, inner.name)
			}
			continue
		}
		if found := d.alternatives(c, proto.Field(i), inner); len(found.values) > 0 {
			at, choices = append(at, i), append(choices, found)
		}
	}
	return product(proto, at, choices)
}

// product returns copies of the prototype with every combination of the choices in its fields.
func product(proto reflect.Value, fields []int, choices []alternatives) alternatives {
	all := alternatives{count: *big.NewInt(1)}
	for _, c := range choices {
		all.count.Mul(&all.count, &c.count)
	}
	n := 1
	if all.count.Cmp(big.NewInt(maxRuns)) <= 0 {
		n = int(all.count.Int64())
	}
	copies := reflect.MakeSlice(reflect.SliceOf(proto.Type()), n, n)
	for i := range n {
		v, rest := copies.Index(i), i
		v.Set(proto)
		for j, c := range slices.Backward(choices) {
			v.Field(fields[j]).Set(c.values[rest%len(c.values)])
			rest /= len(c.values)
		}
		all.values = append(all.values, v)
	}
	return all
}

// sound reports whether nothing was wrong within the value of a key.
func (d *decoder) sound(root *yaml.Node, key string) bool {
	nodes := map[string]*yaml.Node{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		nodes[root.Content[i].Value] = follow(root.Content[i+1])
	}
	n, ok := nodes[key]
	return !ok || !slices.ContainsFunc(d.problems, func(p problem.Problem) bool { return holdsPlace(n, p.Line, p.Column) })
}

// holdsPlace reports whether a node, or one within it, begins at the place.
func holdsPlace(n *yaml.Node, line, column int) bool {
	return n.Line == line && n.Column == column ||
		slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return holdsPlace(c, line, column) })
}

// choose resolves the metric that the document chooses by, which is among those it measures, and the rule.
func (d *decoder) choose(root *yaml.Node, doc *document) {
	names := make([]string, len(doc.Metrics))
	for i, m := range doc.Metrics {
		names[i] = m.Name
	}
	if doc.Choose.Metric == "" {
		doc.Choose.Metric = names[0]
	}
	var nodes map[string]*yaml.Node
	if all, _ := d.keys(root, ""); all["choose"] != nil {
		nodes, _ = d.keys(follow(all["choose"]), "")
	}
	if !slices.Contains(names, doc.Choose.Metric) {
		d.problem(follow(nodes["metric"]), "%s", problem.Unknown("metric", doc.Choose.Metric, names))
	}
	switch c := &doc.Choose; {
	case nodes["rule"] == nil && c.Within > 0:
		c.Rule = ruleWithin
	case c.Rule == ruleWithin && c.Within == 0:
		d.problem(follow(nodes["rule"]), "the rule within needs a share: add one, such as within: 5%%")
	case c.Rule == ruleBest && c.Within > 0:
		d.problem(follow(nodes["within"]), "the rule best takes no within: leave it out, or the rule")
	}
}

// grouped writes a whole number with a comma between its thousands.
func grouped(n *big.Int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
