package experiments

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// object is a JSON object; it is written with its keys sorted.
type object map[string]any

// Schema returns the JSON Schema (draft-07) of a spec file, made of what Parse reads by. It cannot say what lies
// between keys: that choose.metric is measured, that the lists stay within a million runs.
func Schema() ([]byte, error) {
	s := schema{definitions: object{}}
	root := s.structure(reflect.ValueOf(defaults()), field{})
	// A variant may give the target.
	root["required"] = []string{"name"}
	var given []object
	for _, key := range []string{"target", "zip", "random"} {
		given = append(given, object{"required": []string{key}})
	}
	root["anyOf"] = given
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "flowsweep spec"
	root["description"] = "A declared experiment. Where a value may be swept, a list of values stands for each of them, " +
		"and the sweep is the product of the lists."
	root["definitions"] = s.definitions
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// schema collects the definitions of types as it walks the same structs as a decoder.
type schema struct {
	definitions object
}

// structure is the schema of a mapping that sets the fields of a struct; the prototype holds their defaults.
func (s schema) structure(proto reflect.Value, in field) object {
	properties := object{}
	var required []string
	for i := range proto.NumField() {
		f := fieldOf(proto.Type().Field(i), in)
		property := s.value(proto.Field(i), f)
		if f.swept {
			property = object{"anyOf": []object{property, list(property)}}
		}
		if doc := f.tag.Get("doc"); doc != "" {
			property["description"] = doc
		}
		if f.tag.Get("required") != "" {
			required = append(required, f.name)
		} else if v := proto.Field(i); v.Kind() == reflect.Struct && !v.IsZero() || v.Kind() == reflect.Slice && !v.IsNil() ||
			v.CanInt() || v.CanUint() || v.CanFloat() || v.Kind() == reflect.String && v.String() != "" || v.Kind() == reflect.Bool {
			property["default"] = v.Interface()
		}
		properties[f.name] = property
	}
	made := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		made["required"] = required
	}
	return made
}

// value is the schema of one value of the field.
func (s schema) value(proto reflect.Value, f field) object {
	t := proto.Type()
	if w, ok := vocabulary[t]; ok {
		return s.define(w.kind, func() object { return word(w.names) })
	}
	if set, ok := familyTypes[t]; ok {
		return s.define(set.kind, func() object { return s.families(set) })
	}
	switch t {
	case seedsType:
		return object{"anyOf": []object{{"type": "integer", "minimum": 1}, list(object{"type": "integer", "minimum": 0})}}
	case metricsType:
		name := s.value(reflect.Zero(t.Elem()), f)
		return object{"anyOf": []object{name, list(name)}}
	case zippedType:
		return object{"type": "array", "minItems": 1, "items": object{"type": "object", "propertyNames": object{"enum": sweptKeys}}}
	case drawnType:
		made := s.structure(proto, f)
		for _, key := range sweptKeys {
			made["properties"].(object)[key] = object{}
		}
		made["required"] = []string{"count"}
		return made
	case listType:
		return object{"type": "array", "minItems": 1, "items": object{"type": "number"}}
	case toleranceType:
		return s.define("tolerance", func() object {
			return object{"anyOf": []object{{"type": "number", "exclusiveMinimum": 0}, s.structure(proto, f)}}
		})
	case namesType:
		name := object{"type": []string{"string", "number"}}
		return object{"anyOf": []object{name, {"type": "array", "minItems": 1, "items": name}}}
	case rowsType:
		row := object{"type": "array", "minItems": 1, "items": object{"type": "number"}}
		return object{"type": "array", "minItems": 1, "items": row}
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.define(f.name, func() object { return s.structure(proto, f) })
	case reflect.String:
		return text(f)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return number("number", f)
	default:
		made := number("integer", f)
		if proto.CanUint() {
			made["minimum"] = 0
		}
		return made
	}
}

// define makes the definition of that name once, and returns a reference to it.
func (s schema) define(name string, definition func() object) object {
	if s.definitions[name] == nil {
		s.definitions[name] = definition()
	}
	// A bare $ref would hide the description beside it: draft-07 ignores the neighbours of a reference.
	return object{"allOf": []object{{"$ref": "#/definitions/" + name}}}
}

// families is the schema of a value made by families: the name of one, or a mapping with its parameters.
func (s schema) families(set families) object {
	var alone []string
	var kinds []object
	for _, name := range set.names {
		made := s.structure(set.proto[name], field{swept: true})
		made["properties"].(object)["name"] = object{"const": name}
		if made["required"] == nil { // what a family requires says its name
			made["required"] = []string{"name"}
			alone = append(alone, name)
		}
		dependencies := object{}
		for key, others := range exclusive[name] {
			var without []object
			for _, other := range others {
				without = append(without, object{"required": []string{other}})
			}
			dependencies[key] = object{"not": object{"anyOf": without}}
		}
		if len(dependencies) > 0 {
			made["dependencies"] = dependencies
		}
		kinds = append(kinds, made)
	}
	return object{"anyOf": append([]object{{"enum": alone}}, kinds...)}
}

func word(names []string) object {
	mapping := object{
		"type": "object", "properties": object{"name": object{"enum": names}},
		"required": []string{"name"}, "additionalProperties": false,
	}
	return object{"anyOf": []object{{"enum": names}, mapping}}
}

func list(of object) object {
	return object{"type": "array", "items": of, "minItems": 1, "uniqueItems": true}
}

func text(f field) object {
	if known := strings.Fields(f.tag.Get("oneof")); len(known) > 0 {
		return object{"enum": known}
	}
	if f.tag.Get("text") == "any" {
		return object{"type": "string"}
	}
	return object{"type": "string", "pattern": wordForm.String()}
}

func number(kind string, f field) object {
	made := object{"type": kind}
	for tag, key := range map[string]string{"min": "minimum", "max": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"} {
		if bound, ok := f.tag.Lookup(tag); ok {
			made[key] = json.RawMessage(strconv.FormatFloat(float(bound), 'f', -1, 64))
		}
	}
	if f.tag.Get("percent") != "" {
		return object{"anyOf": []object{made, {"type": "string", "pattern": percentForm.String()}}}
	}
	return made
}
