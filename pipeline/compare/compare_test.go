package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/reports/comparison"
)

const small = `name: %s
target: {name: moons, noise: 0.05}
coupling: %s
net: {width: %s, depth: 2}
seeds: %s
sample: {solver: euler, steps: [1, 2], count: %s}
reference: {count: 100}
metrics: [sliced-w2, mmd]
`

// outcomeOf returns the outcome of a spec with made-up results: value gives that of a run.
func outcomeOf(t *testing.T, text string, value func(r experiments.Result) float64) ship.Outcome {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	sweep := experiments.Sweep{Name: spec.Name, Spec: spec}
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			r := experiments.Result{
				Sweep: spec.Name, Fit: fit.Key, Run: run.Key, Reference: run.Reference, State: experiments.Finished, Seed: fit.Seed,
				Setting: experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling}, NFE: experiments.Calls(run.Sampling.Steps),
			}
			v := value(r)
			r.Metrics = []experiments.Value{{Name: "sliced-w2", Value: v}, {Name: "mmd", Value: v * v}}
			sweep.Results = append(sweep.Results, r)
		}
	}
	return ship.New(sweep)
}

// steady grows with the seed and falls with the steps.
func steady(r experiments.Result) float64 {
	return (1 + .01*float64(r.Seed)) / float64(r.Setting.Sample.Steps)
}

// TestMatches: settings belong together by what both sweeps share.
func TestMatches(t *testing.T) {
	t.Parallel()
	base := fmt.Sprintf(small, "a", "independent", "[8, 16]", "3", "100")
	for _, c := range []struct {
		name, text   string
		labels       string
		onlyA, onlyB int
	}{
		{"one field of all", fmt.Sprintf(small, "b", "ot", "[8, 16]", "3", "100"), "width 8 · 1 step, width 8 · 2 steps, width 16 · 1 step, width 16 · 2 steps", 0, 0},
		{"widths that overlap", fmt.Sprintf(small, "b", "independent", "[16, 32]", "3", "100"), "1 step, 2 steps", 2, 2},
		{"one width of two", fmt.Sprintf(small, "b", "ot", "16", "3", "100"), "1 step, 2 steps", 2, 0},
		{"another width", fmt.Sprintf(small, "b", "ot", "32", "3", "100"), "", 4, 2},
	} {
		pairs, a, b, err := matches(outcomeOf(t, base, steady), outcomeOf(t, c.text, steady))
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, p := range pairs {
			labels = append(labels, strings.ReplaceAll(p.label, "euler · ", ""))
		}
		if got := strings.Join(labels, ", "); got != c.labels || len(a) != c.onlyA || len(b) != c.onlyB {
			t.Errorf("%s: %q, %d and %d alone, want %q, %d and %d", c.name, got, len(a), len(b), c.labels, c.onlyA, c.onlyB)
		}
	}
}

// TestFields: every field that differs is named once with all its values, and none where only the order of a list differs.
func TestFields(t *testing.T) {
	t.Parallel()
	a := outcomeOf(t, fmt.Sprintf(small, "a", "independent", "[8, 16]", "3", "100"), steady).Sweep.Spec
	b := outcomeOf(t, fmt.Sprintf(small, "b", "ot", "[16, 8]", "4", "200")+"choose: {metric: mmd}\n", steady).Sweep.Spec
	got, err := specDifferences(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, f := range got {
		words = append(words, fmt.Sprint(f.Name, f.A)+fmt.Sprint(f.B))
	}
	want := []string{"coupling[independent][ot]", "sample.count[100][200]", "seeds[0 1 2][0 1 2 3]", "choose.metric[sliced-w2][mmd]"}
	if !slices.Equal(words, want) {
		t.Errorf("got %q, want %q", words, want)
	}
	if same, err := specDifferences(a, a); err != nil || len(same) != 0 {
		t.Errorf("a spec differs from itself: %v, %v", same, err)
	}
}

// TestRows: known differences are found, equal values are equal, and what must not be compared is not.
func TestRows(t *testing.T) {
	t.Parallel()
	better := func(r experiments.Result) float64 { return steady(r) * (.8 + .001*float64(r.Seed%2)) }
	shuffled := func(r experiments.Result) float64 { return steady(r) * (1 + .3*float64(int(r.Seed)%3-1)) }
	spec := func(seeds, count string) string { return fmt.Sprintf(small, "b", "ot", "[8, 16]", seeds, count) }
	a := outcomeOf(t, fmt.Sprintf(small, "a", "independent", "[8, 16]", "6", "100"), steady)
	for _, c := range []struct {
		name, text, finding, why, caution string
		value                             func(experiments.Result) float64
	}{
		{name: "a fifth lower", text: spec("6", "100"), value: better, finding: comparison.Better},
		{name: "the same values", text: spec("6", "100"), value: steady, finding: comparison.Equal},
		{name: "scattered", text: spec("6", "100"), value: shuffled, finding: comparison.NoneSeen},
		{name: "some seeds alike", text: spec("[0, 2, 4, 9]", "100"), value: better, finding: comparison.Better, caution: "of the 3 seeds that both have"},
		{name: "other seeds", text: spec("[10, 11, 12, 13]", "100"), value: better, finding: comparison.Better, caution: "not paired: the seeds are others"},
		{name: "two seeds", text: spec("2", "100"), value: better, finding: comparison.Untested, why: "at least 3 seeds"},
		{name: "more points", text: spec("6", "80"), value: better, finding: comparison.Untested, why: "it is of 100 points in one and of 80 in the other"},
		{name: "another target", text: strings.Replace(spec("6", "100"), "0.05", "0.1", 1), value: better, finding: comparison.Untested, why: "the targets differ"},
		{name: "another reference", text: strings.Replace(spec("6", "100"), "{count: 100}", "{count: 100, seed: 1}", 1), value: better, finding: comparison.Untested, why: "the references differ"},
	} {
		b := outcomeOf(t, c.text, c.value)
		pairs, _, _, err := matches(a, b)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := rowsOf(pairs, "sliced-w2")
		if err != nil || len(rows) != 4 {
			t.Fatalf("%s: %d rows, %v", c.name, len(rows), err)
		}
		for _, r := range rows {
			if r.Finding != c.finding || !strings.Contains(r.Why, c.why) || r.Caution != c.caution || (r.Versus == nil) != (c.finding == comparison.Untested) {
				t.Errorf("%s: %s: %s, %q, %q, want %s, %q, %q", c.name, r.Setting, r.Finding, r.Why, r.Caution, c.finding, c.why, c.caution)
			}
		}
	}
}
