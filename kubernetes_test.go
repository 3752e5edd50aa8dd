package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowsweep/experiments"
)

// TestKubernetes checks the manifests as an API server does: by the schemas of Kubernetes, without unknown fields.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	kinds := kubernetes(t)
	for _, file := range matches(t, "*.yaml") {
		for i, doc := range documents(t, file) {
			if err := kinds.check(doc); err != nil {
				t.Errorf("%s: document %d: %v", file, i+1, err)
			}
		}
	}
	text := read(t, filepath.Join(machines, "kubernetes.yaml"))
	for _, c := range []struct{ name, old, new string }{
		{"a misspelt field", "parallelism: 50", "paralelism: 50"},
		{"a field of another object", "backoffLimit: 20", "restartPolicy: Never"},
		{"a text for a number", "parallelism: 50", "parallelism: many"},
		{"a number for a text", `cpu: "2"`, "cpu: 2"},
		{"a mapping for a list", "accessModes: [ReadWriteOnce]", "accessModes: {ReadWriteOnce: true}"},
		{"a missing field", "containerPort: 4222", "hostIP: 10.0.0.1"},
		{"another version", "apiVersion: batch/v1", "apiVersion: batch/v1beta1"},
		{"an unknown kind", "kind: Job", "kind: Jobs"},
		{"no kind", "kind: Job\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(text, c.old) {
				t.Fatalf("the manifest does not hold %q", c.old)
			}
			for _, doc := range parsed(t, strings.Replace(text, c.old, c.new, 1)) {
				if kinds.check(doc) != nil {
					return
				}
			}
			t.Errorf("%s in place of %s is accepted", c.new, c.old)
		})
	}
}

// kinds are the schemas of documents by their kinds.
type kinds map[string]*jsonschema.Schema

func kubernetes(t *testing.T) kinds {
	t.Helper()
	schemas, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, "testdata/kubernetes/schemas.json")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schemas.json", schemas); err != nil {
		t.Fatal(err)
	}
	all := kinds{}
	for name := range schemas.(map[string]any)["definitions"].(map[string]any) {
		schema, err := c.Compile("schemas.json#/definitions/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all[name[strings.LastIndex(name, ".")+1:]] = schema
	}
	return all
}

// check returns an error unless a document is what its kind allows.
func (k kinds) check(doc map[string]any) error {
	kind, _ := doc["kind"].(string)
	schema, ok := k[kind]
	if !ok {
		return fmt.Errorf("there is no kind %q", kind)
	}
	return schema.Validate(doc)
}

func TestKubernetesSpec(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t, filepath.Join(machines, "kubernetes.yaml")) {
		if doc["kind"] != "ConfigMap" {
			continue
		}
		for name, text := range doc["data"].(map[string]any) {
			spec, err := experiments.Parse(name, []byte(text.(string)))
			if err == nil {
				_, err = spec.Plan()
			}
			if err != nil {
				t.Error(err)
			}
		}
		return
	}
	t.Error("there is no spec")
}
