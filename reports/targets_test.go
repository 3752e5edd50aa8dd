package reports

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
)

// TestOtherTargets: a page of several targets tells the choice of each, and compares a setting with the best of its target.
func TestOtherTargets(t *testing.T) {
	t.Parallel()
	sweep := sweepOf(t, parse(t, strings.Replace(twoMoons, "target: {name: moons, noise: 0.05}", "target: [moons, circles]", 1)))
	p := pageOf(t, sweep)
	p.Targets = sweep.Spec.Choose.ByTarget(p.Summaries, func(int) string { return "a setting" })
	p.Choice = p.Targets[0].Choice
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	circles := p.Targets[1]
	want := "For circles: " + r.labels.Setting(circles.Chosen) + ", with mmd "
	if got := r.otherTargets(); len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.Contains(got[0], "per sample. It is the ") {
		t.Errorf("the other target: %q, want it to begin with %q", got, want)
	}
	if got := r.verdict().Sentence; !strings.HasPrefix(got, "For moons: chosen: ") {
		t.Errorf("the verdict is %q", got)
	}
	var chosen []int
	for i := range p.Summaries {
		if r.row(i).Chosen {
			chosen = append(chosen, i)
		}
	}
	if !slices.Equal(chosen, []int{p.Choice.Chosen, circles.Chosen}) || r.behind(circles.Best).Text != "lowest" {
		t.Errorf("marked as chosen are %v, and the best circles are behind by %q", chosen, r.behind(circles.Best).Text)
	}
	r.Targets[1] = experiments.TargetChoice{Settings: circles.Settings, Err: errors.New("no setting finished")}
	if got := r.otherTargets(); len(got) != 1 || got[0] != "For circles nothing was chosen: no setting finished." {
		t.Errorf("without a choice: %q", got)
	}
}
