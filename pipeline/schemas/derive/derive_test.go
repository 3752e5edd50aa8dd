package derive

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
)

type base struct {
	Name string `json:"name"`
}

type inner struct {
	base
	Hidden int                `json:"-"`
	Plain  int                // without a tag, and so with Go's name
	Value  experiments.Number `json:"value"`
	Calls  *experiments.Calls `json:"calls"`
	State  experiments.State  `json:"state"`
	Path   flow.Path          `json:"path,omitzero"`
	Count  uint               `json:"count,omitempty"`
	List   []int              `json:"list"`
	Never  []int              `json:"never" null:"never"`
	Pair   [2]string          `json:"pair"`
	ByName map[string]bool    `json:"by_name,omitempty"`
	At     time.Time          `json:"at"`
	Word   string             `json:"word" oneof:"a b"`
	Any    any                `json:"any,omitempty"`
	Raw    json.RawMessage    `json:"raw,omitempty"`
	Self   *inner             `json:"self,omitempty"`
}

// whole is an inner with all that must be there.
const whole = `"name": "x", "Plain": 1, "value": "nan", "calls": null, "state": "lost", "list": null, "never": [1], "pair": ["a", "b"],` +
	` "at": "2026-01-02T03:04:05Z", "word": "a"`

// TestSchemaAllows checks what schemas allow and what they do not, one reason at a time.
func TestSchemaAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		of   any
		text string
		ok   bool
	}{
		{"all that must be there", inner{}, "{" + whole + "}", true},
		{"all there can be", inner{}, "{" + whole + `, "path": {"name": "polynomial", "power": 2}, "count": 0, "by_name": {"a": true}, "any": [1], "raw": {}, "self": {` + whole + "}}", true},
		{"a path by its name", inner{}, "{" + whole + `, "path": "vp"}`, true},
		{"one inside with a field too many", inner{}, "{" + whole + `, "self": {` + whole + `, "more": 1}}`, false},
		{"a field too many", inner{}, "{" + whole + `, "more": 1}`, false},
		{"a field that is not printed", inner{}, "{" + whole + `, "hidden": 1}`, false},
		{"a path without a name", inner{}, "{" + whole + `, "path": {"power": 2}}`, false},
		{"a negative count", inner{}, "{" + whole + `, "count": -1}`, false},
		{"null where it is left out", inner{}, "{" + whole + `, "self": null}`, false},
		{"a field missing", inner{}, "{" + strings.Replace(whole, `"name": "x",`, "", 1) + "}", false},
		{"another word of an unbounded number", inner{}, "{" + strings.Replace(whole, "nan", "NaN", 1) + "}", false},
		{"an unknown state", inner{}, "{" + strings.Replace(whole, "lost", "gone", 1) + "}", false},
		{"an unknown word", inner{}, "{" + strings.Replace(whole, `"word": "a"`, `"word": "c"`, 1) + "}", false},
		{"null where there never is", inner{}, "{" + strings.Replace(whole, "[1]", "null", 1) + "}", false},
		{"three of two", inner{}, "{" + strings.Replace(whole, `"b"]`, `"b", "c"]`, 1) + "}", false},
		{"no time", inner{}, "{" + strings.Replace(whole, "2026-01-02T03:04:05Z", "now", 1) + "}", false},
		{"rows", []inner{}, "[{" + whole + "}]", true},
		{"no rows", []inner{}, "[]", true},
		{"null for no rows", []inner{}, "null", false},
		{"rows of two kinds", []any{inner{}, base{}}, `[{"name": "x"}, {` + whole + "}]", true},
		{"rows of another kind", []any{inner{}, base{}}, `[{"title": "x"}]`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled(t, c.of).Validate(value); (err == nil) != c.ok {
				t.Errorf("got %v, want allowed: %v", err, c.ok)
			}
		})
	}
}

// compiled returns the schema of a value, as an independent reader understands it.
func compiled(t *testing.T, of any) *jsonschema.Schema {
	t.Helper()
	made, err := New("../../..").Schema("a test", of)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("a.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("a.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

type own struct{}

func (own) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

// TestUnknownForm: a type that prints itself in a way that is not known has no schema, rather than a wrong one.
func TestUnknownForm(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]any{"its own": struct{ A own }{}, "a channel": struct{ A chan int }{}} {
		if made, err := New("../../..").Schema("a test", of); err == nil {
			t.Errorf("%s: the schema %v, want an error", name, made)
		}
	}
}

// TestDescriptions are those of tags, or else of the source, without Go's words.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	made, err := New("../../..").Schema("a test", experiments.ResultRow{})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(made)
	for _, want := range []string{
		`"description":"optimiser steps"`,               // a tag of experiments.Train
		`"description":"empty if it did not fail"`,      // a comment behind a field
		`"description":"how a net is trained: in Steps`, // a comment on a type, without its name
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
