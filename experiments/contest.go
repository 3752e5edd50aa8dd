package experiments

import (
	"math"
	"slices"

	"flowsweep/experiments/metric"
)

// contest is what the seeds say of the settings that may be chosen.
type contest struct {
	settings int // that may be chosen
	seeds    int // of each
	best     int
	tied     []int           // by index
	margins  []metric.Margin // of all settings
	idle     bool            // a share of the best mean was asked for and means nothing
}

// judged reports whether there are seeds enough to tell settings apart.
func (t contest) judged() bool { return t.seeds >= leastSeeds }

// contest compares the settings of the pool, which are sorted by growing cost.
func (c Choose) contest(summaries []Summary, pool []int) contest {
	t := contest{settings: len(pool), seeds: summaries[pool[0]].Planned, margins: make([]metric.Margin, len(summaries))}
	for i := range t.margins {
		t.margins[i] = metric.Margin{Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	means := make([]float64, len(pool))
	values := make([][]float64, len(pool))
	lowest := 0
	for k, i := range pool {
		st, _ := summaries[i].Stat(c.Metric)
		means[k], values[k] = st.Mean, summaries[i].values(c.Metric)
		if means[k] < means[lowest] {
			lowest = k
		}
	}
	equal := func(k int) bool { return means[k] == means[lowest] }
	if t.judged() {
		best, margins := metric.Margins(values, c.Confidence)
		lowest = best
		equal = func(k int) bool { return margins[k].Tied() }
		for k, i := range pool {
			t.margins[i] = margins[k]
		}
	} else {
		for k, i := range pool {
			t.margins[i].Mean = means[k] - means[lowest]
		}
	}
	t.best = pool[lowest]
	st, _ := summaries[t.best].Stat(c.Metric)
	limit := c.limit(st)
	t.idle = c.Within > 0 && c.Rule != ruleBest && math.IsInf(limit, -1)
	for k, i := range pool {
		if k == lowest || means[k] <= limit || equal(k) && (c.Rule != ruleWithin || t.idle) {
			t.tied = append(t.tied, i)
		}
	}
	slices.Sort(t.tied)
	return t
}

// limit returns the mean up to which a setting lies within the share of the best mean that was asked for. A share of a
// mean that is not surely above 0 means nothing, such as that of an unbiased mmd: then, and where none was asked for,
// no mean lies within.
func (c Choose) limit(best Stat) float64 {
	if c.Within == 0 || c.Rule == ruleBest || !(best.Mean > 0) || best.Low <= 0 {
		return math.Inf(-1)
	}
	return best.Mean * (1 + c.Within)
}
