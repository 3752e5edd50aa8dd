package declare

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Object is a JSON object; it is written with its keys sorted.
type Object = map[string]any

// Schema returns the JSON Schema (draft-07) of the texts that Values reads as documents with these defaults. It cannot say
// what lies between keys, nor that the lists stay within MaxRuns.
func Schema[T any](l Language, defaults T) Object {
	s := schema{kinds: l.kinds(), swept: sweptKeys(reflect.TypeFor[T]()), definitions: Object{}}
	root := s.structure(reflect.ValueOf(defaults), field{})
	root["definitions"] = s.definitions
	return root
}

// schema collects the definitions of types as it walks the structs that a Text is read into.
type schema struct {
	kinds       map[reflect.Type]Kind
	swept       []string // keys of the document
	definitions Object
}

// structure describes a mapping that sets the fields of a struct; the prototype holds their defaults.
func (s schema) structure(proto reflect.Value, in field) Object {
	properties, dependencies := Object{}, Object{}
	var required []string
	for i := range proto.NumField() {
		f := fieldOf(proto.Type().Field(i), in)
		property := s.value(proto.Field(i), f)
		if f.swept {
			property = Object{"anyOf": []Object{property, listSchema(property)}}
		}
		if doc := f.tag.Get("doc"); doc != "" {
			property["description"] = doc
		}
		if f.tag.Get("required") != "" {
			required = append(required, f.name)
		} else if hasDefault(proto.Field(i)) {
			property["default"] = proto.Field(i).Interface()
		}
		if others := f.excludes(); len(others) > 0 {
			dependencies[f.name] = Object{"not": anyRequired(others)}
		}
		properties[f.name] = property
	}
	made := Object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		made["required"] = required
	}
	if len(dependencies) > 0 {
		made["dependencies"] = dependencies
	}
	return made
}

// hasDefault reports whether a value of a prototype says what is taken where it is left out.
func hasDefault(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		return !v.IsZero()
	case reflect.Slice:
		return !v.IsNil()
	case reflect.String:
		return v.String() != ""
	default:
		return true
	}
}

// anyRequired describes a mapping with at least one of some keys.
func anyRequired(keys []string) Object {
	var with []Object
	for _, key := range keys {
		with = append(with, Object{"required": []string{key}})
	}
	return Object{"anyOf": with}
}

// value describes one value of the field.
func (s schema) value(proto reflect.Value, f field) Object {
	t := proto.Type()
	if kind, ok := s.kinds[t]; ok {
		return kind.schema(s, proto, f)
	}
	switch t.Kind() {
	case reflect.Struct:
		switch t {
		case zipType:
			return Object{"type": "array", "minItems": 1, "items": Object{"type": "object", "propertyNames": Object{"enum": s.swept}}}
		case randomType:
			return s.random(proto, f)
		}
		return s.define(f.name, func() Object { return s.structure(proto, f) })
	case reflect.Slice:
		return s.listOf(t, f)
	case reflect.String:
		return wordSchema(f)
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.Float64:
		return numberSchema("number", f)
	default:
		made := numberSchema("integer", f)
		if proto.CanUint() {
			made["minimum"] = 0
		}
		return made
	}
}

// random describes a Random, in which what is swept may be drawn.
func (s schema) random(proto reflect.Value, f field) Object {
	made := s.structure(proto, f)
	for _, key := range s.swept {
		made["properties"].(Object)[key] = Object{}
	}
	made["required"] = []string{"count"}
	return made
}

// listOf describes a list that is one value.
func (s schema) listOf(t reflect.Type, f field) Object {
	several := func(of Object) Object { return Object{"type": "array", "minItems": 1, "items": of} }
	numbers := several(Object{"type": "number"})
	switch {
	case s.kinds[t.Elem()] != nil:
		entry := s.value(reflect.Zero(t.Elem()), f)
		return Object{"anyOf": []Object{entry, listSchema(entry)}}
	case t == seedsType:
		return Object{"anyOf": []Object{{"type": "integer", "minimum": 1}, listSchema(Object{"type": "integer", "minimum": 0})}}
	case t == numbersType:
		return numbers
	case t == rowsType:
		return several(numbers)
	default: // names
		name := Object{"type": []string{"string", "number"}}
		return Object{"anyOf": []Object{name, several(name)}}
	}
}

// define makes the definition of that name once, and returns a reference to it.
func (s schema) define(name string, definition func() Object) Object {
	if s.definitions[name] == nil {
		s.definitions[name] = definition()
	}
	// A bare $ref would hide the description beside it: draft-07 ignores the neighbours of a reference.
	return Object{"allOf": []Object{{"$ref": "#/definitions/" + name}}}
}

// listSchema describes a list of distinct values.
func listSchema(of Object) Object {
	return Object{"type": "array", "items": of, "minItems": 1, "uniqueItems": true}
}

func wordSchema(f field) Object {
	if known := strings.Fields(f.tag.Get("oneof")); len(known) > 0 {
		return Object{"enum": known}
	}
	if f.tag.Get("text") == "any" {
		return Object{"type": "string"}
	}
	return Object{"type": "string", "pattern": wordForm.String()}
}

func numberSchema(kind string, f field) Object {
	made := Object{"type": kind}
	for tag, key := range map[string]string{"min": "minimum", "max": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"} {
		if bound, ok := f.tag.Lookup(tag); ok {
			made[key] = json.RawMessage(strconv.FormatFloat(float(bound), 'f', -1, 64))
		}
	}
	if f.tag.Get("percent") != "" {
		return Object{"anyOf": []Object{made, {"type": "string", "pattern": percentForm.String()}}}
	}
	return made
}
