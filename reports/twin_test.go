package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
)

// TestTwinSentence: each case of what the verdict says of the sampler file.
func TestTwinSentence(t *testing.T) {
	t.Parallel()
	sweep := sweepOf(t, parse(t, "name: a\ntarget: moons\nseeds: 3\nsample: {solver: [heun, bosh3], steps: 4, tolerance: 0.01}\nmetrics: [sliced-w2, excess-loss]\n"))
	summaries := sweep.Summaries()
	fixed, adaptive := summaries[0], summaries[1]
	twin := adaptive
	twin.NFE = 12
	twin.Setting.Sample, _ = adaptive.Setting.Sample.Twin(15.5)
	along := adaptive
	along.Setting.Sample.Path = flow.Path{Name: "cosine"}
	for name, c := range map[string]struct {
		chosen int
		of     experiments.Summary
		twin   *experiments.Summary
		want   []string // nil: nothing is said
	}{
		"nothing chosen": {-1, adaptive, nil, nil},
		"fixed steps":    {0, fixed, nil, nil},
		"no file":        {0, along, nil, nil},
		"not measured":   {0, adaptive, nil, []string{"bosh3, tolerance 0.01", "not measured yet"}},
		"measured": {0, adaptive, &twin, []string{
			"The file is its fixed-step twin (bosh3-fixed, 4 steps), at 12 velocity calls per sample", "sliced-w2", " instead of ",
		}},
	} {
		r := report{Page: Page{Sweep: sweep, Summaries: []experiments.Summary{c.of}, Twin: c.twin}, chosen: c.chosen}
		got := r.twin()
		if (got == "") != (c.want == nil) || strings.Contains(got, "excess-loss") {
			t.Errorf("%s: %q", name, got)
		}
		for _, part := range c.want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q lacks %q", name, got, part)
			}
		}
		if (r.twinTable() != nil) != (c.twin != nil) || (len(r.twinFact("sliced-w2")) > 0) != (c.twin != nil) || r.twinFact("excess-loss") != nil {
			t.Errorf("%s: table %v, fact %v", name, r.twinTable(), r.twinFact("sliced-w2"))
		}
	}
}
