package experiments

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
)

// figureOf returns a figure of fresh points with this p-value, under a null of n values.
func figureOf(p float64, n int) FreshFigure {
	return FreshFigure{Interval: Interval{Mean: 1}, P: Number(p), Null: NullRow{Mean: .5, Q95: .9, N: n}}
}

// TestVerdictSentences lists every sentence of a verdict.
func TestVerdictSentences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metrics   string
		figures   map[string]FreshFigure
		reference int
		rows      bool
		bounds    map[string]Bound
		want      string
	}{
		"all pass": {
			"mmd, sliced-w2",
			map[string]FreshFigure{"mmd": figureOf(.3, 99), "sliced-w2": figureOf(.06, 99)},
			1000, false, nil,
			"Not told apart from the target by mmd (p 0.3) and sliced-w2 (p 0.06). Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"all fail": {
			"mmd, sliced-w2",
			map[string]FreshFigure{"mmd": figureOf(.01, 99), "sliced-w2": figureOf(.02, 99)},
			1000, false, nil,
			"Told apart from the target by mmd (p 0.01) and sliced-w2 (p 0.02).",
		},
		"one of three fails": {
			"mmd, sliced-w2, energy",
			map[string]FreshFigure{"mmd": figureOf(.01, 99), "sliced-w2": figureOf(.2, 99), "energy": figureOf(.5, 99)},
			1000, false, nil,
			"Told apart from the target by mmd (p 0.01). Not by sliced-w2 (p 0.2) and energy (p 0.5). Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"significant alone, but not among three": {
			"mmd, sliced-w2, energy",
			map[string]FreshFigure{"mmd": figureOf(.02, 99), "sliced-w2": figureOf(.2, 99), "energy": figureOf(.5, 99)},
			1000, false, nil,
			"Not told apart from the target by mmd (p 0.02), sliced-w2 (p 0.2) and energy (p 0.5). Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"too few values of the target": {
			"mmd, w2",
			map[string]FreshFigure{"mmd": figureOf(.3, 99), "w2": figureOf(.05, 19)},
			1000, false, nil,
			"Not told apart from the target by mmd (p 0.3). w2 cannot say: above all values of samples of the target, but these are too few for a test beside the others. " +
				"Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"rows": {
			"mmd",
			map[string]FreshFigure{"mmd": figureOf(.3, 99)},
			50, true, nil,
			"Not told apart from the held-out rows by mmd (p 0.3). Differences too small to see with 800 samples against 50 rows remain possible.",
		},
		"few rows": {
			"mmd",
			map[string]FreshFigure{"mmd": figureOf(.3, 99)},
			5, true, nil,
			"mmd cannot say: the target is known from too few rows.",
		},
		"few rows, and yet a difference": {
			"mmd",
			map[string]FreshFigure{"mmd": figureOf(.01, 99)},
			5, true, nil,
			"Told apart from the held-out rows by mmd (p 0.01).",
		},
		"above the entropy": {
			"mmd, nll",
			map[string]FreshFigure{"mmd": figureOf(.3, 99)},
			1000, false,
			map[string]Bound{"nll": {1.15, .01}},
			"Told apart from the target by nll (0.85 above the smallest possible value). Not by mmd (p 0.3). Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"as low as the entropy": {
			"nll", nil, 1000, false,
			map[string]Bound{"nll": {2.01, .01}},
			"Not told apart from the target by nll (p 0.58). Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"not finite": {
			"nll, mmd",
			map[string]FreshFigure{"mmd": figureOf(.3, 99)},
			1000, false,
			map[string]Bound{"nll": {math.NaN(), .01}},
			"Not told apart from the target by mmd (p 0.3). nll cannot say: some values are not finite. Differences too small to see with 800 samples against 1000 points of the target remain possible.",
		},
		"nothing tests": {
			"excess-loss, path-rmse", nil, 1000, false, nil,
			"Nothing tests the samples against the target: add mmd, sliced-w2 or c2st to metrics.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, summaries := tested2(t, c.metrics)
			v := s.Verdict(0, summaries, Fresh{Compared: 800, Reference: c.reference, Metrics: c.figures}, c.bounds)
			for i := range v.Tests {
				if v.Rows = c.rows; c.rows {
					v.Tests[i].Mark, v.Tests[i].Why = "", ""
					v.Tests[i].mark(v, false)
				}
			}
			if got := v.Sentence(); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// tested2 returns a sweep of these metrics and its only setting, with two seeds whose metrics all are 2 ± 0.05.
func tested2(t *testing.T, metrics string) (Sweep, []Summary) {
	t.Helper()
	spec, err := Parse("a.yaml", []byte("{name: a, target: moons, metrics: ["+metrics+"], seeds: 2}"))
	if err != nil {
		t.Fatal(err)
	}
	s := Sweep{Spec: spec}
	for seed := range 2 {
		r := Result{State: Finished, Seed: uint64(seed), Setting: spec.Settings[0]}
		for _, m := range spec.Metrics {
			r.Metrics = append(r.Metrics, Value{Name: m.Name, Value: 2, SE: .05})
		}
		s.Results = append(s.Results, r)
	}
	return s, s.Summaries()
}

// TestNoisyMetric: a metric that passes more than half of the settings that another one tells apart cannot say anything
// where it passes.
func TestNoisyMetric(t *testing.T) {
	t.Parallel()
	s, _ := tested2(t, "mmd, sliced-w2")
	summaries := make([]Summary, 6)
	for i := range summaries {
		pSliced := .5
		if i == 5 {
			pSliced = .01
		}
		summaries[i] = Summary{Setting: s.Spec.Settings[0], Runs: []Result{{Metrics: []Value{{Name: "mmd", Value: 1, P: .01}, {Name: "sliced-w2", Value: 1, P: pSliced}}}}}
	}
	fresh := Fresh{Compared: 100, Reference: 100, Metrics: map[string]FreshFigure{"mmd": figureOf(.3, 99), "sliced-w2": figureOf(.3, 99)}}
	v := s.Verdict(0, summaries, fresh, nil)
	if v.Tests[0].Mark != TestPass || v.Tests[1].Mark != TestUnsure || !strings.Contains(v.Tests[1].Why, "too noisy") {
		t.Errorf("got %+v", v.Tests)
	}
	if v := s.Verdict(0, summaries[:3], fresh, nil); v.Tests[1].Mark != TestPass {
		t.Errorf("a metric is called too noisy by 3 settings: %+v", v.Tests)
	}
}

// TestMemorySentences lists every sentence on copied rows.
func TestMemorySentences(t *testing.T) {
	t.Parallel()
	curve := func(step int) []Loss { return []Loss{{Step: step, HeldOut: 1.5}} }
	lowest := func(step int) []Loss { l, _ := LowestHeldOut(curve(step)); return []Loss{l} }
	for name, c := range map[string]struct {
		m    Memory
		want string
	}{
		"no data":       {Memory{}, ""},
		"none held out": {Memory{Data: true}, "No rows are held out, so nothing here shows whether the net copies its rows: set holdout."},
		"no runs":       {Memory{Data: true, Held: 9}, ""},
		"copies": {
			Memory{Data: true, Held: 50, Seeds: 3, Copies: 2, Near: .65, P: 1e-4, HeldOut: 2.1, Gap: .8, Lowest: lowest(380), Last: 8000},
			"The net copies its training rows (2 of 3 seeds): 65 % of its samples are nearer to one than nearly all held-out rows are (p 0.0001). Its other figures do not show this. " +
				"Its loss is 2.1 on held-out rows and 1.3 on training rows. It was lowest on held-out rows, about 1.5, at step 380 of 8000: train no longer, or add rows.",
		},
		"copies of few rows": {
			Memory{Data: true, Held: 5, Seeds: 1, Copies: 1, Near: .65, P: 1e-4, HeldOut: 2.1, Gap: .8},
			"The net copies its training rows (1 of 1 seed): 65 % of its samples are nearer to one than nearly all held-out rows are (p 0.0001). Its other figures do not show this. " +
				"Its loss is 2.1 on held-out rows and 1.3 on training rows.",
		},
		"none, of few rows": {
			Memory{Data: true, Held: 5, Seeds: 1, Near: .2, P: .3, HeldOut: 1.5},
			"No sign that the net copies its training rows: 20 % of its samples are nearer to one than nearly all held-out rows are, where 17 % would be by chance. " +
				"Its loss is 1.5 on held-out rows and 1.5 on training rows. With 5 held-out rows, little more than plain copies can be seen.",
		},
		"none, and still learning": {
			Memory{Data: true, Held: 50, Seeds: 3, Near: .04, P: .3, HeldOut: 1.5, Lowest: lowest(8000), Last: 8000},
			"No sign that the net copies its training rows: 4 % of its samples are nearer to one than nearly all held-out rows are, where 5.9 % would be by chance. " +
				"Its loss is 1.5 on held-out rows and 1.5 on training rows. It was still falling on held-out rows when the training ended: more steps may help.",
		},
		"none, but past its best": {
			Memory{Data: true, Held: 50, Seeds: 3, Near: .04, P: .3, HeldOut: 1.6, Gap: .1, Lowest: lowest(500), Last: 8000},
			"No sign that the net copies its training rows: 4 % of its samples are nearer to one than nearly all held-out rows are, where 5.9 % would be by chance. " +
				"Its loss is 1.6 on held-out rows and 1.5 on training rows. It was lowest on held-out rows, about 1.5, at step 500 of 8000.",
		},
	} {
		if got := c.m.Sentence(); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

// TestMemorised: a run counts as memorised if its nn-share is significant and its near-share is high, and not by one alone.
func TestMemorised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p, near float64
		want    bool
	}{{1e-4, .65, true}, {1e-4, .1, false}, {.01, .65, false}, {0, .65, false}} {
		r := Result{Metrics: []Value{{Name: metric.NNShare.Name, Value: .6, P: c.p}, {Name: metric.NearShare.Name, Value: c.near, SE: .02}}}
		if got := r.Memorised(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if (Result{}).Memorised() {
		t.Error("a run without these metrics is memorised")
	}
}

// TestShares: the parts of a value add up to it.
func TestShares(t *testing.T) {
	t.Parallel()
	s, _ := tested2(t, "mmd")
	for i := range s.Results {
		s.Results[i].Fit = "f"
	}
	plan, err := s.Spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	nulls, err := plan.Nulls()
	if err != nil {
		t.Fatal(err)
	}
	null := nulls[0].Null
	null.Values = []float64{.4, .5, .6}
	if err := s.SetNulls(map[string]Null{null.Key: null}); err != nil {
		t.Fatal(err)
	}
	s.SetDense(map[DensePlace][]Value{{Fit: "f", Count: 2000}: {{Name: "mmd", Value: 1.5}}})
	b, ok := s.Summaries()[0].Budget("mmd")
	if !ok || b.Solver.Value != .5 || b.Net.Value != 1 || b.Floor != .5 || math.Abs(b.Noise-.1) > 1e-15 || b.Net.SE != b.Noise {
		t.Errorf("budget %+v (%v)", b, ok)
	}
	s.SetDense(nil)
	if _, ok := s.Summaries()[0].Budget("mmd"); ok {
		t.Error("there is a budget without a dense solve")
	}
}
