package declare

import (
	"reflect"
	"strings"
)

// field is a place where a spec takes a value.
type field struct {
	name  string
	tag   reflect.StructTag
	swept bool // takes a list of alternatives too
	entry bool // of such a list
}

// repeats reports whether the field holds seeds, with each of which every alternative is taken.
func (f field) repeats() bool { return f.tag.Get("repeats") != "" }

// excludes returns the keys that must not stand beside the field.
func (f field) excludes() []string { return strings.Fields(f.tag.Get("excludes")) }

// keysOf returns the keys that set the fields of a struct, in its order.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = fieldOf(t.Field(i), field{}).name
	}
	return keys
}

// fieldOf returns the field of a struct. Whatever lies in a swept field is swept too.
func fieldOf(sf reflect.StructField, in field) field {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	return field{name: name, tag: sf.Tag, swept: in.swept || sf.Tag.Get("swept") != ""}
}
