package conditions

import (
	"context"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/pipeline/job"
	"flowsweep/store"
)

// grouping assigns points to groups by what they are given, so that the spread of those given the same can be compared.
type grouping struct {
	count int
	of    func(row []float64) int // -1 for no condition
}

// eighths is the number of groups of a condition that is a number, of which each has as many points of the truth.
const eighths = 8

// groupingOf returns the groups of a condition: its classes, or the eighths of a number by the truth. ok is false for several numbers,
// of which hardly any two points have all in common.
func groupingOf(c given.Condition, truth flow.Batch) (g grouping, ok bool) {
	switch {
	case len(c.Classes) > 0:
		return grouping{len(c.Classes), given.ClassOf}, true
	case len(c.Numbers) != 1 || truth.Len() < eighths:
		return g, false
	}
	values := make([]float64, truth.Len())
	for i := range values {
		values[i] = truth.GivenTo(i)[1]
	}
	slices.Sort(values)
	return grouping{eighths, func(row []float64) int {
		if row[0] == 0 {
			return -1
		}
		k := 0
		for k+1 < eighths && row[1] > values[(k+1)*len(values)/eighths] {
			k++
		}
		return k
	}}, true
}

// fewest is the number of points of a group, of the samples and of the truth, below which its spread is not compared.
const fewest = 5

// Diversity returns how diverse samples are that are given the same, as a share of how diverse the truth is: the mean over the groups of
//
//	tr Cov(samples of the group) / tr Cov(truth of the group)
//
// It is 1 for samples of the truth, and 0 for samples that are all the same. It is NaN if no group has enough points.
func (g grouping) diversity(samples, truth flow.Batch) float64 {
	spread, real := g.traces(samples), g.traces(truth)
	sum, n := 0., 0.
	for k := range spread {
		if real[k] > 0 && !math.IsNaN(spread[k]) {
			sum, n = sum+spread[k]/real[k], n+1
		}
	}
	return sum / n
}

// traces returns the trace of the covariance of every group, NaN for those of few points.
func (g grouping) traces(x flow.Batch) []float64 {
	rows := make([][]int, g.count)
	for i := range x.Len() {
		if k := g.of(x.GivenTo(i)); k >= 0 {
			rows[k] = append(rows[k], i)
		}
	}
	traces := make([]float64, g.count)
	for k, list := range rows {
		if traces[k] = math.NaN(); len(list) < fewest {
			continue
		}
		_, std := x.Take(flow.Batch{}, list).Moments()
		traces[k] = 0
		for _, s := range std {
			traces[k] += s * s * float64(len(list)) / float64(len(list)-1)
		}
	}
	return traces
}

// diversities returns the diversity of the samples of every seed, of the settings that differ from the chosen one in nothing but the
// guidance, by their places. There are none if no other setting does.
func diversities(ctx context.Context, db *store.DB, spec experiments.Spec, summaries []experiments.Summary, chosen int) (map[int][]float64, error) {
	of := summaries[chosen].Setting
	truth := job.Reference(spec, of)
	g, ok := groupingOf(of.Target.Given, truth)
	var alike []int
	for i, s := range summaries {
		if but(s.Setting) == but(of) {
			alike = append(alike, i)
		}
	}
	if !ok || len(alike) < 2 {
		return nil, nil
	}
	list := map[int][]float64{}
	for _, i := range alike {
		for _, r := range summaries[i].Runs {
			x, err := Samples(ctx, db, spec, r)
			if err != nil {
				return nil, err
			}
			if d := g.diversity(of.Target.Project(x), truth); !math.IsNaN(d) {
				list[i] = append(list[i], d)
			}
		}
	}
	return list, nil
}
