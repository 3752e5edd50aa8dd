// Package declare reads YAML in which any value may be a list of alternatives into Go structs, and writes the JSON Schema
// of such texts from the same walk over the same structs.
//
//	text := declare.Read("spec.yaml", content, language)
//	docs := declare.Values(text, "the spec", document{Steps: 8}) // with the defaults of what is left out
//	err := text.Err()                                            // a problem.List of everything that is wrong
package declare

import (
	"math/big"
	"math/rand/v2"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// Language is how the values of some Go types are written, beside those that this package knows itself: structs, strings,
// numbers, booleans, and lists of numbers, of names and of rows of numbers.
type Language struct {
	Kinds []Kind
	// Random returns the source of draw number k at a place, such as ".train.rate". The same arguments give the same numbers.
	Random func(seed uint64, place string, k uint64) *rand.Rand
}

// Kind is how the values of one Go type are written: as Words, as a member of Families, or in a Short form.
type Kind interface {
	of() reflect.Type
	read(t *Text, n *yaml.Node, proto reflect.Value, f field) alternatives
	schema(s schema, proto reflect.Value, f field) Object
}

// kinds returns the kinds of a language by the type of their values.
func (l Language) kinds() map[reflect.Type]Kind {
	kinds := map[reflect.Type]Kind{}
	for _, k := range l.Kinds {
		kinds[k.of()] = k
	}
	return kinds
}

// MaxRuns is the most alternatives that a text may stand for, each counted as often as its seeds repeat it.
const MaxRuns = 1_000_000

// Values returns every alternative that a text stands for, with the defaults where the text leaves a key out. Problems call
// the text by the name what. Lists multiply: the alternatives are their product, the last field varying fastest, taken for
// each variant of Zip and Random. Where something is wrong, some or all alternatives are missing.
//
// Each field is written under its json name. Other tags say how:
//
//	required:"yes"             it must be there
//	swept:"yes"                a list stands for each of its entries, here and in everything within
//	repeats:"yes"              seeds, []uint64, with each of which every alternative is taken; n stands for 0 to n-1
//	excludes:"a b"             the keys that must not be beside it
//	min, max, above, below     the bounds of a number, of which the latter two are outside
//	percent:"yes"              a number may be a share: 5%
//	oneof:"a b"                the words that a string may be
//	text:"any"                 a string may be more than one word
//	doc:"..."                  what it is, for the schema
//	example:"..."              what a Zip may look like, for problems
func Values[T any](t *Text, what string, defaults T) []*T {
	if t.root == nil {
		return nil
	}
	proto := reflect.ValueOf(defaults)
	var found alternatives
	for _, r := range t.variants(t.root, proto.Type()) {
		some := t.mapping(r, proto, field{name: what})
		found.count.Add(&found.count, &some.count)
		if len(found.values) == 0 || found.count.Cmp(big.NewInt(MaxRuns)) <= 0 {
			found.values = append(found.values, some.values...)
		}
	}
	t.runs.Mul(&found.count, &t.repeats)
	list := make([]*T, len(found.values))
	for i, v := range found.values {
		list[i] = v.Addr().Interface().(*T)
	}
	return list
}

// Value returns the one value that a text stands for, with the defaults where the text leaves a key out, and whether there is
// one. Where there are several, the problem is their number and the words in several: "2 targets where one belongs".
func Value[T any](t *Text, what string, defaults T, several string) (T, bool) {
	if t.root == nil {
		return defaults, false
	}
	found := t.alternatives(t.root, reflect.ValueOf(defaults), field{name: what, swept: true})
	if len(t.problems) == 0 && found.count.Cmp(big.NewInt(1)) != 0 {
		t.problem(t.root, "%s %s", grouped(&found.count), several)
	}
	if len(t.problems) > 0 {
		return defaults, false
	}
	return found.values[0].Interface().(T), true
}
