// Package query flattens JSON into fields, and filters rows of fields by conditions that a person writes.
//
//	condition, err := query.Parse(`metrics.mmd < 0.01 and solver = "heun"`)
//	rows, err = query.Filter(condition, rows, query.Flatten)
package query

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Field is one value of a JSON document.
type Field struct {
	Key   string   // the keys that lead to it, joined by dots: train.rate
	Value string   // a text without its quotes, anything else as written
	Kind  Kind     // decides how it is compared, sorted and printed, whatever its value looks like
	Items []string // of a List
	Also  string   // another name that finds it as its whole key does; may be empty
	Aside bool     // only its whole key finds it
}

// Absent reports whether the field has no value: it is the zero Field, Null, or empty.
func (f Field) Absent() bool { return f.Value == "" || f.Kind == List && len(f.Items) == 0 }

// Kind is the type of a value.
type Kind int

// The kinds of value. A list that does not consist of texts counts as Text, its JSON.
const (
	Text Kind = iota
	Number
	Bool
	Null // known to be absent, with an empty Value
	List // of texts, with its JSON as the Value
)

// String returns the kind in words: "a number".
func (k Kind) String() string {
	return [...]string{"a text", "a number", "true or false", "nothing", "a list"}[k]
}

// Flatten returns the fields of the JSON form of v, in order. Keys of nested objects are joined by dots. The "name" of a
// nested object becomes the value of the object's own key. Lists are left whole.
func Flatten[T any](v T) ([]Field, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return flatten("", raw)
}

func flatten(key string, raw json.RawMessage) ([]Field, error) {
	if raw[0] != '{' {
		f, err := fieldOf(key, raw)
		return []Field{f}, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var fields []Field
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		inner, err := flatten(join(key, fmt.Sprint(name)), value)
		if err != nil {
			return nil, err
		}
		fields = append(fields, inner...)
	}
	return fields, nil
}

// fieldOf returns the field of a JSON value that is not an object.
func fieldOf(key string, raw json.RawMessage) (Field, error) {
	switch raw[0] {
	case '"':
		f := Field{Key: key, Kind: Text}
		return f, json.Unmarshal(raw, &f.Value)
	case '[':
		f := Field{Key: key, Value: string(raw), Kind: Text}
		if json.Unmarshal(raw, &f.Items) == nil {
			f.Kind = List
		}
		return f, nil
	case 't', 'f':
		return Field{Key: key, Value: string(raw), Kind: Bool}, nil
	case 'n':
		return Field{Key: key, Kind: Null}, nil
	default:
		return Field{Key: key, Value: string(raw), Kind: Number}, nil
	}
}

func join(key, name string) string {
	switch {
	case key == "":
		return name
	case name == "name":
		return key
	default:
		return key + "." + name
	}
}
