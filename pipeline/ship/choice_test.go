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
