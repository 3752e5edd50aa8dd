package declare

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Zip and Random sweep without multiplying lists. Each gives variants, which are laid over the rest of the text; lists in a
// variant multiply as usual.

// Zip is the type of a field that lists variants.
type Zip struct{}

// Random is the type of a field that says how many variants to draw, and from what.
type Random struct {
	Count int    `json:"count" min:"1" max:"10000" doc:"variants to draw"`
	Seed  uint64 `json:"seed" doc:"seed of the draws"`
}

var (
	zipType    = reflect.TypeFor[Zip]()
	randomType = reflect.TypeFor[Random]()
)

// variant is a part of a document or, laid over the rest, the whole of one.
type variant struct {
	root *yaml.Node
	draw func(*yaml.Node) *yaml.Node // draws the ranges in a part; nil without Random
}

// variants returns the document once for each variant, or alone if there are none, and the node of its When.
func (t *Text) variants(root *yaml.Node, document reflect.Type) (roots []variant, when *yaml.Node) {
	if root.Kind != yaml.MappingNode {
		return []variant{{root: root}}, nil
	}
	t.keys(root, "") // reports duplicate keys
	base := *root
	base.Content = nil
	special := map[string]*yaml.Node{}
	zipField, randomField, whenField := fieldOfType(document, zipType), fieldOfType(document, randomType), fieldOfType(document, whenType)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if extension(follow(root.Content[i])) {
			continue
		}
		key := follow(root.Content[i]).Value
		if key != "" && slices.Contains([]string{zipField.name, randomField.name, whenField.name}, key) && special[key] == nil {
			special[key] = follow(root.Content[i+1])
			continue
		}
		base.Content = append(base.Content, root.Content[i], root.Content[i+1])
	}
	swept := sweptKeys(document)
	roots = []variant{{root: &base}}
	before := len(t.problems)
	all := [][]variant{t.zipped(special[zipField.name], zipField, swept), t.sampled(special[randomField.name], randomField, swept)}
	t.partial = len(t.problems) > before
	for _, variants := range all {
		if len(variants) == 0 {
			continue
		}
		var over []variant
		for _, r := range roots {
			for _, v := range variants {
				over = append(over, variant{t.overlay(r.root, v.root, 0), v.draw})
			}
		}
		roots = over
	}
	return roots, special[whenField.name]
}

// fieldOfType returns the first field of a struct with the given type, or a field without a name.
func fieldOfType(document, of reflect.Type) field {
	for i := range document.NumField() {
		if document.Field(i).Type == of {
			return fieldOf(document.Field(i), field{})
		}
	}
	return field{}
}

// sweptKeys returns the keys that a variant may set.
func sweptKeys(document reflect.Type) []string {
	var keys []string
	for i := range document.NumField() {
		if f := fieldOf(document.Field(i), field{}); f.swept {
			keys = append(keys, f.name)
		}
	}
	return keys
}

// zipped returns the entries of a Zip.
func (t *Text) zipped(zip *yaml.Node, f field, swept []string) (variants []variant) {
	if zip == nil {
		return nil
	}
	if zip.Kind != yaml.SequenceNode || len(zip.Content) == 0 {
		t.problem(zip, "%s must be a list of parts of a spec, such as %s", f.name, f.tag.Get("example"))
		return nil
	}
	for _, v := range zip.Content {
		if v = follow(v); t.sweepable(v, "an entry of "+f.name, swept, nil) {
			variants = append(variants, variant{root: v})
		}
	}
	return variants
}

// sweepable reports whether a node is a mapping of swept or allowed keys, and records a problem if not.
func (t *Text) sweepable(n *yaml.Node, what string, swept, allowed []string) bool {
	nodes, ok := t.keys(n, what)
	if !ok {
		return false
	}
	fine, here := true, slices.Concat(allowed, swept)
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key := follow(n.Content[i]); {
		case nodes[key.Value] == nil || slices.Contains(here, key.Value):
			continue
		case slices.Contains(t.sections[key.Value], ""):
			t.problem(key, "%s cannot differ between the runs of a sweep: write it outside (%s may be here)", key.Value, strings.Join(swept, ", "))
		default:
			t.problem(key, "%s", t.unknownKey(key.Value, here))
		}
		fine = false
	}
	return fine
}

// maxNesting limits how deep variants nest, as aliases may form a cycle.
const maxNesting = 8

// overlay merges two mappings. It records a problem for a key that has a value in both.
func (t *Text) overlay(under, over *yaml.Node, depth int) *yaml.Node {
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
		if below.Kind != yaml.MappingNode || follow(value).Kind != yaml.MappingNode || depth > maxNesting {
			t.problem(key, "%s has a value on line %d too: leave one out", key.Value, below.Line)
			continue
		}
		merged.Content[2*at+1] = t.overlay(below, follow(value), depth+1)
	}
	return &merged
}

// everySecond returns the keys in the content of a mapping.
func everySecond(content []*yaml.Node) []*yaml.Node {
	var keys []*yaml.Node
	for i := 0; i < len(content); i += 2 {
		keys = append(keys, content[i])
	}
	return keys
}
