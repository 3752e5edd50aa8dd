package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
)

// TestBaselinesInTheLeaderboard: a baseline stands where its mean belongs, marked, without what belongs to a net; one that
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
	at := 1 // of sliced-w2
	var names []string
	for i, row := range b.Rows {
		if len(row.Cells) != len(b.Head) {
			t.Errorf("%s: %d cells under %d heads", row.Label, len(row.Cells), len(b.Head))
		}
		if row.Baseline {
			names = append(names, row.Label)
			if row.Label == "kde" && (sortKey(b.Rows[i-1].Cells[at]) > .1 || sortKey(b.Rows[i+1].Cells[at]) < .1) {
				t.Errorf("kde stands between %+v and %+v", b.Rows[i-1].Cells[at], b.Rows[i+1].Cells[at])
			}
			if noise := row.Cells[at].InNoise; noise != (row.Label == "truth") {
				t.Errorf("%s: in the noise is %v", row.Label, noise)
			}
		}
	}
	if got := strings.Join(names, " "); got != "truth kde resample" || !b.Rows[len(b.Rows)-1].Baseline || len(b.Rows) != len(page.Summaries)+3 {
		t.Errorf("the order is %s, in %d rows", got, len(b.Rows))
	}
	html := render(t, page)
	for _, text := range []string{`kde <b class="mark">baseline</b>`, "<dt>Baseline truth</dt>", "come from no net"} {
		if !strings.Contains(html, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if plain := render(t, pageOf(t, sweepOf(t, parse(t, twoMoons)))); strings.Contains(plain, "aseline") {
		t.Error("a page without baselines speaks of them")
	}
}
