// The program in this folder makes schemas.json from the OpenAPI specification of a Kubernetes release:
//
//	go run ./testdata/kubernetes
//
// It keeps the definitions that the kinds in experiments/machines reach, without their descriptions, and makes them strict: fields that
// the specification does not name are refused.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The release, and its checksum as in a go.sum. The Go module of Kubernetes holds the specification.
const (
	module  = "k8s.io/kubernetes"
	release = "v1.34.4"
	sum     = "h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk="
)

// kinds are the definitions that documents may be of.
var kinds = []string{
	"io.k8s.api.core.v1.ConfigMap", "io.k8s.api.core.v1.PersistentVolumeClaim", "io.k8s.api.core.v1.Pod", "io.k8s.api.core.v1.Secret",
	"io.k8s.api.core.v1.Service", "io.k8s.api.batch.v1.Job", "io.k8s.api.networking.v1.NetworkPolicy",
}

// definition is a schema of the specification, with the keywords that it uses.
type definition struct {
	Type                 string                `json:"type"`
	Format               string                `json:"format"`
	Ref                  string                `json:"$ref"`
	Properties           map[string]definition `json:"properties"`
	Items                *definition           `json:"items"`
	AdditionalProperties *definition           `json:"additionalProperties"`
	Required             []string              `json:"required"`
	Kinds                []kind                `json:"x-kubernetes-group-version-kind"`
}

type kind struct{ Group, Version, Kind string }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := specification()
	if err != nil {
		return err
	}
	var all struct{ Definitions map[string]definition }
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("read the specification: %w", err)
	}
	reached := map[string]any{}
	for _, name := range kinds {
		if err := reach(all.Definitions, name, reached); err != nil {
			return err
		}
	}
	return os.WriteFile("testdata/kubernetes/schemas.json", written(reached), 0o644)
}

// specification returns the text of the specification, from the module cache.
func specification() ([]byte, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module+"@"+release)
	cmd.Dir = os.TempDir() // outside of any module
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("download %s@%s: %w: %s", module, release, err, out)
	}
	var got struct{ Dir, Sum string }
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, err
	}
	if got.Sum != sum {
		return nil, fmt.Errorf("%s@%s has the checksum %s, not %s", module, release, got.Sum, sum)
	}
	return os.ReadFile(filepath.Join(got.Dir, "api", "openapi-spec", "swagger.json"))
}

// reach adds the strict form of a definition and of all that it refers to.
func reach(all map[string]definition, name string, reached map[string]any) error {
	if _, ok := reached[name]; ok {
		return nil
	}
	d, ok := all[name]
	if !ok {
		return fmt.Errorf("the specification has no %s", name)
	}
	var refers []string
	form := strict(d, &refers)
	if slices.Contains(kinds, name) {
		fix(form, d.Kinds[0])
	}
	reached[name] = form
	for _, other := range refers {
		if err := reach(all, other, reached); err != nil {
			return err
		}
	}
	return nil
}

// strict returns a definition as a JSON schema that refuses unknown fields, and appends what it refers to.
func strict(d definition, refers *[]string) map[string]any {
	if name, ok := strings.CutPrefix(d.Ref, "#/definitions/"); ok {
		*refers = append(*refers, name)
		return map[string]any{"$ref": d.Ref}
	}
	form := map[string]any{"type": d.Type}
	if d.Format == "int-or-string" {
		form["type"] = []string{"integer", "string"} // as the API server takes it; OpenAPI 2 cannot say so
	}
	if d.Items != nil {
		form["items"] = strict(*d.Items, refers)
	}
	if d.AdditionalProperties != nil {
		form["additionalProperties"] = strict(*d.AdditionalProperties, refers)
	}
	if len(d.Properties) > 0 {
		fields := map[string]any{}
		for name, p := range d.Properties {
			fields[name] = strict(p, refers)
		}
		form["properties"], form["additionalProperties"] = fields, false
	}
	if len(d.Required) > 0 {
		form["required"] = d.Required
	}
	return form
}

// fix lets a document have the names of its kind alone, and wants them.
func fix(form map[string]any, k kind) {
	version := strings.TrimPrefix(k.Group+"/"+k.Version, "/")
	fields := form["properties"].(map[string]any)
	fields["apiVersion"], fields["kind"] = map[string]any{"const": version}, map[string]any{"const": k.Kind}
	form["required"] = []string{"apiVersion", "kind", "metadata"}
}

// written returns the file: a schema for a document of any of the kinds, one definition a line.
func written(reached map[string]any) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"$schema\": \"http://json-schema.org/draft-07/schema#\",\n\"$comment\": %q,\n\"definitions\": {", module+" "+release+" (Apache-2.0), made strict by make.go")
	for i, name := range slices.Sorted(maps.Keys(reached)) {
		line, err := json.Marshal(reached[name])
		if err != nil {
			panic(err) // maps, lists and texts only
		}
		fmt.Fprintf(&b, "%s\n%q: %s", map[bool]string{true: ","}[i > 0], name, line)
	}
	b.WriteString("}}\n")
	return b.Bytes()
}
