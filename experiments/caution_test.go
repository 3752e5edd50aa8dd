package experiments

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestCautions: the decay of step k is at most (1 + k) / (10 + k), so 1,000 steps reach 1001/1010 = .9911, and 3 steps leave
// 2/11 3/12 4/13 = 1.4 % of the initial weights.
func TestCautions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		train string
		want  []string // parts of the cautions
	}{
		{"steps: 1000", nil},
		{"steps: 1000, ema: 0.99", nil},
		{"steps: 10000, ema: 0.999", nil}, // reached at step 8,990
		{"steps: 1000, ema: 0.9999", []string{"ema 0.9999 is not reached in 1000 steps: its decay warms up as (1 + k) / (10 + k), to 0.9911,"}},
		{"steps: 1000, rate: [1e-3, 1e-2], ema: 0.9999", []string{"ema 0.9999"}},
		{"steps: 1000, ema: [0.9999, 0.995]", []string{"ema 0.9999", "ema 0.995 is"}},
		{"steps: 3, ema: 0.9", []string{"ema 0.9 is not reached in 3 steps", "ema 0.9 with 3 steps: the averaged weights hold 1.4 % of the initial ones"}},
		{"steps: 4, ema: 0.3", nil},
	} {
		spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\ntrain: {"+c.train+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := spec.Cautions()
		if len(got) != len(c.want) || slices.ContainsFunc(c.want, func(part string) bool {
			return !slices.ContainsFunc(got, func(caution string) bool { return strings.Contains(caution, part) })
		}) {
			t.Errorf("%s: got %q, want %q", c.train, got, c.want)
		}
	}
}

// TestAverageOfWeights compares the closed forms with the steps themselves, for decays that are reached at once, late, at the
// last step, and never.
func TestAverageOfWeights(t *testing.T) {
	t.Parallel()
	for _, train := range []Train{{Steps: 50, EMA: .1}, {Steps: 200, EMA: .9}, {Steps: 80, EMA: .9}, {Steps: 79, EMA: .9}, {Steps: 300, EMA: .999}, {Steps: 1, EMA: .5}} {
		left, age := 1., 0.
		for k := 1.; k <= float64(train.Steps); k++ {
			decay := min(train.EMA, (1+k)/(10+k))
			left *= decay
			age = decay * (age + 1)
		}
		_, gotLeft, gotAge := train.average()
		if math.Abs(gotLeft/left-1) > 1e-10 || math.Abs(gotAge/age-1) > 1e-10 { // hundreds of roundings
			t.Errorf("%+v: left %g and age %g, want %g and %g", train, gotLeft, gotAge, left, age)
		}
	}
}
