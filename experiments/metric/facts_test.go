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

// TestOrders: moving points changes a distance of order p by at most the p-mean of the moves, and moving one of 80 points
// far away by more than the mean of a lower order.
func TestOrders(t *testing.T) {
	t.Parallel()
	reference, x := normal(80, 2, 0, "reference"), normal(80, 2, .5, "x")
	moved := x.Clone()
	moved.Row(7)[0] += 300
	for _, m := range Metrics {
		if m.Order == 0 {
			continue
		}
		judge := func(x flow.Batch) (Measurement, error) {
			return m.OfRun(Model{Ends: func(int) (flow.Batch, error) { return reference, nil }}, x)
		}
		if m.Judge != nil {
			judge = mustJudge(t, m, reference)
		}
		before, err := judge(x)
		if err != nil {
			t.Fatal(err)
		}
		after, err := judge(moved)
		if err != nil {
			t.Fatal(err)
		}
		mean := func(p int) float64 { return 300 * math.Pow(1./80, 1/float64(p)) }
		if by := after.Value - before.Value; by > mean(m.Order) || m.Order > 1 && by < mean(m.Order-1) {
			t.Errorf("%s of order %d grows by %g, the mean of that order being %g", m.Name, m.Order, by, mean(m.Order))
		}
	}
}
