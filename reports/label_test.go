package reports

import (
	"fmt"
	"testing"

	"flowsweep/experiments"
)

func ExampleNewLabels() {
	spec, err := experiments.Parse("spec.yaml", []byte(`
name: example
target: moons
net: {width: [32, 64]}
sample: {solver: heun, steps: [1, 8]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	labels, err := NewLabels(spec.Settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range spec.Settings {
		fmt.Println(labels.Setting(i))
	}
	// Output:
	// width 32 · 1 step
	// width 32 · 8 steps
	// width 64 · 1 step
	// width 64 · 8 steps
}

func TestLabels(t *testing.T) {
	for name, c := range map[string]struct {
		spec, setting, recipe string // of the last setting
	}{
		"nothing":  {"target: moons", "midpoint · 8 steps", "width 64 · depth 3"},
		"training": {"target: moons\ntrain: {steps: [10, 20], rate: [0.1, 0.01]}", "20 training steps · rate 0.01", "20 training steps · rate 0.01"},
		"samples":  {"target: moons\nsample: {count: [10, 20]}", "20 samples", "width 64 · depth 3"},
		// A parameter that only one target has tells the two apart as their names do.
		"targets": {"target: [{name: moons, noise: 0.1}, checkerboard]", "checkerboard · scale 2.2222222222222223", "checkerboard · scale 2.2222222222222223"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := parse(t, "name: x\n"+c.spec+"\n")
			labels, err := NewLabels(spec.Settings)
			if err != nil {
				t.Fatal(err)
			}
			last := len(spec.Settings) - 1
			if got := labels.Setting(last); got != c.setting {
				t.Errorf("setting: got %q, want %q", got, c.setting)
			}
			if got := labels.Recipe(last); got != c.recipe {
				t.Errorf("recipe: got %q, want %q", got, c.recipe)
			}
		})
	}
}
