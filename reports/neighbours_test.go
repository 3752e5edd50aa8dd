package reports

import (
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
)

// manyNets sweeps 18 recipes, so that a figure has no room for all.
const manyNets = `name: many
target: moons
net: {width: [16, 32, 64], depth: [2, 3]}
train: {rate: [1e-3, 3e-3, 1]}
seeds: 3
sample: {solver: [euler, heun], steps: [1, 4], count: 200}
metrics: [sliced-w2, mmd]
choose: {metric: sliced-w2}
`

// TestNeighbours: the figure of the choice shows the chosen net and those that differ from it in one value, the next one, even if others
// have lower means; other figures show the chosen net alone.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, manyNets)))
	p.Choice.Chosen = slices.IndexFunc(p.Summaries, func(s experiments.Summary) bool {
		return s.Setting.Net.Width == 16 && s.Setting.Net.Depth == 2 && s.Setting.Train.Rate == 1e-3
	})
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	all, _ := r.series("sliced-w2", byCalls)
	kept, dropped := r.shown(all, maxPanels)
	got := distinct(kept, func(s series) string { return s.recipe })
	want := []string{"width 16 · depth 2 · rate 0.001", "width 16 · depth 2 · rate 0.003", "width 16 · depth 3 · rate 0.001", "width 32 · depth 2 · rate 0.001"}
	if !slices.Equal(got, want) || dropped != 14 {
		t.Errorf("shown are %q, and %d left out, want %q and 14", got, dropped, want)
	}
	if got := r.nearest(slices.Sorted(slices.Values(distinct(all, func(s series) string { return s.recipe })))); !slices.Equal(got, want) {
		t.Errorf("the curves are of %q, want %q", got, want)
	}
	for _, f := range r.qualities() {
		want, note := 1, "17 other recipes are not drawn: shown is the chosen net."
		if f.Title == "sliced-w2 against NFE" {
			want, note = maxPanels, "14 other recipes are not drawn: shown are the chosen net and the nearest to it."
		}
		if len(f.Drawings) != want || !strings.Contains(f.Caption, note) {
			t.Errorf("%s has %d drawings, want %d, with the caption %q", f.Title, len(f.Drawings), want, f.Caption)
		}
	}
}

// TestSingleDot: a figure of one dot is a sentence.
func TestSingleDot(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, strings.NewReplacer("[32, 128]", "32", "[euler, midpoint, heun, rk4]", "heun", "[1, 2, 4, 8, 16]", "4").Replace(twoMoons))))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.qualities() {
		if len(f.Drawings) > 0 || !strings.HasPrefix(f.Caption, "There is one value to draw: ") {
			t.Errorf("%s: %d drawings, %q", f.Title, len(f.Drawings), f.Caption)
		}
	}
}
