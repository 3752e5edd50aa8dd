package declare

import (
	"fmt"
	"strings"
	"testing"
)

type assignment struct{ Name, Word, Arguments string }

func TestAssigned(t *testing.T) {
	t.Parallel()
	language := Language{Kinds: []Kind{Assigned("kind", []string{"real", "bounded"}, func(name, word string, arguments []string) (assignment, error) {
		var err error
		if word == "bounded" && len(arguments) != 2 {
			err = fmt.Errorf("bounded takes two bounds")
		}
		return assignment{name, word, strings.Join(arguments, " ")}, err
	})}}
	type document struct {
		Columns []assignment `json:"columns"`
	}
	for text, want := range map[string]string{
		"columns: x":                              "[{x  }]",
		"columns: [x, 2]":                         "[{x  } {2  }]",
		"columns: {y: real, x: , b: real}":        "[{y real } {x  } {b real }]",
		"columns: {x: {bounded: [0, 1.5]}}":       "[{x bounded 0 1.5}]",
		"columns: {x: reel}":                      `a.yaml:1:14: unknown kind "reel" (have real, bounded): did you mean "real"?`,
		"columns: {x: bounded}":                   "a.yaml:1:14: bounded takes two bounds",
		"columns: {x: {bounded: 1}}":              "a.yaml:1:24: what stands beside the kind bounded must be a list",
		"columns: {x: {bounded: [[1], 2]}}":       "a.yaml:1:25: what stands beside the kind bounded must be words or numbers",
		"columns: {x: {bounded: [1, 2], real: }}": `a.yaml:1:14: the kind of "x" must be one of: real, bounded`,
		"columns: {x: [real]}":                    `a.yaml:1:14: the kind of "x" must be one of: real, bounded`,
		"columns: {x: real, x: real}":             `a.yaml:1:20: the key "x" is here twice`,
		"columns: [[x]]":                          "a.yaml:1:11: columns must be a list of names",
	} {
		parsed := Read("a.yaml", []byte(text), language)
		docs := Values(parsed, "the spec", document{})
		got := fmt.Sprint(parsed.Err())
		if parsed.Err() == nil {
			got = fmt.Sprint(docs[0].Columns)
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
