package experiments

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
)

// TestDivergedSettings are sweeps in which the scatter of a diverged net hid that it is far worse.
func TestDivergedSettings(t *testing.T) {
	t.Parallel()
	distance := func(nfe int, values ...float64) Summary { return summaryOf(metric.SlicedW2, nfe, 100, values...) }
	for _, c := range []struct {
		name     string
		settings []Summary
		chosen   int
		tied     string
		reason   string
	}{
		{
			"two rates, one of which diverges",
			[]Summary{distance(4, 2283, 4602, 885), distance(8, .12, .12, .13)},
			1, "[1]",
			"best of 2 settings by mean sliced-w2 over 3 seeds; no other is tied with it at 95 % confidence",
		},
		{
			"one seed diverges",
			[]Summary{distance(4, .12, .12, 2.4e33), distance(8, .12, .12, .13), distance(9, .12, .11, .12)},
			1, "[1 2]",
			"cheapest of 2 settings tied with the best (setting 2) at 95 % confidence over 3 seeds; sliced-w2 0.123, best 0.117 (0.1 to 0.126); 1 setting is left out, as a seed diverged",
		},
		{
			"one seed of every setting diverges",
			[]Summary{distance(4, .12, .12, 2e33), distance(8, .12, 90, .13)},
			1, "[1]",
			"best of 2 settings by mean sliced-w2 over 3 seeds; no other is tied with it at 95 % confidence; every setting has a diverged seed",
		},
		{
			"noisy, and the cheapest of the tied",
			[]Summary{distance(64, 1, 1.1, 1), distance(2, 2, .4, 1), distance(8, 2, 2.1, 2)},
			1, "[0 1]",
			"cheapest of 2 settings tied with the best (setting 0) at 95 % confidence over 3 seeds; sliced-w2 1.13, best 1.03 (0.947 to 1.23)",
		},
	} {
		got, err := Choose{Metric: "sliced-w2", Rule: ruleCheapestTied, Confidence: .95}.Choose(c.settings, settingName)
		if err != nil || got.Chosen != c.chosen || fmt.Sprint(got.Tied) != c.tied || got.Reason != c.reason {
			t.Errorf("%s: chose %d, tied %v, the %q (%v)\nwant %d, %s, the %q", c.name, got.Chosen, got.Tied, got.Reason, err, c.chosen, c.tied, c.reason)
		}
	}
}

func TestDiverged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		of     metric.Metric
		values []float64
		se     float64
		want   []uint64
	}{
		{"none", metric.SlicedW2, []float64{.12, .13, .11}, .01, nil},
		{"one of three", metric.SlicedW2, []float64{.12, 8e32, .11}, .01, []uint64{1}},
		{"two of five", metric.SlicedW2, []float64{.12, 8e32, .11, .13, 7}, .01, []uint64{1, 4}},
		{"not finite", metric.SlicedW2, []float64{.12, math.NaN(), math.Inf(1)}, .01, []uint64{1, 2}},
		{"a factor of nine", metric.SlicedW2, []float64{.1, .1, .9}, .01, nil},
		{"a factor of ten in a wide scatter", metric.SlicedW2, []float64{.1, 1, 11}, .01, nil},
		{"two seeds", metric.SlicedW2, []float64{.1, 100}, .01, nil},
		{"exact but one", metric.PathRMSE, []float64{0, 0, 1e-9}, math.NaN(), nil},
		{"nll", metric.NLL, []float64{2.3, 2.4, 1e9}, .02, []uint64{2}},
		{"nll near 0", metric.NLL, []float64{-.1, .02, .3}, .02, nil},
		{"nll without standard errors", metric.NLL, []float64{2.3, 2.4, 1e9}, math.NaN(), nil},
	} {
		s := summaryOf(c.of, 1, 1, c.values...)
		for i := range s.Runs {
			s.Runs[i].Metrics[0].SE = c.se
		}
		if got := s.Diverged(c.of.Name); !slices.Equal(got, c.want) {
			t.Errorf("%s: the seeds %v diverged, want %v", c.name, got, c.want)
		}
	}
}

// TestSeedsOfAStat: the scatter of the seeds stands beside the interval, which contains more than that.
func TestSeedsOfAStat(t *testing.T) {
	t.Parallel()
	st := summaryOf(metric.SlicedW2, 1, 1, .0289, .0260, .0309).Metrics[0]
	if st.SeedLow != .0260 || st.SeedHigh != .0309 || !(st.Low < st.SeedLow && st.High > st.SeedHigh) {
		t.Errorf("the seeds read %g to %g, with the interval %g to %g", st.SeedLow, st.SeedHigh, st.Low, st.High)
	}
	if none := summaryOf(metric.SlicedW2, 1, 1).Metrics[0]; !math.IsNaN(none.SeedLow) || !math.IsNaN(none.SeedHigh) {
		t.Errorf("without a seed: %+v", none)
	}
}

