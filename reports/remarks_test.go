package reports

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments"
)

// Tags and notes stand beside the settings, and tags beside the runs that have them, also through their fit or sweep.
func TestRemarks(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	if html := render(t, p); strings.Contains(html, "Tags and notes") || strings.Contains(html, ">tags<") {
		t.Error("a page without tags and notes has a place for them")
	}
	run, fit := p.Sweep.Results[0].Run, p.Sweep.Results[0].Fit
	p.Sweep.SetRemarks([]experiments.Remark{
		{Kind: "sweep", Key: p.Sweep.Name, Tags: []string{"paper"}},
		{Kind: "run", Key: run, Tags: []string{"1e5", "good"}, Note: "the run of figure 3"},
		{Kind: "fit", Key: fit, Tags: []string{"good"}, Note: "diverged once"},
	})
	p.Sweep.SetAliases(map[string][]string{run: {"champion"}, p.Sweep.Results[1].Run: {"canary", "old"}})
	html := render(t, p)
	for _, want := range []string{
		"<td>two-moons</td><td></td><td>paper</td>",
		"<code>" + run + "</code></td><td>width 32 · euler · 1 step, seed 0</td><td>@champion, 1e5, good</td><td class=\"words\">the run of figure 3</td>",
		"<code>" + fit + "</code></td><td>width 32, seed 0</td><td>good</td><td class=\"words\">diverged once</td>",
		"<td>@champion, 1e5, good, paper</td>", // of the run: its own, its fit's and its sweep's
		"<td>@canary, @old</td><td class=\"words\"></td>",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if got, want := strings.Count(html, "<td>paper</td><td class=\"n\">"), maxRuns-20; got != want {
		t.Errorf("%d runs with the tag of the sweep alone, want %d, all that are listed but those of the tagged fit", got, want)
	}
	var many []experiments.Remark
	for i := range maxRemarks + 3 {
		many = append(many, experiments.Remark{Kind: "run", Key: fmt.Sprint("run", i), Note: "n"})
	}
	p.Sweep.SetRemarks(many)
	if html := render(t, p); !strings.Contains(html, "3 more are in the CSV") || strings.Contains(html, ">run100<") {
		t.Error("the list does not end after its longest length")
	}
}
