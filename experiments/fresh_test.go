package experiments_test

import (
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
)

// figure returns a figure of fresh points.
func figure(mean, low, high experiments.Number) experiments.FreshFigure {
	return experiments.FreshFigure{Interval: experiments.Interval{Mean: mean, Low: low, High: high}, P: .5}
}

// TestFresh checks that figures are in the order of the spec, and that those of another choice are recognised.
func TestFresh(t *testing.T) {
	t.Parallel()
	spec, err := experiments.Parse("a.yaml", []byte("{name: a, target: moons, metrics: [sliced-w2, nll, mmd]}"))
	if err != nil {
		t.Fatal(err)
	}
	f := experiments.Fresh{Runs: []string{"r", "s"}, Metrics: map[string]experiments.FreshFigure{"mmd": figure(1, 0, 2), "sliced-w2": figure(3, 2, 4)}}
	chosen := experiments.Summary{Runs: []experiments.Result{{Run: "r"}, {Run: "s"}}}
	got := f.Stats(spec.Metrics)
	want := []experiments.Stat{{Name: "sliced-w2", Mean: 3, Low: 2, High: 4, N: 2}, {Name: "mmd", Mean: 1, Low: 0, High: 2, N: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !f.Covers(chosen, spec.Metrics) || f.Covers(chosen, append(spec.Metrics, metric.W2)) {
		t.Error("the figures do not cover their own setting, or cover a metric that they lack")
	}
	chosen.Runs[1].Run = "other"
	if f.Covers(chosen, spec.Metrics) {
		t.Error("the figures cover another choice")
	}
}
