package fields_test

import (
	"encoding/json"
	"testing"

	"flowsweep/experiments/query"
	"flowsweep/reports/fields"
)

// rows have a text that may be absent, a number that once is a text, a list, and a field that has no column.
func rows() []map[string]query.Field {
	text := func(key, value string) query.Field { return query.Field{Key: key, Value: value} }
	number := func(key, value string) query.Field {
		return query.Field{Key: key, Value: value, Kind: query.Number, Also: "also." + key}
	}
	null := func(key string) query.Field { return query.Field{Key: key, Kind: query.Null, Aside: true} }
	tags := func(raw string, items ...string) query.Field {
		return query.Field{Key: "tags", Value: raw, Kind: query.List, Items: items}
	}
	return []map[string]query.Field{
		{"run": text("run", "1e5"), "error": text("error", ""), "seed": number("seed", "1"), "tags": tags("[]"), "note": null("note")},
		{"run": text("run", "a"), "error": text("error", ""), "seed": text("seed", "none"), "tags": tags(`["x"]`, "x"), "note": null("note")},
		{"run": text("run", "b"), "error": null("error"), "seed": number("seed", "3"), "tags": tags("[]"), "note": null("note")},
		{"run": text("run", "c"), "error": text("error", "boom"), "tags": tags("[]"), "note": null("note")},
	}
}

var order = []string{"run", "error", "seed", "tags"}

func check(t *testing.T, got any, want string) {
	t.Helper()
	raw, err := json.Marshal(got)
	if err != nil || string(raw) != want {
		t.Errorf("got %s (%v)\nwant %s", raw, err, want)
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	check(t, fields.Whole(rows(), order), `{"columns":[{"key":"run","kinds":["text"]},{"key":"error","kinds":["text"]},`+
		`{"key":"seed","also":"also.seed","kinds":["number","text"]},{"key":"tags","kinds":["list"]},{"key":"note","aside":true,"kinds":[]}],`+
		`"rows":[["1e5","","1",[],null],["a","",{"kind":"text","value":"none"},["x"],null],["b",null,"3",[],null],["c","boom",null,[],null]]}`)
	same := []map[string]query.Field{rows()[0], rows()[0]}
	check(t, fields.Whole(same, []string{"seed", "run"}), `{"columns":[{"key":"seed","also":"also.seed","kinds":["number"],"all":"1"},{"key":"run","kinds":["text"],"all":"1e5"},`+
		`{"key":"error","kinds":["text"],"all":""},{"key":"note","aside":true,"kinds":[]},{"key":"tags","kinds":["list"],"all":[]}],"rows":[[null],[null]]}`)
	check(t, fields.Whole(nil, nil), `{"columns":null}`)
}

// TestDescribed: what a cell of the CSV is follows from its column, and is said where it does not.
func TestDescribed(t *testing.T) {
	t.Parallel()
	check(t, fields.Described(rows(), order), `{"columns":[{"key":"run","kinds":["text"]},{"key":"error","kinds":["text"],"blank":true,"odd":{"2":"null"}},`+
		`{"key":"seed","also":"also.seed","kinds":["number","text"],"odd":{"1":"text"}},{"key":"tags","kinds":["list"]},{"key":"note","aside":true,"kinds":[]}]}`)
	tagless := rows()[2:]
	check(t, fields.Described(tagless, []string{"run", "error", "seed"}), `{"columns":[{"key":"run","kinds":["text"]},{"key":"error","aside":true,"kinds":["text"]},`+
		`{"key":"seed","also":"also.seed","kinds":["number"]},{"key":"note","aside":true,"kinds":[]},{"key":"tags","kinds":["list"],"all":[]}]}`)
}
