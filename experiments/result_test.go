package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/query"
)

// TestResultsAreFiltered checks that the fields of a run have the names of its JSON form, that all metrics are numbers,
// even if JSON cannot express them, and that the name of a metric alone stands for its value.
func TestResultsAreFiltered(t *testing.T) {
	t.Parallel()
	plan := planned(t, "name: a\ntarget: {name: moons, noise: 0.1}\nsample: {solver: [euler, heun], steps: [1, 8]}\n")
	metrics := []float64{0.5, math.NaN(), math.Inf(1), -2e-3}
	var results []Result
	for i, run := range plan.Fits[0].Runs { // euler 1, euler 8, heun 1, heun 8
		results = append(results, Result{
			Run: fmt.Sprint(i), State: Finished, Seed: 1<<63 + uint64(i), NFE: Calls(i), Error: []string{"", "nan", "", ""}[i],
			Setting: Setting{Recipe: plan.Fits[0].Recipe, Sample: run.Sampling},
			Metrics: []Value{{Name: "mmd", Value: metrics[i], SE: 0.25, P: 0.5}},
		})
	}
	sweep := Sweep{Spec: plan.Spec}
	for text, want := range map[string]string{
		`solver = "heun" and steps >= 8`:                                     "3",
		`target = "moons" and noise = 0.1 and train.steps > 1 and steps = 1`: "02",
		`seed = 9223372036854775809`:                                         "1",
		`mmd = nan`:                                                          "1",
		`mmd = inf`:                                                          "2",
		`metrics_se.mmd = 0.25`:                                              "0123",
		`error = "nan"`:                                                      "1",
	} {
		condition, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := query.Filter(condition, results, sweep.Fields)
		got := ""
		for _, r := range kept {
			got += r.Run
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestFieldsAreAbsent checks that what a run does not have is absent rather than 0 or empty, in JSON and in conditions, and that
// each field has its name in a spec.
func TestFieldsAreAbsent(t *testing.T) {
	t.Parallel()
	plan := planned(t, "name: a\ntarget: moons\nmetrics: [mmd, energy]\nsample: {solver: [euler, dopri5], steps: 4, tolerance: [1e-3, {atol: 1e-3, rtol: 1e-4}]}\n")
	sweep := Sweep{Name: "a", Spec: plan.Spec}
	for i, run := range plan.Fits[0].Runs { // euler, dopri5 with one tolerance, dopri5 with two
		sweep.Results = append(sweep.Results, Result{
			Run: fmt.Sprint(i), State: Finished, NFE: 20, NFEMax: 26, FitSeconds: 1, Params: 9, Engine: "go", Commit: "c",
			Setting: Setting{Recipe: plan.Fits[0].Recipe, Sample: run.Sampling}, Metrics: []Value{{Name: "mmd", Value: 1}},
		})
	}
	queued := Result{Run: "3", Fit: "f", State: Queued, Setting: sweep.Results[0].Setting}
	sweep.Results = append(sweep.Results, queued)
	sweep.SetRemarks([]Remark{
		{Kind: "run", Key: "1", Tags: []string{"good"}, Note: "mine"},
		{Kind: "fit", Key: "f", Tags: []string{"1e5", "wide"}, Note: "fit's"},
		{Kind: "sweep", Key: "a", Tags: []string{"paper"}},
		{Kind: "sweep", Key: "b", Tags: []string{"other"}},
	})
	for text, want := range map[string]string{
		`steps <= 20`: "03", `not steps > 20`: "03", `steps != 4 or not steps = 4`: "", `sample.steps = 4`: "03", `train.steps > 4`: "0123",
		`tolerance = 1e-3`: "1", `sample.tolerance < 1`: "1", `tolerance.rtol = 1e-4`: "2", `sample.tolerance.atol = 1e-3`: "12", `rtol > 0`: "12",
		`grid = "uniform"`: "03", `sample.grid != "uniform"`: "", `sample.solver = "dopri5"`: "12", `sample.count = 2000`: "0123", `seeds = 0`: "0123",
		`nfe < 100`: "012", `not nfe > 100`: "012", `nfe_max = 26`: "012", `params > 0`: "012", `fit_seconds >= 0`: "012", `sample_seconds = 0`: "012",
		`engine = "go"`: "012", `not commit = "x"`: "012", `error = ""`: "0123", `energy < 1 or not energy < 1`: "", `not mmd > 1`: "012",
		`tag = "good"`: "1", `tags = "paper"`: "0123", `tag != "good"`: "023", `not tag ~ "oo"`: "023", `tag = "1e5"`: "3", `tag = "other"`: "",
		`memorised = true or not memorised = true`: "", `note = "mine"`: "1", `not note = "mine"`: "", `fit_note ~ "fit"`: "3", `sweep_note = "x" or not sweep_note = "x"`: "",
	} {
		condition, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := query.Filter(condition, sweep.Results, sweep.Fields)
		got := ""
		for _, r := range kept {
			got += r.Run
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
	shares := sweep.Results[0]
	shares.Metrics = []Value{{Name: "nn-share", Value: .5, SE: .1}, {Name: "near-share", Value: 0, SE: .1}}
	if fields, err := sweep.Fields(shares); err != nil || !slices.ContainsFunc(fields, func(f query.Field) bool {
		return f.Key == "memorised" && f.Value == "false"
	}) {
		t.Errorf("a run whose shares are measured has no memorised = false (%v)", err)
	}
	for i, absent := range []string{"tolerance note fit_note", "steps grid fit_note sweep_note", "steps grid memorised", "nfe nfe_max fit_seconds sample_seconds params commit engine note"} {
		var object map[string]any
		if err := json.Unmarshal([]byte(Form(sweep.Results[i])), &object); err != nil {
			t.Fatal(err)
		}
		for _, key := range strings.Fields(absent) {
			if v, ok := object[key]; ok {
				t.Errorf("run %d has %s: %v", i, key, v)
			}
		}
	}
}
