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

// Language says how values of some Go types are written. Structs, strings, numbers, booleans and lists of numbers, names and
// rows of numbers are built in.
type Language struct {
	Kinds []Kind
	// Random returns the source of draw k at a place such as ".train.rate". It depends on nothing but its arguments.
	Random func(seed uint64, place string, k uint64) *rand.Rand
	// Resolved returns, for a pointer to a document, what conditions are compared with, whose JSON has the swept fields under their
	// names. It may leave out fields that do not apply. If it is nil, that is the document itself.
	Resolved func(document any) any
	// Older is for texts that an earlier version accepted: whole ranges may have ends that are not whole.
	Older bool
}

// Kind says how values of one Go type are written. It is made by Words, BareWords, FlagOrWord, Families
// or Short.
type Kind interface {
	of() reflect.Type
	read(t *Text, n *yaml.Node, proto reflect.Value, f field) alternatives
	schema(s schema, proto reflect.Value, f field) Object
}

// kinds returns the kinds of a language by type.
func (l Language) kinds() map[reflect.Type]Kind {
	kinds := map[reflect.Type]Kind{}
	for _, k := range l.Kinds {
		kinds[k.of()] = k
	}
	return kinds
}

// MaxRuns limits how many alternatives a text stands for, counted once for every seed.
const MaxRuns = 1_000_000

// Values returns all alternatives that a text stands for: the product of its lists, the last field varying fastest, for
// each variant of Zip and Random, changed by When. Keys that the text leaves out have the defaults. Error messages call the text what. If
// anything is wrong, alternatives may be missing.
//
// A field is written under its json name. These tags say more:
//
//	required:"yes"             the key must be present
//	swept:"yes"                a list means alternatives, for the field and everything in it
//	repeats:"yes"              the []uint64 are seeds: each alternative runs once for every seed; n means 0 to n-1
//	excludes:"a b"             keys that must not be used together with this one
//	empty:"yes"                a list of distinct values may be empty
//	min, max, above, below     bounds of a number, inclusive and exclusive
//	percent:"yes"              a number may be written as 5%
//	oneof:"a b"                the words to choose from
//	text:"any"                 a string may be any text, not just a word
//	text:"name"                a string may have letters of any script, see CanonicalName
//	doc:"..."                  description for the schema
//	example:"..."              example of a Zip or When for error messages
func Values[T any](t *Text, what string, defaults T) []*T {
	if t.root == nil {
		return nil
	}
	proto := reflect.ValueOf(defaults)
	t.sections = sectionsOf(proto.Type(), t.kinds)
	var found alternatives
	roots, when := t.variants(t.root, proto.Type())
	conditions := t.conditions(when, fieldOfType(proto.Type(), whenType), proto)
	for _, r := range roots {
		some := t.mapping(r.root, proto, field{name: what})
		t.apply(conditions, r, proto, &some)
		found.count.Add(&found.count, &some.count)
		if len(found.values) == 0 || found.count.Cmp(big.NewInt(MaxRuns)) <= 0 {
			found.values = append(found.values, some.values...)
		}
	}
	if len(t.problems) == 0 && found.count.Cmp(big.NewInt(MaxRuns)) <= 0 {
		t.unmet(conditions, roots[0].draw != nil)
	}
	t.runs.Mul(&found.count, &t.repeats)
	list := make([]*T, len(found.values))
	for i, v := range found.values {
		list[i] = v.Addr().Interface().(*T)
	}
	return list
}

// Value returns the single value that a text stands for, and whether there is one. Keys that the text leaves out have the
// defaults. If there are more, the error message is their number followed by several, as in "2 targets instead of one".
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
