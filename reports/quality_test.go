package reports

import (
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
)

func TestBest(t *testing.T) {
	name := func(s series) string { return s.recipe }
	list := []series{
		{recipe: "a", points: []point{{mean: 3}}},
		{recipe: "b", points: []point{{mean: 2}}},
		{recipe: "a", points: []point{{mean: 1}}},
		{recipe: "c", points: []point{{mean: 9}}},
	}
	kept, dropped := best(list, name, 2)
	if got := strings.Join(distinct(kept, name), ""); got != "ab" || dropped != 1 || len(kept) != 3 {
		t.Errorf("kept %q in %d series and dropped %d, want ab in 3 and 1", got, len(kept), dropped)
	}
}

// TestNonPositive checks that a mean that a logarithmic axis cannot show is drawn open at the lower edge, and mentioned.
func TestNonPositive(t *testing.T) {
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	before := r.quality("mmd", byCalls)
	if strings.Contains(before.Caption, "0 or less") || strings.Contains(string(before.Drawings[0]), "≤ 0") {
		t.Fatal("the figure mentions means of 0 or less, but there are none")
	}
	p.Summaries[4].Metrics[0] = experiments.Stat{Name: "mmd", Mean: -2e-5, Low: -5e-5, High: 1e-5, N: 3}
	p.Summaries[5].Metrics[0] = experiments.Stat{Name: "mmd", Mean: math.NaN(), Low: math.NaN(), High: math.NaN(), N: 3}
	after := r.quality("mmd", byCalls)
	if !strings.Contains(after.Caption, "0 or less") || !strings.Contains(string(after.Drawings[0]), "≤ 0") {
		t.Error("the figure does not say where a mean of 0 or less is drawn")
	}
	if !strings.Contains(after.Caption, "1 setting is left out") {
		t.Error("the figure does not say that a mean of NaN is left out")
	}
}

// TestFrontUntuned checks that a figure draws the front of the settings that need no tuning where some do, and that a tuned setting,
// though lower and cheaper than all others, is on the other front alone.
func TestFrontUntuned(t *testing.T) {
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	if fig := r.quality("mmd", byCalls); strings.Contains(fig.Caption, "tuning") {
		t.Errorf("the figure mentions tuning, and no setting needs it: %q", fig.Caption)
	}
	const tuned = 0
	p.Summaries[tuned].NFE, p.Summaries[tuned].Setting.Sample.Solver.Fitted = 1, true
	p.Summaries[tuned].Metrics[0] = experiments.Stat{Name: "mmd", Mean: 1e-9, Low: 1e-9, High: 1e-9, N: 3}
	list, _ := r.series("mmd", byCalls)
	only := func(fronts map[string][]point) []point { return fronts[list[0].target] }
	if front := only(r.markFront("mmd", byCalls, list)); len(front) != 1 || front[0].setting != tuned {
		t.Errorf("the front is %v, want the tuned setting alone", front)
	}
	untuned := only(r.frontsUntuned("mmd", byCalls, list))
	if len(untuned) == 0 || untuned[0].setting == tuned {
		t.Errorf("the front without tuning is %v, want others", untuned)
	}
	fig := r.quality("mmd", byCalls)
	if legend := fig.Legend; !strings.Contains(fig.Caption, "dashed steps") || !slices.ContainsFunc(legend, func(e figure.Entry) bool { return e.Swatch == untunedSwatch }) {
		t.Errorf("the figure does not explain the front without tuning: %q", fig.Caption)
	}
	if r.frontsUntuned("mmd", bySize, list) != nil {
		t.Error("a figure against the size of the net has a front without tuning")
	}
}

// TestTies checks that settings tied with the best are named in the verdict, marked in the leaderboard and ringed in the
// figures of the metric of the choice, and that nothing is marked if there is no tie.
func TestTies(t *testing.T) {
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	p.Choice.Chosen, p.Choice.Best, p.Choice.Tied = 3, 7, []int{3, 7, 9}
	p.Choice.Margins[9].Mean = .125
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	names := r.verdict().Tied
	for i := range p.Summaries {
		tied := i == 3 || i == 7 || i == 9
		if got := r.row(i).Tied; got != tied {
			t.Errorf("setting %d is marked: %v, want %v", i, got, tied)
		}
		if tied && !strings.Contains(names, r.labels.Setting(i)) {
			t.Errorf("the verdict does not name %s as tied: %q", r.labels.Setting(i), names)
		}
	}
	if !strings.Contains(render(t, p), names) {
		t.Errorf("the page does not show %q", names)
	}
	if c := r.behind(9); !strings.HasPrefix(c.Text, "0.12") || r.behind(7).Text != "lowest" {
		t.Errorf("behind the best: %q and %q", c.Text, r.behind(7).Text)
	}
	ringed := r.quality("mmd", byCalls)
	if !strings.Contains(ringed.Caption, "Thin rings") {
		t.Errorf("the figure does not mention the ties: %q", ringed.Caption)
	}
	if c := r.quality("sliced-w2", byTime).Caption; strings.Contains(c, "Thin rings") || !strings.Contains(c, "milliseconds") {
		t.Errorf("the figure of another metric mentions ties, or does not mention time: %q", c)
	}
	r.Choice.Tied = []int{3}
	plain := r.quality("mmd", byCalls)
	if r.verdict().Tied != "" || strings.Contains(plain.Caption, "Thin rings") {
		t.Error("a choice without ties names some")
	}
	const thin = "stroke-width:0.6" // of a ring
	if with, without := strings.Count(string(ringed.Drawings[0]), thin), strings.Count(string(plain.Drawings[0]), thin); with <= without {
		t.Errorf("%d thin lines with ties, %d without: no ring is drawn", with, without)
	}
}
