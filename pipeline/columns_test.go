package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/pipeline/command"
)

// TestPlanConditions: a plan says what models are conditional on, each once, with the shares of classes and the ranges of numbers.
func TestPlanConditions(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "doses.csv"), []byte("dose,width\n0.5,1\n2,3\n8,2\n4,4\n1,1\n3,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{name: gaussians, count: 4, label: component}": "component, one of 4 classes: 0 (25 %), 1 (25 %), 2 (25 %), 3 (25 %)",
		"linear-gaussian": "x (mean -1, standard deviation 1.14)",
		"{file: doses.csv, condition: [dose], holdout: 0}": "dose from 0.5 to 8",
	} {
		spec, err := command.ParserIn(folder).Parse("spec.yaml", []byte("name: words\ntrain: {drop: [0.1, 0.2]}\nsample: {guidance: [0, 2], steps: [1, 2]}\ntarget: "+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		p := planConditions(spec)
		if got := strings.Join(p.On, "; "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if len(p.Drop) != 2 || p.weights() != "w = 0, 2 in u_w = u_none + w (u_c - u_none)" {
			t.Errorf("%s: drops %v, %s", text, p.Drop, p.weights())
		}
	}
	spec, err := command.ParserIn(folder).Parse("spec.yaml", []byte("name: plain\ntarget: moons\n"))
	if err != nil || planConditions(spec) != nil {
		t.Errorf("moons without a label: %+v, %v", planConditions(spec), err)
	}
}
