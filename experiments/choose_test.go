package experiments

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// results returns a sweep of four settings over two seeds whose metric has the given values, two per setting.
func results(t *testing.T, values ...float64) (Spec, []Result) {
	t.Helper()
	spec, err := Parse("spec.yaml", []byte("name: a\ntarget: moons\nseeds: 2\nsample: {steps: [1, 2, 4, 8]}\nmetrics: [sliced-w2, mmd]\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var list []Result
	for seed, fit := range plan.Fits {
		for i, run := range fit.Runs {
			list = append(list, Result{
				Fit: fit.Key, Run: run.Key, State: Finished, Seed: fit.Seed, NFE: Calls(2 * run.Sampling.Steps), Params: 7, SampleSeconds: float64(1 + seed),
				Setting: Setting{Recipe: fit.Recipe, Sample: run.Sampling},
				Metrics: []Value{{Name: "sliced-w2", Value: values[2*i+seed]}, {Name: "mmd", Value: -values[2*i+seed]}},
			})
		}
	}
	return spec, list
}

func summaries(t *testing.T, spec Spec, list []Result) []Summary {
	t.Helper()
	return Sweep{Spec: spec, Results: list}.Summaries()
}

// stepsOf names settings by their steps.
func stepsOf(s []Summary) func(int) string {
	return func(i int) string { return fmt.Sprintf("%d steps", s[i].Setting.Sample.Steps) }
}

func TestSummariesAggregateSeeds(t *testing.T) {
	t.Parallel()
	spec, list := results(t, 1, 3, 5, 5, 6, 6, 7, 7)
	list[4].State, list[4].Metrics = Failed, nil // the second seed of the first setting
	s := summaries(t, spec, list)
	if len(s) != 4 || s[0].Planned != 2 || len(s[0].Runs) != 1 || len(s[1].Runs) != 2 {
		t.Fatalf("%d settings: %+v", len(s), s)
	}
	st, ok := s[1].Stat("sliced-w2")
	if !ok || st.Mean != 5 || st.Low != 5 || st.High != 5 || st.N != 2 || s[1].NFE != 4 || s[1].Params != 7 || s[1].SampleSeconds != 1.5 {
		t.Errorf("the second setting is %+v", s[1])
	}
	if s[0].Complete("sliced-w2") || !s[1].Complete("sliced-w2") || s[1].Complete("gone") {
		t.Error("a setting with a failed seed is complete, or one without is not")
	}
}

func TestChooseTheLowestMean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []float64
		change func(list []Result)
		metric string
		steps  int    // of the chosen setting; 0 if nothing can be chosen
		seed   uint64 // of the chosen run
	}{
		{"mean, not minimum", []float64{0, 10, 4, 5, 6, 6, 7, 7}, nil, "sliced-w2", 2, 0},
		{"the other metric", []float64{0, 10, 4, 5, 6, 6, 8, 7}, nil, "mmd", 8, 0},
		{"the cheapest of equals", []float64{3, 2, 2, 3, 2.5, 2.5, 9, 9}, nil, "sliced-w2", 1, 1},
		{"negative values", []float64{-1, -1, 4, 5, -3, -2, 7, 7}, nil, "sliced-w2", 4, 0},
		{"not finite", []float64{math.NaN(), 0, math.Inf(-1), 0, 6, 6, 7, 7}, nil, "sliced-w2", 4, 0},
		{"a failed seed", []float64{0, 0, 4, 5, 6, 6, 7, 7}, func(l []Result) { l[0].State = Failed }, "sliced-w2", 2, 0},
		{"all failed", []float64{0, 0, 4, 5, 6, 6, 7, 7}, func(l []Result) {
			for i := range l {
				l[i].State = Lost
			}
		}, "sliced-w2", 0, 0},
	} {
		spec, list := results(t, c.values...)
		if c.change != nil {
			c.change(list)
		}
		s := summaries(t, spec, list)
		got, err := Choose{Metric: c.metric, Rule: ruleBest}.Choose(s, stepsOf(s))
		if c.steps == 0 {
			if err == nil || !strings.Contains(err.Error(), "flowsweep runs") {
				t.Errorf("%s: error %v, want one that mentions flowsweep runs", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if steps := s[got.Chosen].Setting.Sample.Steps; steps != c.steps || got.Run.Setting.Sample.Steps != c.steps || got.Run.Seed != c.seed {
			t.Errorf("%s: chose %d steps and the run of seed %d, want %d and %d", c.name, steps, got.Run.Seed, c.steps, c.seed)
		}
		if !strings.Contains(got.Reason, c.metric) {
			t.Errorf("%s: the reason is %q", c.name, got.Reason)
		}
	}
}

func TestNumberSurvivesJSON(t *testing.T) {
	t.Parallel()
	for x, want := range map[Number]string{1.5: "1.5", Number(math.Inf(1)): `"inf"`, Number(math.Inf(-1)): `"-inf"`, 1e-300: "1e-300"} {
		text, err := x.MarshalJSON()
		var back Number
		if err != nil || string(text) != want || back.UnmarshalJSON(text) != nil || back != x {
			t.Errorf("%v is written as %s and read as %v, want %s", float64(x), text, float64(back), want)
		}
	}
	text, err := Number(math.NaN()).MarshalJSON()
	var back Number
	if err != nil || string(text) != `"nan"` || back.UnmarshalJSON(text) != nil || !math.IsNaN(float64(back)) {
		t.Errorf("NaN is written as %s (%v) and read as %v", text, err, float64(back))
	}
}

// TestCopiesAreNotChosen: a setting with a seed whose samples are copies of rows is chosen only if that is allowed.
func TestCopiesAreNotChosen(t *testing.T) {
	t.Parallel()
	spec, list := results(t, 1, 1, 2, 2, 3, 3, 4, 4)
	copies := func(setting int) {
		r := &list[setting]
		r.Metrics = append(r.Metrics, Value{Name: "nn-share", Value: .7, P: 1e-4}, Value{Name: "near-share", Value: .8, SE: .02})
	}
	copies(0) // the first seed of the setting with 1 step
	c := spec.Choose
	choose := func() (Choice, error) {
		s := summaries(t, spec, list)
		return c.Choose(s, stepsOf(s))
	}
	if got, err := choose(); err != nil || got.Chosen != 1 {
		t.Errorf("setting %d is chosen (%v), want the best that copies nothing", got.Chosen, err)
	}
	c.Allow = "memorised"
	if got, err := choose(); err != nil || got.Chosen != 0 {
		t.Errorf("setting %d is chosen (%v), want the best", got.Chosen, err)
	}
	c.Allow = ""
	for i := 1; i < 4; i++ {
		copies(i)
	}
	if _, err := choose(); err == nil || !strings.Contains(err.Error(), "copies of training rows") {
		t.Errorf("error %v", err)
	}
}

// TestBesideKnownAnswers compares a setting of three seeds, 1, 2 and 4, with itself in another form.
func TestBesideKnownAnswers(t *testing.T) {
	t.Parallel()
	own := Summary{Metrics: []Stat{{Name: "w2", Mean: 7. / 3}, {Name: "mmd", Mean: 7. / 3, Low: -1}}}
	for _, v := range []float64{1, 2, 4} {
		own.Runs = append(own.Runs, Result{Metrics: []Value{{Name: "w2", Value: v}, {Name: "mmd", Value: v}}})
	}
	c := Choose{Confidence: .95}
	for name, k := range map[string]struct {
		metric     string
		other      []float64
		difference float64
		worse      bool
		want       string // how the verdict begins
	}{
		"the same":   {"w2", []float64{1, 2, 4}, 0, false, "no difference found"},
		"scatter":    {"w2", []float64{2, 1, 4.1}, .1 / 3, false, "no difference found"},
		"higher":     {"w2", []float64{1.1, 2.1, 4.1}, .1, true, "worse by 0.1 (4.3 %)"},
		"lower":      {"w2", []float64{.9, 1.9, 3.9}, -.1, false, "better by 0.1 (4.3 %)"},
		"near zero":  {"mmd", []float64{1.1, 2.1, 4.1}, .1, true, "worse by 0.1"},
		"not finite": {"w2", []float64{1, math.Inf(1), 4}, math.Inf(1), true, "worse: a value is not finite"},
	} {
		d := c.Beside(own, k.metric, k.other)
		if !(math.Abs(float64(d.Difference.Mean)-k.difference) < 1e-12 || float64(d.Difference.Mean) == k.difference) || d.Worse != k.worse || !strings.HasPrefix(d.Verdict, k.want) {
			t.Errorf("%s: %+v, want a difference of %g, worse %v, %q", name, d, k.difference, k.worse, k.want)
		}
		if d.Worse && d.Seeds == 3 && !(d.Difference.Low > 0 || math.IsNaN(float64(d.Difference.Low))) || strings.HasPrefix(k.want, "better") && !(d.Difference.High < 0) {
			t.Errorf("%s: the interval %+v does not agree with the verdict", name, d.Difference)
		}
	}
	own.Runs = own.Runs[:2]
	if d := c.Beside(own, "w2", []float64{1, 2}); !strings.Contains(d.Verdict, "at least 3 seeds") || !math.IsNaN(float64(d.Difference.Low)) || d.Worse {
		t.Errorf("two seeds: %+v, want no test", d)
	}
}
