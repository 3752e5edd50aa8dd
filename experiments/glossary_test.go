package experiments

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/declare"
)

// value says in words what a schema allows.
func (g glossary) value(schema declare.Object) string {
	text, err := json.Marshal(schema)
	if err != nil {
		panic(err)
	}
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		panic(err)
	}
	return g.words(plain)
}

func (g glossary) words(schema map[string]any) string {
	if all, ok := schema["allOf"].([]any); ok {
		return g.reference(strings.TrimPrefix(all[0].(map[string]any)["$ref"].(string), "#/definitions/"))
	}
	if any, ok := schema["anyOf"].([]any); ok {
		return g.either(any)
	}
	if names, ok := schema["enum"].([]any); ok {
		return codes(names)
	}
	switch kind := schema["type"].(type) {
	case []any:
		return "text or number"
	case string:
		switch kind {
		case "array":
			if of, ok := schema["items"].(map[string]any); ok && of["type"] != "object" {
				return "list of " + several(g.words(of))
			}
			return "list of mappings"
		case "string":
			return text(schema)
		case "boolean":
			return "`true`, `false`"
		case "object":
			return "mapping"
		}
		return number(kind, schema)
	}
	return "anything"
}

// reference returns a link to the section of a definition, or what it allows if it has no section.
func (g glossary) reference(name string) string {
	for _, s := range g.sections {
		if title(s) == name {
			return fmt.Sprintf("[%s](#%s)", name, name)
		}
	}
	return g.value(g.definitions[name].(declare.Object))
}

// either joins alternatives. A mapping that says no more than a word beside it is left out.
func (g glossary) either(all []any) string {
	var list []string
	for _, one := range all {
		schema := one.(map[string]any)
		if properties, ok := schema["properties"].(map[string]any); ok && len(properties) == 1 && properties["name"] != nil {
			continue
		}
		words := g.words(schema)
		if len(list) > 0 && words == "list of "+several(list[len(list)-1]) {
			words = "a list"
		}
		if !slices.Contains(list, words) {
			list = append(list, words)
		}
	}
	return strings.Join(list, " or ")
}

// several returns the plural of a value's words.
func several(words string) string {
	if strings.HasPrefix(words, "list ") {
		return strings.Replace(words, "list ", "lists ", 1)
	}
	return strings.Replace(words, "number", "numbers", 1)
}

// codes returns names as code.
func codes(names []any) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("`%v`", n)
	}
	return strings.Join(list, ", ")
}

// text says what a string may be.
func text(schema map[string]any) string {
	pattern, _ := schema["pattern"].(string)
	switch {
	case pattern == "":
		return "text"
	case regexp.MustCompile(pattern).MatchString("5%"):
		return "share, as 5%"
	default:
		return "name"
	}
}

// number says what a number may be.
func number(kind string, schema map[string]any) string {
	words := map[string]string{"integer": "whole number", "number": "number"}[kind]
	bound := func(key, word string) bool {
		x, ok := schema[key].(float64)
		if ok {
			words += word + strconv.FormatFloat(x, 'f', -1, 64)
		}
		return ok
	}
	if !bound("minimum", " from ") {
		bound("exclusiveMinimum", " above ")
	}
	if !bound("maximum", " to ") {
		bound("exclusiveMaximum", ", below ")
	}
	return words
}
