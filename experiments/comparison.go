package experiments

import (
	"math"
	"slices"

	"flowsweep/experiments/metric"
)

// comparison compares settings by a metric.
type comparison struct {
	settings      int // number of candidates
	seeds         int // per candidate
	best          int
	tied          []int           // sorted; only the best if there are too few seeds to tell
	margins       []metric.Margin // of all settings
	withinIgnored bool            // Choose.Within is set, but the best mean may be 0
}

// enoughSeeds reports whether there are enough seeds to tell settings apart.
func (t comparison) enoughSeeds() bool { return t.seeds >= minSeeds }

// noMargin is the margin of a setting that was not compared.
var noMargin = metric.Margin{Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}

// compare compares the candidates, which are sorted by increasing cost, by Choose.Metric. They are compared on the scale
// of the one with the lowest mean.
func (c Choose) compare(summaries []Summary, candidates []int) comparison {
	t := comparison{
		settings: len(candidates), seeds: summaries[candidates[0]].Planned, margins: slices.Repeat([]metric.Margin{noMargin}, len(summaries)),
	}
	means := make([]float64, len(candidates))
	values := make([][]float64, len(candidates))
	lowest := 0
	for k, i := range candidates {
		st, _ := summaries[i].Stat(c.Metric)
		means[k], values[k] = st.Mean, summaries[i].values(c.Metric)
		if means[k] < means[lowest] {
			lowest = k
		}
	}
	equal := func(int) bool { return false }
	if t.enoughSeeds() {
		st, _ := summaries[candidates[lowest]].Stat(c.Metric)
		best, margins := metric.Margins(values, st.Scale, c.Confidence)
		lowest = best
		equal = func(k int) bool { return margins[k].Tied() }
		for k, i := range candidates {
			t.margins[i] = margins[k]
		}
	} else {
		for k, i := range candidates {
			t.margins[i].Mean = means[k] - means[lowest]
		}
	}
	t.best = candidates[lowest]
	st, _ := summaries[t.best].Stat(c.Metric)
	limit := c.limit(st)
	t.withinIgnored = c.Within > 0 && c.Rule != ruleBest && math.IsInf(limit, -1)
	byShare := c.Rule == ruleWithin || t.enoughSeeds()
	for k, i := range candidates {
		if k == lowest || byShare && means[k] <= limit || equal(k) && (c.Rule != ruleWithin || t.withinIgnored) {
			t.tied = append(t.tied, i)
		}
	}
	slices.Sort(t.tied)
	return t
}

// limit returns the highest mean that lies within the given share of the best mean. It is negative infinity if no share
// is given, or if the best mean may be 0 or less, as that of an unbiased mmd may: a share of it then means nothing.
func (c Choose) limit(best Stat) float64 {
	if c.Within == 0 || c.Rule == ruleBest || !(best.Mean > 0) || best.Low <= 0 {
		return math.Inf(-1)
	}
	return best.Mean * (1 + c.Within)
}

// pick returns the cheapest of the tied settings by the order, or the best if the rule asks for that.
func (c Choose) pick(summaries []Summary, t comparison, order func(a, b Summary, metric string) int) int {
	chosen := t.best
	if c.Rule == ruleBest {
		return chosen
	}
	for _, i := range t.tied {
		if order(summaries[i], summaries[chosen], c.Metric) < 0 {
			chosen = i
		}
	}
	return chosen
}
