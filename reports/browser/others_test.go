package browser_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline"
	"flowsweep/reports/index"
)

// TestOtherPages checks that the list of sweeps and a comparison have no faults of accessibility, that all their texts can be read, and
// that they are as wide as the window.
func TestOtherPages(t *testing.T) {
	t.Parallel()
	program := axe(t)
	for name, page := range map[string]func(t *testing.T) string{"list": listPage, "comparison": comparisonPage} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := open(t, page(t), looks[0])
			unfold(t, tab)
			for _, v := range looks {
				t.Run(fmt.Sprintf("%d px, dark %t", v.Width, v.Dark), func(t *testing.T) {
					look(t, tab, v)
					for _, f := range faults(t, tab, program) {
						t.Error(f)
					}
					if texts := value[contrasts](t, tab, "(() => {"+contrast+"return contrast.texts(); })()"); len(texts.Poor) > 0 || texts.Count < 10 {
						t.Errorf("of %d texts %d are hard to read: %s", texts.Count, len(texts.Poor), texts)
					}
					if wide := value[int](t, tab, "document.documentElement.scrollWidth"); wide > v.Width {
						t.Errorf("the page is %d px wide", wide)
					}
				})
			}
		})
	}
}

// listPage returns the file of a list of sweeps in all states.
func listPage(t *testing.T) string {
	t.Helper()
	page, err := index.Render([]index.Sweep{
		{
			Name: "done", Report: "done/report.html", State: experiments.Finished, Started: time.Date(2026, 3, 14, 23, 0, 0, 0, time.UTC), Targets: []string{"moons"}, Runs: 9, Finished: 9,
			Choices: []index.Choice{{Setting: "heun · 4 steps", Metric: "mmd", Mean: experiments.Interval{Mean: .01, Low: .009, High: .011}, NFE: 8, Verdict: "pass"}},
		},
		{Name: "half", State: experiments.Killed, Runs: 1200, Finished: 7, Failed: 2},
		{Name: strings.Repeat("a-long-name-", 9), State: experiments.Running, Runs: 4},
		{Name: "odd", Problem: "no JSON"},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// comparisonPage returns the file of a comparison of a small sweep and one with other pairs.
func comparisonPage(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, coupling := range map[string]string{"alone": "independent", "paired": "ot"} {
		spec := filepath.Join(folder, name+".yaml")
		text := "name: " + name + "\ncoupling: " + coupling + sweeps[0].spec
		if err := os.WriteFile(spec, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		command(t, "sweep", spec, "--db", filepath.Join(folder, "runs.db"), "--out", filepath.Join(folder, name))
	}
	command(t, "compare", "alone", "paired", "--db", filepath.Join(folder, "runs.db"), "--out", folder)
	return filepath.Join(folder, "comparison.html")
}

// command runs a command of the program.
func command(t *testing.T, line ...string) {
	t.Helper()
	var said bytes.Buffer
	if code := pipeline.Main(line, strings.NewReader(""), io.Discard, &said); code != 0 {
		t.Fatalf("%s: exit code %d: %s", line[0], code, &said)
	}
}
