package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	p := fullPage(t)
	html := render(t, p)
	for _, want := range []string{"<dt>On fresh points</dt><dd>mmd 0.00040 [0.00020, 0.00060], sliced-w2 0.0210 [0.0170, 0.0250]", "mmd on fresh points", "<dt>Fresh points</dt>"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing", want)
		}
	}
	p.Fresh = experiments.Fresh{}
	if html := render(t, p); strings.Contains(strings.ToLower(html), "fresh points") {
		t.Error("a page without fresh figures mentions them")
	}
}

// TestErrorSplit checks the sentence on the parts of the metric of the choice.
func TestErrorSplit(t *testing.T) {
	t.Parallel()
	share := func(solver, net float64) experiments.Share {
		return experiments.Share{Metric: "sliced-w2", Solver: solver, Net: net, Floor: .01, Noise: .001}
	}
	for name, c := range map[string]struct {
		shares []experiments.Share // of the seeds
		want   string
	}{
		"the net's":        {[]experiments.Share{share(.001, .02), share(.001, .04)}, "0.0100 is the noise floor, 0.030 ± 0.010 is the net’s and 0.00100 the solver’s."},
		"within the noise": {[]experiments.Share{share(0, .0001), share(0, .0001)}, "the solver’s. Both are within the noise."},
		"unknown":          {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "mmd, sliced-w2", "sliced-w2", 1))))
			chosen := &p.Summaries[p.Choice.Chosen]
			for i := range chosen.Runs {
				chosen.Runs[i].Shares = nil
				if i < len(c.shares) {
					chosen.Runs[i].Shares = c.shares[i : i+1]
				}
			}
			r, err := newReport(p)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.errorSplit(); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}
