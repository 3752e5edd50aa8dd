package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
)

// TestBaselinesInTheLeaderboard: baselines have a group of their own, the lowest mean first, without what belongs to a net; one that
// is not measured by the metric of the choice comes last. Means below the null's 95 % quantile, .012, are marked.
func TestBaselinesInTheLeaderboard(t *testing.T) {
	t.Parallel()
	spec := parse(t, twoMoons+"choose: {metric: sliced-w2}\nbaselines: [kde, truth, resample]\n")
	sweep := sweepOf(t, spec)
	plans, err := spec.BaselinePlans()
	if err != nil {
		t.Fatal(err)
	}
	draws := map[experiments.BaselinePlace]experiments.BaselineDraws{}
	for i, w2 := range []float64{.1, .01} {
		draws[plans[i].BaselinePlace] = experiments.BaselineDraws{0: {{Name: "sliced-w2", Value: w2}}, 1: {{Name: "sliced-w2", Value: w2}}}
	}
	draws[plans[2].BaselinePlace] = experiments.BaselineDraws{0: {{Name: "mmd", Value: 0}}}
	if err := sweep.SetBaselines(draws, nil); err != nil {
		t.Fatal(err)
	}
	page := pageOf(t, sweep)
	r, err := newReport(page)
	if err != nil {
		t.Fatal(err)
	}
	b := r.leaderboard()
	last := b.Groups[len(b.Groups)-1]
	var names []string
	for _, row := range last.Rows {
		if len(row.Cells) != len(b.Head) || !row.Baseline || row.Rank != 0 {
			t.Errorf("%s: %d cells under %d heads, rank %d", row.How, len(row.Cells), len(b.Head), row.Rank)
		}
		names = append(names, row.How)
		if noise := row.Cells[choiceColumn].InNoise; noise != (row.How == "truth") {
			t.Errorf("%s: in the noise is %v", row.How, noise)
		}
	}
	if got := strings.Join(names, " "); got != "truth kde resample" || last.Name != "Baselines" || b.Len() != len(page.Summaries)+3 {
		t.Errorf("the order is %s, in %d rows", got, b.Len())
	}
	html := render(t, page)
	for _, text := range []string{`kde <b class="mark">baseline</b>`, "<dt>Baseline truth</dt>", "Baselines come from no net", `class="c1" colspan="2">Baselines</th>`} {
		if !strings.Contains(html, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if plain := rawText.ReplaceAllString(render(t, pageOf(t, sweepOf(t, parse(t, twoMoons)))), ""); strings.Contains(plain, "aseline") {
		t.Error("a page without baselines speaks of them")
	}
}
