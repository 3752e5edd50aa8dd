package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/reports/browser"
)

// axe returns the program that looks for faults of accessibility, or skips the test.
func axe(t *testing.T) string {
	t.Helper()
	program, err := os.ReadFile(filepath.Join("testdata", "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("pages are tried with axe-core, which npm ci --ignore-scripts --prefix reports/browser/testdata/axe fetches")
	}
	return string(program)
}

// fault is what axe finds.
type fault struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

func (f fault) String() string {
	n := f.Nodes[0]
	return fmt.Sprintf("%s (%s), %d times: %s\n    %.200s\n    %s", f.ID, f.Impact, len(f.Nodes), f.Help, n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
}

// faults returns what axe finds by all its rules, those that are only advice included.
func faults(t *testing.T, tab *browser.Tab, program string) []fault {
	t.Helper()
	type result struct {
		Violations []fault
		Passes     int
	}
	found := value[result](t, tab, program+`; axe.run({ resultTypes: ["violations"] }).then((r) => ({ Violations: r.violations, Passes: r.passes.length }))`)
	if found.Passes < 3 {
		t.Errorf("axe has tried only %d rules", found.Passes)
	}
	return found.Violations
}

// TestAxe checks that axe-core finds nothing, of whatever weight, with all that is folded open.
func TestAxe(t *testing.T) {
	t.Parallel()
	program := axe(t)
	inEach(t, func(t *testing.T, tab *browser.Tab) {
		for _, f := range faults(t, tab, program) {
			t.Error(f)
		}
	})
}

// TestAxeFinds checks that faults are found.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	program := axe(t)
	tab := openText(t, `<!DOCTYPE html><html><body style="background: white"><main><h1>Faults</h1><h3>Too deep</h3><p style="color: #999">pale</p><img src="data:,"><input></main>`, browser.View{Width: 390, Height: 844})
	found := map[string]bool{}
	for _, f := range faults(t, tab, program) {
		found[f.ID] = true
	}
	for _, want := range []string{"html-has-lang", "document-title", "heading-order", "color-contrast", "image-alt", "label"} {
		if !found[want] {
			t.Errorf("axe does not find %q in a page with that fault: %v", want, found)
		}
	}
}
