// Package schemas holds the JSON Schemas (draft-07) of what the commands print with --json.
//
//	schema, ok := schemas.Of("runs")
//
// They are made from the types that are printed: `task golden` writes them.
package schemas

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.json
var files embed.FS

// ending is that of the files' names.
const ending = ".json"

// Names returns the names of all schemas, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("schemas: " + err.Error()) // they are part of the program
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ending)
	}
	slices.Sort(names) // a-b.json comes before a.json
	return names
}

// Of returns the schema of a name, and whether there is one.
func Of(name string) (schema []byte, ok bool) {
	schema, err := files.ReadFile(name + ending)
	return schema, err == nil
}
