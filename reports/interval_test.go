package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
)

func TestIntervalNote(t *testing.T) {
	t.Parallel()
	r := report{Page: Page{Sweep: experiments.Sweep{Spec: experiments.Spec{Metrics: metric.Metrics}}}}
	st := experiments.Stat{N: 5, SeedLow: .0260, SeedHigh: .0309}
	for name, want := range map[string]string{
		"sliced-w2":   "the mean: another training, other noise, another reference. The 5 seeds alone read 0.0260 to 0.0309",
		"path-rmse":   "the mean: another training, other noise. The 5 seeds",
		"excess-loss": "the mean: another training, other test points. The 5 seeds",
	} {
		if st.Name = name; !strings.Contains(r.intervalNote(st), want) {
			t.Errorf("%s: got %q, want %q in it", name, r.intervalNote(st), want)
		}
	}
	st.N = 1
	if got := r.intervalNote(st); got != "One seed gives no interval" {
		t.Errorf("one seed: %q", got)
	}
}
