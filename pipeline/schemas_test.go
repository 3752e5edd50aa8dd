package pipeline

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/schemas"
	"flowsweep/pipeline/schemas/derive"
	"flowsweep/pipeline/serve"
)

var update = flag.Bool("update", false, "rewrite the schemas of what commands print")

// forms returns what the commands print with --json, and the flags that print it.
func forms() (list []command.Form, titles []string) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, f := range command.FormsOf(c) {
			list, titles = append(list, f), append(titles, c.CommandPath()+" --json ("+f.Name+")")
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{App: &command.App{}}).root())
	return append(list, command.Form{Name: "serve-status", Of: serve.Progress{}}), append(titles, "flowsweep serve: events status of /sweep/NAME/events")
}

// TestGoldenSchemas checks that the schemas are those of the types that are printed. A field renamed, added or without its place in
// them fails here. With -update it writes them.
func TestGoldenSchemas(t *testing.T) {
	t.Parallel()
	deriver := derive.New("..")
	list, titles := forms()
	var names []string
	for i, f := range list {
		schema, err := deriver.Schema(titles[i], f.Of)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		must(t, e.Encode(schema))
		file := filepath.Join("schemas", f.Name+".json")
		if *update {
			must(t, os.WriteFile(file, text.Bytes(), 0o644))
		}
		if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, text.Bytes()) {
			t.Errorf("%s is not what %s prints (%v): see the difference after `task golden`", file, titles[i], err)
		}
		if slices.Contains(names, f.Name) {
			t.Errorf("two forms have the name %s", f.Name)
		}
		names = append(names, f.Name)
	}
	if slices.Sort(names); !*update && !slices.Equal(names, schemas.Names()) {
		t.Errorf("schemas of %q, but the commands print %q", schemas.Names(), names)
	}
}

// compiledSchemas are all schemas, by an independent reader of them.
var compiledSchemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	all := map[string]*jsonschema.Schema{}
	for _, name := range schemas.Names() {
		text, err := schemaOf(name)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(name, doc); err != nil {
			return nil, err
		}
		if all[name], err = c.Compile(name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// fits returns the names of those forms that a printed text has, or why it has none.
func fits(t *testing.T, of []command.Form, text string) (names []string, why []error) {
	t.Helper()
	all, err := compiledSchemas()
	must(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, []error{err}
	}
	for _, f := range of {
		if err := all[f.Name].Validate(value); err != nil {
			why = append(why, err)
			continue
		}
		names = append(names, f.Name)
	}
	return names, why
}

// wantForm checks that a schema allows a value, as JSON or to be printed as such.
func wantForm(t *testing.T, name string, value any) {
	t.Helper()
	text, printed := value.(string)
	if !printed {
		marshalled, err := json.Marshal(value)
		must(t, err)
		text = string(marshalled)
	}
	if _, why := fits(t, []command.Form{{Name: name}}, text); why != nil {
		t.Errorf("the schema %s does not allow %.200s: %v", name, text, why)
	}
}
