package flow

import "encoding/json"

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
