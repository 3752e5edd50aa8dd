package experiments

import (
	"slices"
	"testing"
)

// TestSwept: the fields in which settings differ have short names, and levels in order.
func TestSwept(t *testing.T) {
	t.Parallel()
	spec, err := Parse("spec.yaml", []byte(`name: swept
target: moons
net: {width: [64, 8]}
train: {steps: [20, 10], rate: 1e-3}
sample: {solver: [heun, euler], steps: [16, 4]}
metrics: [mmd]
`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var settings []Setting
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			settings = append(settings, Setting{Recipe: fit.Recipe, Sample: run.Sampling})
		}
	}
	var names []string
	for _, s := range NewLabels(settings).Swept() {
		names = append(names, s.Name)
		want := map[string][]string{"width": {"8", "64"}, "train.steps": {"10", "20"}, "solver": {"heun", "euler"}, "sample.steps": {"4", "16"}}[s.Name]
		if !slices.Equal(s.Levels, want) || len(s.Values) != len(settings) {
			t.Errorf("%s has the levels %v and %d values, want %v and %d", s.Name, s.Levels, len(s.Values), want, len(settings))
		}
	}
	if want := []string{"width", "train.steps", "solver", "sample.steps"}; !slices.Equal(names, want) {
		t.Errorf("swept are %v, want %v", names, want)
	}
}
