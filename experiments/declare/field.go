package declare

import (
	"reflect"
	"strings"
)

// field says how a value is written.
type field struct {
	name  string
	kind  string // of the family whose parameters it has
	tag   reflect.StructTag
	swept bool // may be a list of alternatives
	entry bool // is an entry of such a list
	part  bool // is a part of a document, in which nothing is required
}

// repeats reports whether the field holds seeds.
func (f field) repeats() bool { return f.tag.Get("repeats") != "" }

// excludes returns the keys that must not be used together with the field.
func (f field) excludes() []string { return strings.Fields(f.tag.Get("excludes")) }

// keysOf returns the keys of the fields of a struct, in order.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = fieldOf(t.Field(i), field{}).name
	}
	return keys
}

// fieldOf returns the field of a struct. It is swept if it is tagged so or if the struct is in a swept field.
func fieldOf(sf reflect.StructField, in field) field {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	return field{name: name, tag: sf.Tag, swept: in.swept || sf.Tag.Get("swept") != ""}
}
