package metric

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// TestFactsAgree holds what every metric says of itself together.
func TestFactsAgree(t *testing.T) {
	t.Parallel()
	names := map[string]bool{"": true}
	for _, m := range Metrics {
		names[m.Name] = true
	}
	for _, m := range Metrics {
		ways := 0
		for _, has := range []bool{m.Judge != nil, m.JudgeMixture != nil, m.OfRun != nil, m.OfNet != nil} {
			if has {
				ways++
			}
		}
		ofNet := m.OfNet != nil || m.OfRun != nil
		for fault, found := range map[string]bool{
			"is measured in no way, or in several":                               ways != 1,
			"needs a flow from noise, but no net":                                m.FromNoise && !ofNet,
			"needs the exact velocity, but no net":                               m.ExactVelocity && !ofNet,
			"needs the exact velocity, which is known from noise alone":          m.ExactVelocity && !m.FromNoise,
			"lies above the floor, which is that of the exact velocity":          m.AboveFloor && !m.ExactVelocity,
			"has the entropy as its least, but no sign":                          m.Entropy && !m.Signed,
			"is to be replaced by one that is not there":                         !names[m.Instead],
			"is to be replaced by itself":                                        m.Instead == m.Name,
			"has no other metric for targets that are no mixture, or needs none": (m.JudgeMixture != nil) != (m.Instead != ""),
			"says what the least is in no sentence":                              m.Least != "" && !strings.HasSuffix(m.Least, "."),
			"is a distance of another order than transport has":                  m.Order < 0 || m.Order > 2,
			"is a distance below 0":                                              m.Order > 0 && m.Signed,
			"is permuted, but not of two samples":                                m.permute != nil && !m.TwoSamples(),
			"takes assignments, but is not of two samples":                       m.Assigned && !m.TwoSamples(),
			"has another null in one dimension":                                  m.NullCount(1) != 99,
			"has another null in two dimensions than its assignments allow time": m.NullCount(2) != map[bool]int{true: 19, false: 99}[m.Assigned],
		} {
			if found {
				t.Errorf("%s %s", m.Name, fault)
			}
		}
	}
}

// TestOrders: moving the points of a sample changes a distance of order p by at most the p-mean of the moves.
func TestOrders(t *testing.T) {
	t.Parallel()
	for _, m := range Metrics {
		if m.Order == 0 {
			continue
		}
		reference, x, step := normal(80, 2, 0, "reference"), normal(80, 2, .5, "x"), normal(80, 2, 0, "step")
		judge := func(x flow.Batch) (Measurement, error) {
			return m.OfRun(Model{Ends: func(int) (flow.Batch, error) { return reference, nil }}, x)
		}
		if m.OfRun == nil {
			judge = mustJudge(t, m, reference)
		}
		moved, mean := x.Clone(), 0.
		for i := range x.Len() {
			for j, d := range step.Row(i) {
				moved.Row(i)[j] += .3 * d
			}
			mean += math.Pow(math.Sqrt(squaredDistance(moved.Row(i), x.Row(i))), float64(m.Order)) / float64(x.Len())
		}
		before, err := judge(x)
		if err != nil {
			t.Fatal(err)
		}
		after, err := judge(moved)
		if err != nil {
			t.Fatal(err)
		}
		if most := math.Pow(mean, 1/float64(m.Order)); math.Abs(after.Value-before.Value) > most+1e-12 {
			t.Errorf("%s moves from %g to %g, by more than %g", m.Name, before.Value, after.Value, most)
		}
	}
}
