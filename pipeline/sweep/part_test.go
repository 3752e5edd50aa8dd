package sweep

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
)

// parted is a spec of chains of fits whose costs differ.
const parted = `name: parted
target: moons
coupling: [independent, ot, {reflow: {rounds: 2, pairs: 100}}, {reflow: {rounds: 1, pairs: 100}}]
net: {width: [8, 16, 40]}
train: {steps: [100, 250]}
seeds: 3
`

func partedPlan(t *testing.T) experiments.Plan {
	t.Helper()
	spec, err := experiments.Parse("parted.yaml", []byte(parted))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestParts checks that each fit is in exactly one part, in the order of the plan, with its teacher, and that no part has much more to do
// than another.
func TestParts(t *testing.T) {
	t.Parallel()
	plan := partedPlan(t)
	for n := 1; n <= 7; n++ {
		in := map[string]int{} // part of a fit
		costs := make([]float64, n)
		for k := 1; k <= n; k++ {
			at := -1
			for _, fit := range (Part{k, n}).Of(plan).Fits {
				next := slices.IndexFunc(plan.Fits, func(f experiments.Fit) bool { return f.Key == fit.Key })
				if in[fit.Key] != 0 || next <= at {
					t.Errorf("fit %s is in the parts %d and %d of %d, at %d after %d", fit.Key, in[fit.Key], k, n, next, at)
				}
				at, in[fit.Key] = next, k
				costs[k-1] += job.Multiplications(fit.Recipe)
			}
		}
		for _, fit := range plan.Fits {
			if in[fit.Key] == 0 || fit.Teacher != "" && in[fit.Teacher] != in[fit.Key] {
				t.Errorf("of %d parts, fit %s is in %d and its teacher in %d", n, fit.Key, in[fit.Key], in[fit.Teacher])
			}
		}
		// Here the dearest chains are a twelfth of all.
		if least, most := slices.Min(costs), slices.Max(costs); most > 1.25*least {
			t.Errorf("of %d parts, one costs %g and another %g", n, most, least)
		}
	}
	if whole := (Part{}).Of(plan); len(whole.Fits) != len(plan.Fits) {
		t.Errorf("the whole has %d of %d fits", len(whole.Fits), len(plan.Fits))
	}
}

func TestParsePart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Part{"1/1": {1, 1}, "2/3": {2, 3}, "1000/1000": {1000, 1000}} {
		if got, err := ParsePart(text); err != nil || got != want || got.Whole() {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "/", "1", "0/3", "4/3", "-1/3", "1/0", "0/0", "1/3/5", "+1/3", "01/3", " 1/3", "1/3 ", "1/ 3", "1.0/3", "one/3", "1/99999999999999999999"} {
		if p, err := ParsePart(text); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("%q: got %v, %v, want an error", text, p, err)
		}
	}
}

func ExampleParsePart() {
	part, err := ParsePart("1/3")
	fmt.Println(part, err)
	_, err = ParsePart("4/3")
	fmt.Println(err)
	// Output:
	// 1/3 <nil>
	// "4/3" is no part: use K/N, such as 1/3 for the first of three
}
