package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
)

// summary returns a setting with the given values of mmd, one per seed.
func summary(nfe, params int, values ...float64) Summary {
	return summaryOf(metric.MMD, nfe, params, values...)
}

// summaryOf returns a setting with the given values of a metric, one per seed.
func summaryOf(m metric.Metric, nfe, params int, values ...float64) Summary {
	s := Summary{Planned: len(values), NFE: Calls(nfe), Params: params, SampleSeconds: float64(nfe)}
	s.Setting.Sample.Steps = nfe
	for seed, v := range values {
		s.Runs = append(s.Runs, Result{State: Finished, Seed: uint64(seed), Metrics: []Value{{Name: m.Name, Value: v}}})
	}
	s.Metrics = []Stat{s.stat(m, metric.NullNoise{})}
	return s
}

// shifted returns values that scatter by .01 around the mean, in another order for each turn.
func shifted(mean float64, turn int) []float64 {
	base := []float64{-.012, -.007, .001, .005, .013}
	values := make([]float64, len(base))
	for i := range values {
		values[i] = mean + base[(i+turn)%len(base)]
	}
	return values
}

func ExampleChoose_Choose() {
	settings := []Summary{
		summary(64, 9000, 1.00, 1.10, 0.92, 1.03, 0.95),
		summary(16, 9000, 1.04, 1.02, 0.99, 1.07, 0.97),
		summary(2, 9000, 2.11, 2.30, 2.05, 2.20, 2.14),
	}
	choose := Choose{Metric: "mmd", Rule: "cheapest-tied", Confidence: .95}
	choice, err := choose.Choose(settings, func(i int) string { return fmt.Sprint("NFE ", settings[i].NFE) })
	fmt.Println(choice.Chosen, choice.Tied, choice.Run.Seed, err)
	fmt.Println("the", strings.SplitN(choice.Reason, " (0.", 2)[0])
	// Output:
	// 1 [0 1] 1 <nil>
	// the cheapest of 2 settings tied with the best (NFE 64) at 95 % confidence over 5 seeds; mmd 1.02, best 1
}

