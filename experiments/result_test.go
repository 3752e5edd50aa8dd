package experiments

import (
	"fmt"
	"math"
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
		kept, err := query.Filter(condition, results, Result.Fields)
		got := ""
		for _, r := range kept {
			got += r.Run
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}
