package declare

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxAliased limits how many values the aliases of a text stand for, as a few lines of aliases of aliases can stand for
// billions.
const maxAliased = 100_000

// mergeKey is the key whose value is a mapping, or a list of mappings, from which a mapping takes keys that it has not. See
// https://yaml.org/type/merge.html.
const mergeKey = "<<"

// extensions start the names of top-level keys that are ignored: a place for anchors.
const extensions = "x-"

// extension reports whether a top-level key is ignored.
func extension(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && strings.HasPrefix(key.Value, extensions)
}

// weight is the number of nodes below a node, itself included: all of them, and those that only aliases add.
type weight struct{ nodes, aliased int }

func (w *weight) add(o weight) {
	const enough = 1 << 40 // so that no sum overflows
	w.nodes, w.aliased = min(w.nodes+o.nodes, enough), min(w.aliased+o.aliased, enough)
}

// resolver replaces merge keys by the keys that they stand for, in place, so that each keeps its own line.
type resolver struct {
	*Text
	known map[*yaml.Node]weight
	open  map[*yaml.Node]bool // on the way from the root to where it works
	stop  bool                // the text cannot be walked
}

// resolve resolves a text. It reports whether walking it comes to an end.
func (t *Text) resolve(root *yaml.Node) bool {
	r := resolver{Text: t, known: map[*yaml.Node]weight{}, open: map[*yaml.Node]bool{}}
	r.node(root)
	return !r.stop
}

// node resolves a node and what is below it.
func (r *resolver) node(n *yaml.Node) weight {
	if w, ok := r.known[n]; ok || r.stop {
		return w
	}
	w := weight{nodes: 1}
	switch {
	case n.Kind == yaml.AliasNode && r.open[n.Alias]:
		r.problem(n, "*%s stands within what it names: write it out", n.Value)
		r.stop = true
	case n.Kind == yaml.AliasNode:
		w = r.node(n.Alias)
		w.aliased = w.nodes
	default:
		r.open[n] = true
		for _, c := range n.Content {
			w.add(r.node(c))
		}
		delete(r.open, n)
		if n.Kind == yaml.MappingNode && !r.stop {
			r.merge(n)
		}
	}
	if w.aliased > maxAliased && !r.stop {
		r.problem(n, "the aliases up to here stand for more than %d values: write fewer", maxAliased)
		r.stop = true
	}
	r.known[n] = w
	return w
}

// merge replaces the merge key of a mapping whose values are resolved. The mapping's own keys come before those that it
// takes, and an earlier mapping of a list comes before a later one.
func (r *resolver) merge(n *yaml.Node) {
	var content, sources []*yaml.Node
	have, merges := map[string]bool{}, 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := follow(n.Content[i])
		if key.Tag != "!!merge" || key.Value != mergeKey {
			content = append(content, n.Content[i], n.Content[i+1])
			have[key.Value] = true
			continue
		}
		if merges++; merges > 1 {
			r.problem(key, "the key %q is here twice: give one of them a list, as in <<: [*a, *b]", mergeKey)
			continue
		}
		sources = r.sources(n.Content[i+1])
	}
	if merges == 0 {
		return
	}
	for _, source := range sources {
		for i := 0; i+1 < len(source.Content); i += 2 {
			if key := follow(source.Content[i]).Value; !have[key] {
				have[key] = true
				content = append(content, source.Content[i], source.Content[i+1])
			}
		}
	}
	n.Content = content
}

// sources returns the mappings that a merge key names.
func (r *resolver) sources(value *yaml.Node) []*yaml.Node {
	value = follow(value)
	named := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		named = value.Content
	}
	var sources []*yaml.Node
	for _, n := range named {
		if n = follow(n); n.Kind != yaml.MappingNode {
			r.problem(n, "%s takes the keys of a mapping, such as *base, or of a list of mappings", mergeKey)
			continue
		}
		sources = append(sources, n)
	}
	return sources
}
