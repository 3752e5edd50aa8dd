package experiments

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// conditional is a spec with conditions on a net, a coupling and a solver.
const conditional = `name: a
target: {name: gaussians, dim: 4}
coupling: [independent, ot]
net: {name: [mlp, attention], width: 8, depth: 3}
train: {steps: 10}
seeds: 2
sample: {solver: [euler, dopri5], steps: [1, 2], tolerance: 1e-3}
metrics: [mmd]
when:
  - {if: {net: {name: attention}}, then: {net: {depth: [1, 2], heads: 2}, train: {rate: [1e-3, 3e-4]}}}
  - {if: {coupling: ot}, then: {train: {batch: [64, 128]}}}
  - {if: {sample: {solver: dopri5}}, then: {sample: {tolerance: [1e-3, 1e-5]}}}
`

// TestWhenInSpecs: conditions multiply settings where they are met, and the key of each is that of the same setting written out.
func TestWhenInSpecs(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte(conditional))
	if err != nil {
		t.Fatal(err)
	}
	// Nets: 1 mlp, and 2 depths by 2 rates of attention; pairs: 1 independent, and 2 batches of ot; samplers: 2 steps, 2 tolerances.
	if n := len(spec.Settings); n != (1+4)*(1+2)*(2+2) {
		t.Errorf("%d settings", n)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	written, err := Parse("b.yaml", []byte(`name: b
target: {name: gaussians, dim: 4}
coupling: ot
net: {name: attention, width: 8, depth: 2, heads: 2}
train: {steps: 10, rate: 3e-4, batch: 64}
seeds: 2
sample: {solver: dopri5, tolerance: 1e-5}
metrics: [mmd]
`))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := written.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, fit := range alone.Fits {
		i := slices.IndexFunc(plan.Fits, func(f Fit) bool { return f.Key == fit.Key })
		if i < 0 || !slices.ContainsFunc(plan.Fits[i].Runs, func(r Run) bool { return r.Key == fit.Runs[0].Key }) {
			t.Errorf("the fit %s, or its run, is not in the sweep with conditions", fit.Key)
		}
	}
}

// TestSweptByConditions: what a condition sweeps varies, with the values of those that do not meet it among its levels, and a
// setting that lacks a parameter has no value.
func TestSweptByConditions(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte(conditional))
	if err != nil {
		t.Fatal(err)
	}
	labels := NewLabels(spec.Settings)
	levels := map[string][]string{}
	for _, s := range labels.Swept() {
		levels[s.Name] = s.Levels
	}
	want := map[string][]string{
		"coupling": {"independent", "ot"}, "net": {"mlp", "attention"}, "depth": {"1", "2", "3"}, "batch": {"64", "128", "256"}, "rate": {"0.0003", "0.001"},
		"solver": {"euler", "dopri5"}, "steps": {"1", "2"}, "tolerance": {"0.00001", "0.001"},
	}
	if fmt.Sprint(levels) != fmt.Sprint(want) {
		t.Errorf("swept are\n%v\nwant\n%v", levels, want)
	}
	seen := map[string]bool{}
	for i := range spec.Settings {
		if seen[labels.Setting(i)] {
			t.Errorf("two settings are called %q", labels.Setting(i))
		}
		seen[labels.Setting(i)] = true
	}
}

// TestIfsOfSpecs: what an if of each kind of value asks for.
func TestIfsOfSpecs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, asks string
		met        int // settings
	}{
		{"coupling: [ot, {name: sinkhorn, epsilon: [0.1, 0.2]}]", "coupling: sinkhorn", 2},
		{"coupling: [ot, {name: sinkhorn, epsilon: [0.1, 0.2]}]", "coupling: {name: sinkhorn, epsilon: 0.2}", 1},
		{"coupling: [ot, {name: sinkhorn, epsilon: [0.1, 0.2]}]", "coupling: [ot, {name: sinkhorn, epsilon: 0.2}]", 2},
		{"coupling: [ot, {reflow: {steps: [4, 8]}}]", "coupling: reflow", 2},
		{"coupling: [ot, {reflow: {steps: [4, 8]}}]", "coupling: {reflow: {steps: 8}}", 1},
		{"path: [condot, {name: polynomial, power: [2, 3]}]", "path: polynomial", 2},
		{"sample: {solver: [heun, dopri5], steps: [2, 4]}", "sample: {steps: 2}", 1}, // dopri5 has no steps
		{"sample: {solver: [heun, dopri5], steps: [2, 4], tolerance: [1e-3, 1e-4]}", "sample: {tolerance: 1e-4}", 1},
		{"net: {activation: [elu, silu], width: [8, 16]}", "net: {activation: silu}", 2},
		{"train: {rate: [1e-3, 0.01]}", "train: {rate: 1e-2}", 1},
		{"source: [noise, {name: gaussians, radius: 2}]", "source: noise", 1},
	} {
		spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\nmetrics: [mmd]\n"+c.text+"\nwhen: [{if: {"+c.asks+"}, then: {train: {batch: 77}}}]\n"))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		met := 0
		for _, s := range spec.Settings {
			if s.Train.Batch == 77 {
				met++
			}
		}
		if met != c.met {
			t.Errorf("%s, if %s: %d of %d settings meet it, want %d", c.text, c.asks, met, len(spec.Settings), c.met)
		}
	}
}

// TestWhenKeepsChecks: what conditions make is checked together like any setting, and what no draw meets is said.
func TestWhenKeepsChecks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"net: {name: [mlp, attention], width: 8}\nwhen: [{if: {net: {name: attention}}, then: {net: {heads: 3}}}]":    "3 heads do not divide the width 8",
		"coupling: [independent, ot]\nwhen: [{if: {coupling: ot}, then: {sample: {solver: euler, sde: {noise: 1}}}}]": "noise on the way needs the score",
		"net: {width: [64, 32]}\nwhen: [{if: {net: {width: 46}}, then: {train: {rate: 1}}}]":                          "a.yaml:4:13: no setting meets this",
	} {
		if _, err := Parse("a.yaml", []byte("name: a\ntarget: moons\n"+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\nrandom: {count: 2, net: {width: [8, 16]}}\nwhen: [{if: {net: {width: 9}}, then: {train: {rate: 1}}}]"))
	if err != nil || !slices.ContainsFunc(spec.Cautions(), func(c string) bool { return strings.HasPrefix(c, "no draw meets the if on line 4") }) {
		t.Errorf("cautions %q, %v", spec.Cautions(), err)
	}
}
