package ship

import (
	"math"
	"testing"

	"flowsweep/experiments"
)

func TestOriginSaysWhatAllSeedsHave(t *testing.T) {
	t.Parallel()
	o := origin{
		sweep: experiments.Sweep{Name: "ring", Results: []experiments.Result{{Run: "b"}, {Run: "a"}}},
		setting: experiments.Summary{Runs: make([]experiments.Result, 3), Metrics: []experiments.Stat{
			{Name: "mmd", Mean: .25, Low: .2, High: .3, N: 3}, {Name: "w2", Mean: 1, Low: math.NaN(), High: math.NaN(), N: 1},
		}},
	}
	got := o.properties()
	for key, want := range map[string]string{
		"sweep": "ring", "seeds": "3", "metric.mmd.seeds": "mean 0.25 [0.2, 0.3] of 3", "metric.w2.seeds": "mean 1 of 1",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if other := specKey([]experiments.Result{{Run: "a"}, {Run: "b"}}); got["spec"] != other || len(other) != 16 {
		t.Errorf("the key of the spec is %q in one order of the runs and %q in another", got["spec"], other)
	}
	if got["spec"] == specKey([]experiments.Result{{Run: "ab"}}) {
		t.Error("other runs have the same key")
	}
	if len(origin{}.properties()) > 0 {
		t.Error("a run by itself has a sweep")
	}
}

func TestDataHash(t *testing.T) {
	t.Parallel()
	if got := dataHash(map[string]any{"name": "file", "sha256": "0f"}); got != "0f" {
		t.Errorf("%q", got)
	}
	if got := dataHash(map[string]any{"name": "moons"}) + dataHash("moons"); got != "" {
		t.Errorf("what is no data has the hash %q", got)
	}
}
