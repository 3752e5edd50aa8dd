// Package derive makes the JSON Schema (draft-07) of what a Go value prints as JSON, from its type and from the comments in its source.
// Tests use it to write the schemas that the program carries, and it is no part of the program itself.
//
//	schema, err := derive.New("..").Schema("flowsweep runs --json", []experiments.ResultRow{})
package derive

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"flowsweep/experiments/declare"
)

// Object is a part of a schema.
type Object = declare.Object

// Deriver makes schemas. It reads each package once.
type Deriver struct {
	comments comments
	defs     Object // definitions of the schema in the making
	root     reflect.Type
	reached  bool // something refers to the root
}

// New returns a Deriver that finds the packages of the module in a folder.
func New(module string) *Deriver { return &Deriver{comments: comments{folder: module}} }

// Schema returns the schema of what v is as JSON. A []any stands for a list of the kinds of objects in it. Other values tell only their
// type. A type with a MarshalJSON of its own must be among the known ones.
func (d *Deriver) Schema(title string, v any) (Object, error) {
	d.defs, d.root, d.reached = Object{}, reflect.TypeOf(v), false
	made, err := d.rootOf(v)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", title, err)
	}
	made["$schema"] = "http://json-schema.org/draft-07/schema#"
	made["title"] = title
	if len(d.defs) > 0 {
		made["definitions"] = d.defs
	}
	return made, nil
}

func (d *Deriver) rootOf(v any) (Object, error) {
	if list, ok := v.([]any); ok {
		var kinds []Object
		for _, entry := range list {
			kind, err := d.value(reflect.TypeOf(entry))
			if err != nil {
				return nil, err
			}
			kinds = append(kinds, kind)
		}
		return Object{"type": "array", "items": Object{"anyOf": kinds}}, nil
	}
	if d.root.Kind() == reflect.Struct {
		return d.structure(d.root)
	}
	return d.value(d.root)
}

// value returns the schema of values of a type, none of which is null.
func (d *Deriver) value(t reflect.Type) (Object, error) {
	if form, ok := known[t]; ok {
		return form(), nil
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return d.value(t.Elem())
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return nil, fmt.Errorf("%v has a MarshalJSON of its own: add what it prints to the known types in package derive", t)
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return Object{"type": "string"}, nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.reference(t)
	case reflect.Slice, reflect.Array:
		return d.list(t)
	case reflect.Map:
		return d.mapping(t)
	case reflect.Interface:
		return Object{}, nil
	case reflect.String:
		return d.comments.words(t), nil
	case reflect.Bool:
		return Object{"type": "boolean"}, nil
	case reflect.Float32, reflect.Float64:
		return Object{"type": "number"}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Object{"type": "integer", "minimum": 0}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Object{"type": "integer"}, nil
	}
	return nil, fmt.Errorf("%v is nothing that JSON has", t)
}

// list returns the schema of a slice or an array.
func (d *Deriver) list(t reflect.Type) (Object, error) {
	entry, err := d.orNull(t.Elem())
	made := Object{"type": "array", "items": entry}
	if t.Kind() == reflect.Array {
		made["minItems"], made["maxItems"] = t.Len(), t.Len()
	}
	return made, err
}

// mapping returns the schema of a map.
func (d *Deriver) mapping(t reflect.Type) (Object, error) {
	entry, err := d.orNull(t.Elem())
	return Object{"type": "object", "additionalProperties": entry}, err
}

// reference adds the definition of a struct, unless there is one, and returns a reference to it.
func (d *Deriver) reference(t reflect.Type) (Object, error) {
	if t == d.root {
		d.reached = true
		return Object{"$ref": "#"}, nil
	}
	name := t.String() // with its package: experiments.NullRow
	ref := Object{"$ref": "#/definitions/" + name}
	if d.defs[name] != nil {
		return ref, nil
	}
	d.defs[name] = Object{} // for structs that hold themselves
	made, err := d.structure(t)
	d.defs[name] = made
	return ref, err
}

// structure returns the schema of a struct: it has the fields that the type says, and no others.
func (d *Deriver) structure(t reflect.Type) (Object, error) {
	properties, required := Object{}, []string{}
	if err := d.fields(t, properties, &required); err != nil {
		return nil, err
	}
	made := Object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if doc := d.comments.of(t, ""); doc != "" {
		made["description"] = doc
	}
	return made, nil
}

// fields adds the fields of a struct, those of embedded structs among them.
func (d *Deriver) fields(t reflect.Type, properties Object, required *[]string) error {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case f.Anonymous && name == "":
			if err := d.fields(f.Type, properties, required); err != nil {
				return err
			}
			continue
		case !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		leftOut := strings.Contains(options, "omit")
		property, err := d.property(f, leftOut)
		if err != nil {
			return fmt.Errorf("%v.%s: %w", t, f.Name, err)
		}
		if doc := d.comments.of(t, f.Name); doc != "" {
			property = described(property, nothing.ReplaceAllString(doc, absent[leftOut]))
		}
		properties[name] = property
		if !leftOut {
			*required = append(*required, name)
		}
	}
	return nil
}

// property returns the schema of a field. One that is nil is null, unless it is left out, or its tag says that it never is.
func (d *Deriver) property(f reflect.StructField, leftOut bool) (Object, error) {
	if words := strings.Fields(f.Tag.Get("oneof")); len(words) > 0 && leftOut == strings.Contains(f.Tag.Get("json"), "omit") {
		return Object{"enum": words}, nil
	}
	if leftOut || f.Tag.Get("null") == "never" {
		return d.value(f.Type)
	}
	return d.orNull(f.Type)
}

// orNull returns the schema of values of a type, which may be nil.
func (d *Deriver) orNull(t reflect.Type) (Object, error) {
	made, err := d.value(t)
	if _, ok := known[t]; ok || err != nil {
		return made, err
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		if kind, ok := made["type"].(string); ok {
			made["type"] = []string{kind, "null"}
			return made, nil
		}
		return Object{"anyOf": []Object{made, {"type": "null"}}}, nil
	}
	return made, nil
}

// nothing is Go's word for what is absent from the JSON, or null in it.
var (
	nothing = regexp.MustCompile(`\bnil\b`)
	absent  = map[bool]string{true: "left out", false: "null"}
)

// described returns the schema with a description. Draft-07 ignores everything beside a bare $ref.
func described(of Object, doc string) Object {
	if of["$ref"] != nil {
		of = Object{"allOf": []Object{of}}
	}
	of["description"] = doc
	return of
}
