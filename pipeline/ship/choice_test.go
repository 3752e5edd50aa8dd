package ship

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments"
)

// TestChoiceIsTold: each setting of a sweep is told as chosen, tied or neither, and a margin that there is not, as such.
func TestChoiceIsTold(t *testing.T) {
	t.Parallel()
	choice := experiments.Choice{Chosen: 1, Best: 0, Tied: []int{0, 1}, Reason: "because"}
	if err := json.Unmarshal([]byte(`[{"Low": -1, "High": 1}, {"Mean": 2, "Low": -1, "High": 5}, {}]`), &choice.Margins); err != nil {
		t.Fatal(err)
	}
	choice.Margins[2].Mean = math.NaN()
	summaries := make([]experiments.Summary, 3)
	for i, want := range []string{
		`"chosen":false,"tied":true,"margin":{"mean":0,"low":-1,"high":1}}`,
		`"chosen":true,"tied":true,"margin":{"mean":2,"low":-1,"high":5},"reason":"because"}`,
		`"chosen":false,"tied":false,"margin":{"mean":"nan","low":0,"high":0}}`,
	} {
		spec, err := experiments.Parse("a.yaml", []byte("{name: a, target: moons}"))
		if err != nil {
			t.Fatal(err)
		}
		summaries[i].Setting = spec.Settings[0]
		text, err := json.Marshal(Outcome{Summaries: summaries, Choice: choice}.SettingJSON(i))
		if err != nil || !strings.HasSuffix(string(text), want) {
			t.Errorf("setting %d is written as %s (%v), want it to end in %s", i, text, err, want)
		}
		if got, want := choiceWord(choice, i), []string{"tied", "chosen", ""}[i]; got != want {
			t.Errorf("setting %d is %q, want %q", i, got, want)
		}
	}
	text, err := json.Marshal(Outcome{Summaries: summaries, Choice: experiments.Choice{Chosen: -1}}.SettingJSON(0))
	if err != nil || strings.Contains(string(text), "margin") || !strings.Contains(string(text), `"chosen":false`) {
		t.Errorf("without a choice a setting is written as %s (%v)", text, err)
	}
}

// TestFigures: beside every interval stand its meaning, the scatter of the seeds alone, and the seeds that diverged.
func TestFigures(t *testing.T) {
	t.Parallel()
	spec, err := experiments.Parse("a.yaml", []byte("{name: a, target: moons, metrics: sliced-w2, seeds: 4}"))
	if err != nil {
		t.Fatal(err)
	}
	sweep := experiments.Sweep{Spec: spec}
	for seed, v := range []float64{.12, .11, 50, .13} {
		sweep.Results = append(sweep.Results, experiments.Result{
			State: experiments.Finished, Seed: uint64(seed), Setting: spec.Settings[0], Metrics: []experiments.Value{{Name: "sliced-w2", Value: v}},
		})
	}
	o := New(sweep)
	text, err := json.Marshal(o.figures(o.Summaries[0]))
	want := `,"interval_over":"another training, other noise, another reference","seed_low":0.11,"seed_high":50,"diverged_seeds":[2],"n":4}}`
	if err != nil || !strings.HasPrefix(string(text), `{"sliced-w2":{"mean":12.59`) || !strings.HasSuffix(string(text), want) {
		t.Errorf("the figures are %s (%v), want them to end in %s", text, err, want)
	}
}
