package metric

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// TestFactsAgree checks that the facts stated by each metric are consistent.
func TestFactsAgree(t *testing.T) {
	t.Parallel()
	names := map[string]bool{"": true}
	for _, m := range Metrics {
		names[m.Name] = true
	}
	for _, m := range Metrics {
		ways := 0
		for _, has := range []bool{m.Judge != nil, m.JudgeBy != nil, m.JudgeTable != nil, m.JudgeClasses != nil, m.JudgeMixture != nil, m.OfRun != nil, m.OfNet != nil} {
			if has {
				ways++
			}
		}
		ofNet := m.OfNet != nil || m.OfRun != nil
		for fault, found := range map[string]bool{
			"is measured in no way or several":                               ways != 1,
			"needs a flow from noise, but no net":                            m.FromNoise && !ofNet,
			"needs the exact velocity, but no net":                           m.ExactVelocity && !ofNet,
			"needs the exact velocity, but not a flow from noise":            m.ExactVelocity && !m.FromNoise,
			"lies above the floor, but does not need the exact velocity":     m.AboveFloor && !m.ExactVelocity,
			"has the entropy as its smallest value, but no sign":             m.Entropy && !m.Signed,
			"is replaced by an unknown metric":                               !names[m.Instead],
			"is replaced by itself":                                          m.Instead == m.Name,
			"must have a replacement if and only if it needs a mixture":      (m.JudgeMixture != nil) != (m.Instead != ""),
			"does not describe its smallest value in a sentence":             m.Least != "" && !strings.HasSuffix(m.Least, "."),
			"has an order other than 0, 1 and 2":                             m.Order < 0 || m.Order > 2,
			"is a distance with negative values":                             m.Order > 0 && m.Signed,
			"is permuted, but not measured on two samples":                   m.permute != nil && !m.TwoSamples(),
			"needs what points are given, but not two samples":               m.OfGiven && !m.TwoSamples(),
			"has a name in which a class would be read":                      Whole(m.Name) != m.Name,
			"solves assignments, but is not measured on two samples":         m.Assigned && !m.TwoSamples(),
			"is slow in some dimensions, but not measured on two samples":    m.SlowAbove != 0 && !m.TwoSamples(),
			"does not have a null of 99 values in one dimension":             m.NullCount(1) != 99,
			"has a null in two dimensions whose size does not suit its cost": m.NullCount(2) != map[bool]int{true: 19, false: 99}[m.Assigned || m.SlowAbove == 1],
			"has a large null where it is slow":                              m.SlowAbove > 0 && m.NullCount(m.SlowAbove+1) != 19,
		} {
			if found {
				t.Errorf("%s %s", m.Name, fault)
			}
		}
	}
}

// TestOrders: moving points changes a distance of order p by at most the p-mean of the moves. Moving one of 80 points
// far away changes it by more than the mean of the next lower order.
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
			t.Errorf("%s of order %d grows by %g, but the mean of that order is %g", m.Name, m.Order, by, mean(m.Order))
		}
	}
}
