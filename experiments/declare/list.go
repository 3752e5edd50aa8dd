package declare

import (
	"reflect"

	"go.yaml.in/yaml/v4"
)

// The types of lists that are built in.
var (
	seedsType   = reflect.TypeFor[[]uint64]()
	numbersType = reflect.TypeFor[[]float64]()
	rowsType    = reflect.TypeFor[[][]float64]()
	namesType   = reflect.TypeFor[[]string]()
)

// listOf returns a value that is a list.
func (t *Text) listOf(n *yaml.Node, of reflect.Type, f field) alternatives {
	switch {
	case t.kinds[of.Elem()] != nil:
		return t.distinct(n, of, f)
	case of == seedsType && f.repeats():
		return t.seeds(n, f)
	case of == numbersType:
		return t.numbers(n, f)
	case of == rowsType:
		return t.rows(n, f)
	case of == namesType:
		return t.names(n, f)
	default:
		panic("declare: a text cannot hold a " + of.String())
	}
}

// seeds returns a list of seeds, or the seeds 0 to n-1 for a number n.
func (t *Text) seeds(n *yaml.Node, f field) alternatives {
	if n.Kind == yaml.SequenceNode {
		t.counted(n, uint64(len(n.Content)))
		t.repeats.SetUint64(uint64(len(n.Content)))
		return t.distinct(n, seedsType, f)
	}
	f.tag = `min:"1"`
	found := t.whole(n, seedsType.Elem(), f)
	if len(found.values) == 0 {
		return found
	}
	count := found.values[0].Uint()
	t.counted(n, count)
	t.repeats.SetUint64(count)
	seeds := make([]uint64, min(count, MaxRuns))
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	return one(reflect.ValueOf(seeds))
}

// distinct returns a list of distinct values. A single value is a list of one.
func (t *Text) distinct(n *yaml.Node, of reflect.Type, f field) alternatives {
	found := t.list
	if n.Kind != yaml.SequenceNode {
		found = t.value
	}
	f.swept = true
	entries := found(n, reflect.Zero(of.Elem()), f)
	list := reflect.Append(reflect.MakeSlice(of, 0, len(entries.values)), entries.values...)
	return one(list)
}

// numbers returns a list of numbers.
func (t *Text) numbers(n *yaml.Node, f field) alternatives {
	if n.Kind != yaml.SequenceNode {
		return t.problem(n, "%s must be a list of numbers, such as [0, 0.5, 1]", f.name)
	}
	var list []float64
	for _, c := range n.Content {
		if c = follow(c); c.Kind != yaml.ScalarNode {
			return t.problem(c, "%s must be a list of numbers, such as [0, 0.5, 1]", f.name)
		}
		for _, v := range t.number(c, f).values {
			list = append(list, v.Float())
		}
	}
	return one(reflect.ValueOf(list))
}

// rows returns a matrix of numbers.
func (t *Text) rows(n *yaml.Node, f field) alternatives {
	const form = "%s must be rows of numbers, such as [[0, 0], [1, 1]]"
	if n.Kind != yaml.SequenceNode {
		return t.problem(n, form, f.name)
	}
	rows := make([][]float64, len(n.Content))
	for i, r := range n.Content {
		if r = follow(r); r.Kind != yaml.SequenceNode {
			return t.problem(r, form, f.name)
		}
		for _, c := range r.Content {
			if c = follow(c); c.Kind != yaml.ScalarNode {
				return t.problem(c, form, f.name)
			}
			for _, v := range t.number(c, f).values {
				rows[i] = append(rows[i], v.Float())
			}
		}
	}
	return one(reflect.ValueOf(rows))
}

// names returns a list of names, which may look like numbers. A single name is a list of one.
func (t *Text) names(n *yaml.Node, f field) alternatives {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	names := make([]string, len(nodes))
	for i, c := range nodes {
		if c = follow(c); c.Kind != yaml.ScalarNode || c.Tag == "!!null" {
			return t.problem(c, "%s must be a list of names, such as [x, y]", f.name)
		}
		names[i] = c.Value
	}
	return one(reflect.ValueOf(names))
}
