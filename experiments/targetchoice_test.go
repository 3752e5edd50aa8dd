package experiments

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestByTarget: a narrow target has a low nll, whatever the net, so each target has its own choice, among its own settings.
func TestByTarget(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: [moons, {name: gaussians, std: 0.02}]\nseeds: 3\nnet: {width: [8, 16, 32]}\nmetrics: [nll, path-rmse]\n"))
	if err != nil {
		t.Fatal(err)
	}
	nll := map[string][]float64{"moons 8": {2, 2.1, 2.05}, "moons 16": {1.5, 1.6, 1.55}, "moons 32": {1.5, 1.61, 1.54}, "gaussians 8": {-.9, -1.1, -1}, "gaussians 16": {-2, -2.1, -1.9}, "gaussians 32": {-2, -2.1, math.NaN()}}
	sweep := Sweep{Spec: spec}
	for seed := range 3 {
		for _, s := range spec.Settings {
			v := nll[fmt.Sprintf("%s %d", s.Target.Name, s.Net.Width)][seed]
			sweep.Results = append(sweep.Results, Result{State: Finished, Seed: uint64(seed), Setting: s, Params: s.Net.Width, Metrics: []Value{{Name: "nll", Value: v}}})
		}
	}
	got := spec.Choose.ByTarget(sweep.Summaries(), settingName)
	if len(got) != 2 {
		t.Fatalf("%d choices, want one for each of 2 targets", len(got))
	}
	for k, want := range []TargetChoice{
		{Settings: []int{0, 1, 2}, Choice: Choice{Chosen: 1, Best: 1, Tied: []int{1, 2}, Reason: "cheapest of 2 nets tied with the best (setting 1) at 95 % confidence over 3 seeds"}},
		{Settings: []int{3, 4, 5}, Choice: Choice{Chosen: 4, Best: 4, Tied: []int{4}, Reason: "best of 2 nets by mean nll over 3 seeds; no other is tied with it at 95 % confidence"}},
	} {
		g := got[k]
		if g.Err != nil || !slices.Equal(g.Settings, want.Settings) || g.Chosen != want.Chosen || g.Best != want.Best || !slices.Equal(g.Tied, want.Tied) || g.Reason != want.Reason {
			t.Errorf("target %d: got %+v (%v), want %+v", k, g.Choice, g.Err, want)
		}
		for i, m := range g.Margins {
			if own := slices.Contains(want.Settings, i) && i != 5; math.IsNaN(m.Mean) == own {
				t.Errorf("target %d: the margin of setting %d is %+v", k, i, m)
			}
		}
	}
	for i := range sweep.Results {
		if sweep.Results[i].Setting.Target.Name == "moons" {
			sweep.Results[i].State = Failed
		}
	}
	if got := spec.Choose.ByTarget(sweep.Summaries(), settingName); got[0].Err == nil || got[0].Chosen != -1 || got[1].Err != nil || got[1].Chosen != 4 {
		t.Errorf("without moons: %+v", got)
	}
	if got := spec.Choose.ByTarget(nil, settingName); len(got) != 1 || got[0].Err == nil {
		t.Errorf("of nothing: %+v", got)
	}
}
