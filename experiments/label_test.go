package experiments

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments/query"
)

func ExampleNewLabels() {
	spec, err := Parse("spec.yaml", []byte(`
name: example
target: moons
net: {width: [32, 64]}
sample: {solver: heun, steps: [1, 8]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	labels := NewLabels(spec.Settings)
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
		// The name of a target also stands for the parameters that only that target has.
		"targets": {"target: [{name: moons, noise: 0.1}, checkerboard]", "checkerboard", "checkerboard"},
		"noises":  {"target: [checkerboard, {name: moons, noise: [0.1, 0.2]}]", "moons · noise 0.2", "moons · noise 0.2"},
		// The same holds for the fields of a solver, but any solver can sample along another path.
		"solvers":    {"target: moons\nsample: {solver: [heun, dopri5]}", "dopri5", "width 64 · depth 3"},
		"tolerances": {"target: moons\nsample: {solver: [heun, dopri5], tolerance: [1e-3, 1e-5]}", "dopri5 · tolerance 1e-5", "width 64 · depth 3"},
		"both":       {"target: moons\nsample: {solver: dopri5, tolerance: [{atol: 1e-4, rtol: 1e-4}, {atol: 1e-5, rtol: 1e-4}]}", "atol 0.00001 · rtol 0.0001", "width 64 · depth 3"},
		"adaptive":   {"target: moons\nsample: {solver: dopri5}", "dopri5 · tolerance 1e-5", "width 64 · depth 3"},
		"grids":      {"target: moons\nsample: {solver: heun, grid: [uniform, edm]}", "edm grid", "width 64 · depth 3"},
		"rhos":       {"target: moons\nsample: {solver: heun, grid: [uniform, {name: edm, rho: [3, 7]}]}", "edm grid · rho 7", "width 64 · depth 3"},
		"SDEs":       {"target: moons\nsample: {solver: heun, sde: {noise: [0, 0.5]}}", "SDE noise 0.5", "width 64 · depth 3"},
		"paths":      {"target: moons\nsample: [{solver: heun}, {solver: heun, path: vp}]", "sampled along vp", "width 64 · depth 3"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := planned(t, "name: x\n"+c.spec+"\n").Spec
			labels := NewLabels(spec.Settings)
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

// TestLabelsAreDistinct checks that labels show all differences between settings, and that the label of a sampler
// leaves out only its effort.
func TestLabelsAreDistinct(t *testing.T) {
	t.Parallel()
	spec := planned(t, `name: x
target: [moons, {name: gaussians, count: [3, 4]}]
net: [{width: 8}, {name: attention, width: 8, heads: [2, 4]}]
sample:
  - {solver: [midpoint, dopri5], steps: [4, 8], tolerance: [1e-3, {atol: 1e-3, rtol: 1e-4}]}
  - {solver: midpoint, steps: [4, 8], grid: [cosine, {name: edm, rho: [3, 7]}]}
  - {solver: midpoint, steps: 8, path: vp}
`).Spec
	labels := NewLabels(spec.Settings)
	whole, parts := map[string]bool{}, map[string]bool{}
	for i := range spec.Settings {
		whole[labels.Setting(i)] = true
		parts[labels.Recipe(i)+"|"+labels.Sampler(i)+"|"+labels.Effort(i)] = true
	}
	if len(whole) != len(spec.Settings) || len(parts) != len(spec.Settings) {
		t.Errorf("%d settings have %d labels, and %d by recipe, sampler and effort", len(spec.Settings), len(whole), len(parts))
	}
}

// TestUnguided: settings that differ in nothing but their guidance have one label without it.
func TestUnguided(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ spec, first, last string }{
		{"solver: [euler, heun], steps: 4, guidance: [0, 2]", "euler", "heun"},
		{"solver: heun, steps: [2, 4], guidance: [0, 2]", "2 steps", "4 steps"},
		{"guidance: [0, 2]", "midpoint · 8 steps", "midpoint · 8 steps"},
	} {
		spec, err := Parse("spec.yaml", []byte("name: labels\ntarget: {name: gaussians, label: component}\ntrain: {drop: 0.1}\nsample: {"+c.spec+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		labels, last := NewLabels(spec.Settings), len(spec.Settings)-1
		if first, got := labels.Unguided(0), labels.Unguided(last); first != c.first || got != c.last {
			t.Errorf("%s: %q and %q, want %q and %q", c.spec, first, got, c.first, c.last)
		}
	}
}

// times returns a JSON list of n + 1 times.
func times(n int) string {
	list := make([]string, n+1)
	for i := range list {
		list[i] = fmt.Sprintf("%.4g", float64(i)/float64(n))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// TestLabelsOfLongValues checks that grids which differ in one of 301 times have different labels, and that the whole value is found.
func TestLabelsOfLongValues(t *testing.T) {
	t.Parallel()
	other := strings.Replace(times(300), ",0.5,", ",0.501,", 1)
	grid := func(times string) string { return "{name: explicit, times: " + times + "}" }
	spec := planned(t, "name: x\ntarget: moons\nsample: {solver: heun, grid: ["+grid(times(300))+", "+grid(other)+"]}\n").Spec
	labels := NewLabels(spec.Settings)
	for i, want := range []string{"times [0,…,0.5,…,1] (301 values)", "times [0,…,0.501,…,1] (301 values)"} {
		if got := labels.Setting(i); got != want {
			t.Errorf("setting %d: got %q, want %q", i, got, want)
		}
		whole := "times " + []string{times(300), other}[i]
		if got := labels.Whole(labels.Setting(i)); got != whole {
			t.Errorf("setting %d: the whole label is %q", i, got)
		}
		if got := labels.Full(i); !strings.Contains(got, whole) {
			t.Errorf("setting %d: the full label lacks the grid: %q", i, got)
		}
	}
	if got := labels.Whole("heun · 8 steps"); got != "" {
		t.Errorf("a label of short values is said to be short for %q", got)
	}
	if got := labels.phrase(query.Field{Key: "net.width", Value: "8"}); got != "width 8" {
		t.Errorf("a short value: %q", got)
	}
}
