package declare

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Object is a JSON object, marshalled with sorted keys.
type Object = map[string]any

// Schema returns the JSON Schema (draft-07) of the texts that Values accepts with the same defaults. A schema cannot express
// checks between keys, nor the limit MaxRuns.
func Schema[T any](l Language, defaults T) Object {
	s := schema{kinds: l.kinds(), swept: sweptKeys(reflect.TypeFor[T]()), definitions: Object{}}
	root := s.structure(reflect.ValueOf(defaults), field{})
	root["definitions"] = s.definitions
	root["patternProperties"] = Object{"^" + extensions: Object{"description": "ignored: a place for anchors"}}
	return root
}

// schema collects definitions while walking the same structs as Values.
type schema struct {
	kinds       map[reflect.Type]Kind
	swept       []string // keys of the document
	definitions Object
	sections    *[]Section // of words, where they are asked for
}

// structure returns the schema of a struct. The prototype holds the defaults.
func (s schema) structure(proto reflect.Value, in field) Object {
	properties, dependencies := Object{}, Object{}
	var required []string
	words := s.section(in)
	for i := range proto.NumField() {
		f := fieldOf(proto.Type().Field(i), in)
		property := s.value(proto.Field(i), f)
		words.add(f, property, proto.Field(i))
		if f.swept {
			property = s.sweeping(property, isNumber(proto.Field(i).Type(), s.kinds))
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

// sweeping returns the schema of a property that may be a list of alternatives, which for numbers may be a progression.
func (s schema) sweeping(property Object, number bool) Object {
	if !number {
		return Object{"anyOf": []Object{property, listSchema(property)}}
	}
	progression := s.define("progression", progressionSchema)
	entry := Object{"anyOf": []Object{property, progression}}
	return Object{"anyOf": []Object{property, progression, listSchema(entry)}}
}

// hasDefault reports whether a field of a prototype is a default worth telling.
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

// anyRequired returns the schema of a mapping with at least one of the keys.
func anyRequired(keys []string) Object {
	var with []Object
	for _, key := range keys {
		with = append(with, Object{"required": []string{key}})
	}
	return Object{"anyOf": with}
}

// value returns the schema of one value of the field.
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
		case whenType:
			part := Object{"type": "object", "minProperties": 1, "propertyNames": Object{"enum": s.swept}}
			entry := Object{
				"type": "object", "properties": Object{ifKey: part, thenKey: part}, "required": []string{ifKey, thenKey}, "additionalProperties": false,
			}
			return Object{"type": "array", "minItems": 1, "items": entry}
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

// random returns the schema of a Random, which may draw every swept key.
func (s schema) random(proto reflect.Value, f field) Object {
	made := s.structure(proto, f)
	for _, key := range s.swept {
		made["properties"].(Object)[key] = Object{}
	}
	made["required"] = []string{"count"}
	return made
}

// listOf returns the schema of a value that is a list.
func (s schema) listOf(t reflect.Type, f field) Object {
	several := func(of Object) Object { return Object{"type": "array", "minItems": 1, "items": of} }
	numbers := several(Object{"type": "number"})
	switch {
	case s.kinds[t.Elem()] != nil:
		entry := s.value(reflect.Zero(t.Elem()), f)
		list := listSchema(entry)
		if f.tag.Get("empty") != "" {
			delete(list, "minItems")
		}
		return Object{"anyOf": []Object{entry, list}}
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

// define adds a definition unless it exists, and returns a reference to it.
func (s schema) define(name string, definition func() Object) Object {
	if s.definitions[name] == nil {
		s.definitions[name] = definition()
	}
	// Draft-07 ignores everything beside a bare $ref, descriptions included.
	return Object{"allOf": []Object{{"$ref": "#/definitions/" + name}}}
}

// listSchema returns the schema of a list of distinct values.
func listSchema(of Object) Object {
	return Object{"type": "array", "items": of, "minItems": 1, "uniqueItems": true}
}

func wordSchema(f field) Object {
	if known := strings.Fields(f.tag.Get("oneof")); len(known) > 0 {
		return Object{"enum": known}
	}
	switch f.tag.Get("text") {
	case "any":
		return Object{"type": "string"}
	case "scalar":
		return Object{"type": []string{"string", "number", "boolean"}}
	case "name":
		return Object{"type": "string", "pattern": nameForm}
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
