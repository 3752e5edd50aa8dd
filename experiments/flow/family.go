package flow

import "encoding/json"

// Family is a kind of value that a spec can name, with default parameters. For example, the paths "polynomial" have a
// power, which is 2 by default.
type Family[T any] struct {
	Name    string
	Default Maker[T]
}

// Maker is a struct with a family's parameters as fields, which a spec can set. Make returns an error that names the
// parameter if one is invalid.
type Maker[T any] interface {
	Make() (T, error)
}

// Form returns a named value as written in a spec, as JSON: {"name": "polynomial", "power": 2}, or the bare name if
// params is nil. Keys are hashes of it, so the same value always has the same form.
func Form(name string, params any) ([]byte, error) {
	quoted, err := json.Marshal(name)
	if err != nil || params == nil {
		return quoted, err
	}
	fields, err := json.Marshal(params)
	if err != nil {
		return quoted, err
	}
	out := append([]byte(`{"name":`), quoted...)
	if string(fields) != "{}" {
		out = append(append(out, ','), fields[1:len(fields)-1]...)
	}
	return append(out, '}'), nil
}

// formText is Form for text, without quotes around a bare name.
func formText(name string, params any) string {
	text, err := Form(name, params)
	if err != nil || text[0] == '"' {
		return name
	}
	return string(text)
}