// netSummary returns a setting with a metric of its net alone and, if it has a name, one of its samples.
func netSummary(width, nfe int, net []float64, second string, samples []float64) Summary {
	s := summaryOf(metric.ExcessLoss, nfe, width, net...)
	s.Setting.Net.Width = width
	if m, ok := metricNamed(second); ok {
		for i := range s.Runs {
			s.Runs[i].Metrics = append(s.Runs[i].Metrics, Value{Name: second, Value: samples[i]})
		}
		s.Metrics = append(s.Metrics, s.stat(m, metric.NullNoise{}))
	}
	return s
}

// TestNetThenSampler: a metric of the net alone is equal for every solver, and would take one step of euler.
func TestNetThenSampler(t *testing.T) {
	t.Parallel()
	bad, good, fine := []float64{.68, .7, .69}, []float64{.031, .03, .032}, []float64{.031, .032, .029}
	wide, narrow := []float64{.010, .011, .012}, []float64{.5, .6, .55}
	for _, second := range []string{"sliced-w2", "path-rmse", ""} {
		settings := []Summary{
			netSummary(64, 1, wide, second, bad), netSummary(64, 8, wide, second, good), netSummary(64, 16, wide, second, fine),
			netSummary(16, 1, narrow, second, fine),
		}
		got, err := Choose{Metric: "excess-loss", Rule: ruleCheapestTied, Confidence: .95}.Choose(settings, settingName)
		if err != nil {
			t.Fatal(err)
		}
		const net = "best of 2 nets by mean excess-loss over 3 seeds; no other is tied with it at 95 % confidence. Its solver and steps are the cheapest"
		want := Choice{Chosen: 1, Best: 2, Tied: []int{1, 2}, By: []string{"excess-loss", second}}
		reason := net + " of 2 settings tied with the best (setting 2) at 95 % confidence over 3 seeds; " + second + " 0.031, best 0.0307"
		if second == "" {
			want = Choice{Chosen: 0, Best: 0, Tied: []int{0, 1, 2}, By: []string{"excess-loss"}}
			reason = net + ", as no metric of samples says which are good enough"
		}
		if got.Chosen != want.Chosen || got.Best != want.Best || !slices.Equal(got.Tied, want.Tied) || !slices.Equal(got.By, want.By) || !strings.HasPrefix(got.Reason, reason) {
			t.Errorf("by %q: got %d, best %d, tied %v, by %q, the %q\nwant %d, %d, %v, %q, the %q", second, got.Chosen, got.Best, got.Tied, got.By, got.Reason,
				want.Chosen, want.Best, want.Tied, want.By, reason)
		}
		if m := got.Margins; m[0] != (metric.Margin{}) || m[1] != m[0] || !(m[3].Low > 0) {
			t.Errorf("by %q: the margins of the nets are %+v", second, m)
		}
	}
}

// TestSamplerNeedsAMetric: a spec that chooses by a metric of the net alone, and samples a net in several ways, must say by
// what these are chosen. Specs of earlier versions are read all the same.
func TestSamplerNeedsAMetric(t *testing.T) {
	t.Parallel()
	for rest, place := range map[string]string{
		"sample: {steps: [1, 8]}\nmetrics: [excess-loss, nll]":                                      "a.yaml:4:10",
		"sample: {steps: [1, 8]}\nmetrics: [nll, npe]\nchoose: {metric: npe}":                       "a.yaml:5:18",
		"sample: {steps: [1, 8]}\nmetrics: [excess-loss, path-rmse]":                                "",
		"sample: {steps: [1, 8]}\nmetrics: [mmd-exact, excess-loss]\nchoose: {metric: excess-loss}": "",
		"sample: {steps: 8}\nmetrics: [nll]\nnet: {width: [8, 16]}":                                 "",
	} {
		text := []byte("name: a\ntarget: gaussians\n" + rest + "\n")
		_, err := Parse("a.yaml", text)
		if (err == nil) != (place == "") || err != nil && !(strings.Contains(err.Error(), place) && strings.Contains(err.Error(), "add a metric of samples, such as sliced-w2, or path-rmse to metrics")) {
			t.Errorf("%s: error %v, want one at %q", rest, err, place)
		}
		if _, err := (Parser{Stored: true}).Parse("a.yaml", text); err != nil {
			t.Errorf("%s, stored: %v", rest, err)
		}
	}
}