// TestRules chooses among three equal settings, one that is significantly worse by 3 %, and the cheapest, worse by 50
// %.
func TestRules(t *testing.T) {
	t.Parallel()
	settings := []Summary{
		summary(64, 10, shifted(1, 0)...), summary(32, 20, shifted(1.001, 1)...), summary(32, 10, shifted(1.002, 2)...),
		summary(8, 10, shifted(1.03, 3)...), summary(1, 10, shifted(1.5, 4)...),
	}
	for _, c := range []struct {
		choose Choose
		chosen int
		best   int
		tied   string
		reason string
	}{
		{Choose{Rule: ruleBest}, 0, 0, "[0 1 2]", "best of 5 settings by mean mmd over 5 seeds; 2 others are tied with it at 95 % confidence"},
		{Choose{Rule: ruleCheapestTied}, 2, 0, "[0 1 2]", "cheapest of 3 settings tied with the best (setting 0) at 95 % confidence over 5 seeds; mmd 1, best 1 (0.988 to 1.01)"},
		{Choose{Rule: ruleCheapestTied, Within: .05}, 3, 0, "[0 1 2 3]", "cheapest of 4 settings tied with the best (setting 0) at 95 % confidence or within 5 % of it over 5 seeds; mmd 1.03, best 1 ("},
		{Choose{Rule: ruleWithin, Within: .0015}, 1, 0, "[0 1]", "cheapest of 2 settings within 0.15 % of the best (setting 0) over 5 seeds; mmd"},
		{Choose{Rule: ruleWithin, Within: .5001}, 4, 0, "[0 1 2 3 4]", "cheapest of 5 settings within 50.01 % of the best"},
		{Choose{Rule: ruleCheapestTied, MaxNFE: 31}, 3, 3, "[3]", "best of 2 settings by mean mmd over 5 seeds, limited to 31 velocity calls; no other is tied with it at 95 % confidence"},
		{Choose{Rule: ruleCheapestTied, MaxNFE: 1}, 4, 4, "[4]", "only setting that could be chosen by mmd, over 5 seeds, limited to 1 velocity call"},
		{Choose{Rule: ruleBest, MaxNFE: 32}, 1, 1, "[1 2]", "best of 4 settings by mean mmd over 5 seeds, limited to 32 velocity calls; 1 other is tied with it at 95 % confidence"},
	} {
		c.choose.Metric, c.choose.Confidence = "mmd", .95
		got, err := c.choose.Choose(settings, settingName)
		if err != nil {
			t.Errorf("%+v: %v", c.choose, err)
			continue
		}
		if got.Chosen != c.chosen || got.Best != c.best || fmt.Sprint(got.Tied) != c.tied || !strings.HasPrefix(got.Reason, c.reason) {
			t.Errorf("%+v: chose %d, best %d, tied %v, the %q\nwant %d, %d, %s, the %q", c.choose, got.Chosen, got.Best, got.Tied,
				got.Reason, c.chosen, c.best, c.tied, c.reason)
		}
		for i, m := range got.Margins {
			if out := c.choose.MaxNFE > 0 && settings[i].NFE > Calls(c.choose.MaxNFE); math.IsNaN(m.Mean) != out {
				t.Errorf("%+v: the margin of setting %d is %+v", c.choose, i, m)
			}
		}
	}
	if _, err := (Choose{Metric: "mmd", Rule: ruleBest, MaxNFE: 0}).Choose(nil, settingName); err == nil {
		t.Error("a choice of nothing")
	}
	few := []Summary{summary(1, 1, 1, 1), summary(2, 1, shifted(3, 0)...), summary(3, 1, shifted(3.001, 1)...)}
	if got, err := (Choose{Metric: "mmd", Rule: ruleCheapestTied, Confidence: .95}).Choose(few, settingName); err != nil || got.Chosen != 1 {
		t.Errorf("beside a setting of fewer seeds %d is chosen (%v), want 1", got.Chosen, err)
	}
	expensive := []Summary{summary(20, 1, 1, 2, 3)}
	if _, err := (Choose{Metric: "mmd", Rule: ruleBest, MaxNFE: 16}).Choose(expensive, settingName); err == nil || !strings.Contains(err.Error(), "the minimum is 20") {
		t.Errorf("over the budget: error %v, want one that names the minimum", err)
	}
}

// TestWithinIgnored checks that a share of a mean that may be 0 is ignored, and that the reason says so.
func TestWithinIgnored(t *testing.T) {
	t.Parallel()
	for name, mean := range map[string]float64{"negative": -.5, "about 0": .002} {
		settings := []Summary{summary(8, 1, shifted(mean, 0)...), summary(4, 1, shifted(mean+.001, 1)...), summary(2, 1, shifted(mean+1, 2)...)}
		for _, rule := range []string{ruleWithin, ruleCheapestTied} {
			got, err := Choose{Metric: "mmd", Rule: rule, Within: .05, Confidence: .95}.Choose(settings, settingName)
			if err != nil || got.Chosen != 1 || !strings.Contains(got.Reason, "tied with the best") ||
				!strings.Contains(got.Reason, "within 5 % is ignored, as the best mean may be 0") {
				t.Errorf("%s, %s: chose %d, the %q (%v)", name, rule, got.Chosen, got.Reason, err)
			}
		}
	}
}

func TestTooFewSeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choose   Choose
		settings []Summary
		chosen   int
		tied     string
		reason   string
	}{
		{
			Choose{Rule: ruleCheapestTied},
			[]Summary{summary(8, 1, 1, 1.2), summary(4, 1, 1.11, 1.1), summary(2, 1, 5, 6)},
			0, "[0]",
			"best of 3 settings by mean mmd over 2 seeds; telling settings apart takes at least 3 seeds, so the lowest mean was taken",
		},
		{
			Choose{Rule: ruleCheapestTied},
			[]Summary{summary(8, 1, 2), summary(4, 9, 2), summary(4, 7, 2), summary(1, 1, 3)},
			2, "[2]",
			"best of 4 settings by mean mmd over 1 seed; telling settings apart takes at least 3 seeds, so the lowest mean was taken",
		},
		{
			Choose{Rule: ruleCheapestTied, Within: .5},
			[]Summary{summary(8, 1, 2), summary(4, 1, 2.9), summary(1, 1, 3.1)},
			0, "[0]",
			"best of 3 settings by mean mmd over 1 seed; telling settings apart takes at least 3 seeds, so the lowest mean was taken",
		},
		{
			Choose{Rule: ruleWithin, Within: .5},
			[]Summary{summary(8, 1, 2), summary(4, 1, 2.9), summary(1, 1, 3.1)},
			1, "[0 1]",
			"cheapest of 2 settings within 50 % of the best (setting 0) over 1 seed; telling settings apart takes at least 3 seeds; mmd 2.9, best 2",
		},
		{Choose{Rule: ruleBest}, []Summary{summary(8, 1, 2)}, 0, "[0]", "only setting that could be chosen by mmd, over 1 seed"},
	} {
		c.choose.Metric, c.choose.Confidence = "mmd", .95
		got, err := c.choose.Choose(c.settings, settingName)
		if err != nil || got.Chosen != c.chosen || fmt.Sprint(got.Tied) != c.tied || got.Reason != c.reason {
			t.Errorf("%+v: chose %d, tied %v, the %q (%v)\nwant %d, %s, the %q", c.choose, got.Chosen, got.Tied, got.Reason, err, c.chosen, c.tied, c.reason)
		}
	}
}

func TestMedianRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		seed   uint64
	}{{[]float64{5}, 0}, {[]float64{5, 4}, 1}, {[]float64{9, 1, 5}, 2}, {[]float64{1, 4, 3, 2}, 3}, {[]float64{2, 2, 2, 1, 1}, 0}} {
		if got := summary(1, 1, c.values...).MedianRun("mmd"); got.Seed != c.seed {
			t.Errorf("median run of %v is of seed %d, want %d", c.values, got.Seed, c.seed)
		}
	}
}

// TestChoiceProperties checks on random sweeps that the choice does not depend on the order of the settings, is
// complete and finite, and follows its rule. A much worse and noisier setting may change the ties of at most four
// others, because it adds a comparison and contributes to the estimate of the scatter.
func TestChoiceProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 13))
	choose := Choose{Metric: "mmd", Rule: ruleCheapestTied, Confidence: .95}
	for range 100 {
		settings := simulate(r, 3+r.IntN(4), 6*r.Float64())
		for i := range settings {
			settings[i].NFE, settings[i].Params = Calls(1+r.IntN(8)), i // no two have the same cost
		}
		broken := r.IntN(simulated)
		settings[broken].Metrics[0].Mean = math.NaN()
		failed := r.IntN(simulated)
		settings[failed].Metrics[0].N--
		got, err := choose.Choose(settings, settingName)
		if err != nil {
			t.Fatal(err)
		}
		if c := got.Chosen; c == broken || c == failed || !slices.Contains(got.Tied, c) || !slices.Contains(got.Tied, got.Best) {
			t.Fatalf("chose %d of %v, best %d; %d is not finite and %d incomplete", c, got.Tied, got.Best, broken, failed)
		}
		order := r.Perm(simulated)
		moved := make([]Summary, simulated)
		for to, from := range order {
			moved[to] = settings[from]
		}
		again, err := choose.Choose(moved, settingName)
		if err != nil || order[again.Chosen] != got.Chosen || order[again.Best] != got.Best || len(again.Tied) != len(got.Tied) {
			t.Errorf("in another order setting %d is chosen, not %d (%v)", order[again.Chosen], got.Chosen, err)
		}
		terrible := summary(1, 0, slices.Repeat([]float64{1e3, 1.1e3}, 4)[:settings[0].Planned]...)
		more, err := choose.Choose(append(slices.Clone(settings), terrible), settingName)
		if err != nil || more.Chosen == simulated || more.Best != got.Best {
			t.Errorf("beside a terrible setting %d is chosen (%v)", more.Chosen, err)
		}
		changed := 0
		for i := range settings {
			if slices.Contains(got.Tied, i) != slices.Contains(more.Tied, i) {
				changed++
			}
		}
		if changed > 4 {
			t.Errorf("beside a terrible setting %d are tied, not %d", len(more.Tied), len(got.Tied))
		}
	}
}

