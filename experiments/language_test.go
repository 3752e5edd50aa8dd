package experiments

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestSchemaGolden(t *testing.T) {
	const file = "spec.schema.json"
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what Schema returns: run `go test ./experiments -run TestSchemaGolden -update`", file)
	}
}

// TestSpecsAreValid checks that the schema and Parse accept the specs of this repository.
func TestSpecsAreValid(t *testing.T) {
	schema := compiled(t)
	files, err := filepath.Glob("specs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d specs, %v: want some", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(plain(t, text)); err != nil {
			t.Errorf("%s: the schema rejects it: %v", file, err)
		}
		beside := Parser{Open: func(path string) ([]byte, error) { return os.ReadFile(filepath.Join("specs", path)) }}
		spec, err := beside.Parse(file, text)
		if err != nil {
			t.Errorf("Parse: %v", err)
		}
		if want := spec.Name + ".yaml"; filepath.Base(file) != want {
			t.Errorf("%s holds the sweep %s: want it in %s", file, spec.Name, want)
		}
	}
}

// TestSchemaAgreesWithParse checks that the schema and Parse accept the same texts.
func TestSchemaAgreesWithParse(t *testing.T) {
	schema := compiled(t)
	p := folder(map[string]string{"people.csv": people, "plain.csv": strings.Repeat("1,2\n3,4\n5,7\n", 5)}, nil)
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"only what is required", "{name: a, target: moons}", true},
		{"names as mappings", "{name: a, target: {name: moons}, path: {name: condot}, metrics: [{name: mmd}]}", true},
		{"one value for a list", "{name: a, target: moons, metrics: mmd, seeds: [7]}", true},
		{"whole float", "{name: a, target: moons, train: {steps: 1e4}}", true},
		{"lists of everything", "{name: [moons], target: moons}", false},
		{"swept mappings", "{name: a, target: [moons, {name: gaussians, std: [0.1, 0.2]}], net: [{width: 8}, {width: [9, 10]}]}", true},
		{"means", "{name: a, target: {name: gaussians, means: [[0, 0], [1, 1]]}}", true},
		{"swept means", "{name: a, target: {name: gaussians, means: [[[0, 0]], [[1, 1]]]}}", true},
		{"no name", "{target: moons}", false},
		{"no target", "{name: a}", false},
		{"unknown key", "{name: a, target: moons, colour: red}", false},
		{"unknown solver", "{name: a, target: moons, sample: {solver: rk5}}", false},
		{"unknown target", "{name: a, target: mons}", false},
		{"another family's parameter", "{name: a, target: {name: moons, std: 1}}", false},
		{"target without a name", "{name: a, target: {noise: 1}}", false},
		{"zero width", "{name: a, target: moons, net: {width: 0}}", false},
		{"zero rate", "{name: a, target: moons, train: {rate: 0}}", false},
		{"half a step", "{name: a, target: moons, sample: {steps: 1.5}}", false},
		{"number as text", "{name: a, target: moons, sample: {steps: '4'}}", false},
		{"empty list", "{name: a, target: moons, net: {width: []}}", false},
		{"no baselines", "{name: a, target: moons, baselines: []}", true},
		{"some baselines", "{name: a, target: moons, baselines: [truth, {name: kde}]}", true},
		{"unknown baseline", "{name: a, target: moons, baselines: [parzen]}", false},
		{"same value twice", "{name: a, target: moons, net: {width: [8, 8]}}", false},
		{"list within a list", "{name: a, target: moons, net: {width: [[8]]}}", false},
		{"list where one value belongs", "{name: a, target: moons, reference: {count: [2, 3]}}", false},
		{"reference of one", "{name: a, target: moons, reference: {count: 1}}", false},
		{"empty value", "{name: a, target: moons, net: {width: null}}", false},
		{"a name in another script", "{name: größe-月, target: moons}", true},
		{"name with a mark that editions have", "{name: a@1, target: moons}", false},
		{"a place for anchors", "{x-nets: &n {width: 8}, name: a, target: moons, net: *n}", true},
		{"such a key elsewhere", "{name: a, target: moons, net: {x-width: 8}}", false},
		{"merge keys", "{x-nets: &n {width: 8}, name: a, target: moons, net: {<<: *n, depth: 2}}", true},
		{"a wrong key merged", "{x-nets: &n {widht: 8}, name: a, target: moons, net: {<<: *n, depth: 2}}", false},
		{"name with a space", "{name: a b, target: moons}", false},
		{"no seeds", "{name: a, target: moons, seeds: 0}", false},
		{"negative seed", "{name: a, target: moons, seeds: [-1]}", false},
		{"means and count", "{name: a, target: {name: gaussians, count: 2, means: [[0, 0], [1, 1]]}}", false},
		{"share in percent", "{name: a, target: moons, choose: {within: 2.5%}}", true},
		{"share as a number", "{name: a, target: moons, choose: {rule: within, within: 0.05}}", true},
		{"share as text", "{name: a, target: moons, choose: {within: '0.05'}}", false},
		{"negative share", "{name: a, target: moons, choose: {within: -5%}}", false},
		{"share of nothing", "{name: a, target: moons, choose: {within: '%'}}", false},
		{"confidence of one", "{name: a, target: moons, choose: {confidence: 1}}", false},
		{"unknown rule", "{name: a, target: moons, choose: {rule: luckiest}}", false},
		{"negative budget", "{name: a, target: moons, choose: {max-nfe: -1}}", false},
		{"not a mapping", "[name, target]", false},
		{"a file", "{name: a, target: {file: people.csv}}", true},
		{"a file by name", "{name: a, target: {name: file, file: people.csv, columns: weight, standardise: false, noise: 0.1, holdout: 0.5}}", true},
		{"swept data", "{name: a, target: {file: people.csv, columns: [[weight], ['height (cm)']], standardise: [true, false]}}", true},
		{"columns by number", "{name: a, target: {file: plain.csv, columns: [1, 0]}}", true},
		{"a file as a source", "{name: a, target: {file: people.csv}, source: {file: plain.csv, noise: 1}}", true},
		{"a name alone of what needs a file", "{name: a, target: file}", false},
		{"a mapping without the file it needs", "{name: a, target: {name: file, columns: [weight]}}", false},
		{"labels", "{name: a, target: {file: plain.csv, label: 1}}", true},
		{"a label and a condition", "{name: a, target: {file: people.csv, label: who, condition: [weight]}}", false},
		{"guidance", "{name: a, target: {name: gaussians, label: component}, train: {drop: 0.1}, sample: {guidance: [0, 1, 2], label: all}}", true},
		{"a class by number", "{name: a, target: {name: gaussians, label: component}, sample: {label: 3}}", true},
		{"guidance in words", "{name: a, target: {name: gaussians, label: component}, sample: {guidance: strong}}", false},
		{"all rows held out", "{name: a, target: {file: people.csv, holdout: 1}}", false},
		{"a flag that is a word", "{name: a, target: {file: people.csv, standardise: sometimes}}", false},
		{"a source that is standardised", "{name: a, target: moons, source: {file: plain.csv, standardise: true}}", false},
		{"no columns", "{name: a, target: {file: people.csv, columns: []}}", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := schema.Validate(plain(t, []byte(c.text))); (err == nil) != c.ok {
				t.Errorf("schema: got %v, want accepted: %v", err, c.ok)
			}
			if _, err := p.Parse("a.yaml", []byte(c.text)); (err == nil) != c.ok {
				t.Errorf("Parse: got %v, want accepted: %v", err, c.ok)
			}
		})
	}
}

// compiled returns the schema, which is checked against the schema of schemas.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spec.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("spec.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plain returns the JSON values of a YAML text.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Load(text, &v); err != nil {
		t.Fatal(err)
	}
	as, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(as))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