func TestParetoFront(t *testing.T) {
	t.Parallel()
	one := func(nfe int, mean float64) Summary { return summary(nfe, 1, mean, mean, mean) }
	settings := []Summary{
		one(8, -1), one(1, 5), one(2, 3), one(4, 3), one(1, 4), one(4, 9), one(0, -9), one(8, -1), one(16, math.NaN()), one(16, -7),
	}
	settings[9].Planned++ // a seed is missing
	nfe := func(s Summary) float64 { return float64(s.NFE) }
	if got := fmt.Sprint(ParetoFront(settings, "mmd", nfe)); got != "[4 2 0]" {
		t.Errorf("by NFE the front is %s, want [4 2 0]", got)
	}
	inverse := func(s Summary) float64 { return 1 / float64(s.NFE) }
	if got := fmt.Sprint(ParetoFront(settings, "mmd", inverse)); got != "[0]" {
		t.Errorf("by the inverse the front is %s, want [0]", got)
	}
	if got := ParetoFront(settings, "gone", nfe); got != nil {
		t.Errorf("of no metric the front is %v", got)
	}
}

// TestRuleOfASpec checks the defaults of a choice, and how a share is written.
func TestRuleOfASpec(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Choose{
		"":                            {"mmd", ruleCheapestTied, .95, 0, 0, ""},
		"choose: {metric: sliced-w2}": {"sliced-w2", ruleCheapestTied, .95, 0, 0, ""},
		"choose: {within: 5%}":        {"mmd", ruleWithin, .95, .05, 0, ""},
		"choose: {within: 0.05}":      {"mmd", ruleWithin, .95, .05, 0, ""},
		"choose: {within: '12.5%'}":   {"mmd", ruleWithin, .95, .125, 0, ""},
		"choose: {within: 0}":         {"mmd", ruleCheapestTied, .95, 0, 0, ""},
		"choose: {rule: best, max-nfe: 16, confidence: 0.9}":    {"mmd", ruleBest, .9, 0, 16, ""},
		"choose: {rule: cheapest-tied, within: 5%, max-nfe: 8}": {"mmd", ruleCheapestTied, .95, .05, 8, ""},
	} {
		spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\n"+text+"\n"))
		if err != nil || spec.Choose != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, spec.Choose, err, want)
		}
	}
}

// TestStandardErrors checks that standard errors, where they are known, widen the interval of a setting and are written
// in JSON.
func TestStandardErrors(t *testing.T) {
	t.Parallel()
	s := summary(1, 1, 1, 1.1, .9)
	for i := range s.Runs {
		s.Runs[i].Metrics[0].SE = math.NaN()
	}
	if got := s.stat(metric.MMD, metric.NullNoise{}); got != s.Metrics[0] {
		t.Errorf("unknown standard errors change the interval: %+v, want %+v", got, s.Metrics[0])
	}
	for i := range s.Runs {
		s.Runs[i].Metrics[0].SE = 1
	}
	if got, before := s.stat(metric.MMD, metric.NullNoise{}), s.Metrics[0]; !(got.High-got.Low > before.High-before.Low+2) {
		t.Errorf("with standard errors of 1: %+v, no wider than %+v", got, before)
	}
	_, list := results(t, 1, 2, 3, 4, 5, 6, 7, 8)
	list[0].Metrics[1].SE = .25
	text, err := json.Marshal(list[0])
	if err != nil || !strings.Contains(string(text), `"metrics":{"mmd":-1,"sliced-w2":1},"metrics_se":{"mmd":0.25}`) {
		t.Errorf("a run is written as %s (%v)", text, err)
	}
}
