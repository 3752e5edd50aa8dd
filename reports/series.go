package reports

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// cost is a quantity against which the quality of settings is drawn.
type cost struct {
	axis, short string
	of          func(experiments.Summary) float64
	ticks       plot.Ticker
}

var (
	byCalls = cost{"velocity calls per sample (NFE)", "NFE", func(s experiments.Summary) float64 { return float64(s.NFE) }, ticks.Doubling{}}
	byTime  = cost{"milliseconds per sample", "ms per sample", milliseconds, ticks.Log{}}
	bySize  = cost{"parameters of the net", "parameters", func(s experiments.Summary) float64 { return float64(s.Params) }, ticks.Log{}}
)

// series is one line of a figure: the settings of one recipe and sampler with different numbers of steps.
type series struct {
	recipe, sampler string
	target          string
	style           figure.Style
	points          []point
}

// point is a setting in a figure of a metric against a cost.
type point struct {
	setting         int // index into the summaries
	cost            float64
	mean, low, high float64 // low and high may be NaN
	seeds           int
	front, chosen   bool       // front is whether it is on the Pareto front
	noise           noiseFloor // n is 0 if it is not known
	bound           float64    // lowest possible value; NaN if it is not known or not finite
}

// metric returns the metric with this name, or the zero Metric if the sweep has none.
func (r report) metric(name string) metric.Metric {
	for _, m := range r.Sweep.Spec.Metrics {
		if m.Name == name {
			return m
		}
	}
	return metric.Metric{}
}

// chosenStat returns the chosen setting's Stat of the first metric in metric.Metrics that is wanted and has a finite mean, and
// whether there is one.
func (r report) chosenStat(wanted func(metric.Metric) bool) (experiments.Stat, bool) {
	for _, m := range metric.Metrics {
		if st, ok := r.Summaries[r.chosen].Stat(m.Name); ok && wanted(m) && number.Finite(st.Mean) {
			return st, true
		}
	}
	return experiments.Stat{}, false
}

// ofNet reports whether a metric depends only on the net, not on how it is sampled.
func (r report) ofNet(metric string) bool { return r.metric(metric).OfNet != nil }

// settings returns the settings in a figure against the cost. If the cost is the size of the net, that is one per recipe: the
// chosen setting, or else the first.
func (r report) settings(c cost) []int {
	var list []int
	at := map[string]int{}
	for i := range r.Summaries {
		recipe := r.labels.Recipe(i)
		j, seen := at[recipe]
		switch {
		case c.axis != bySize.axis || !seen:
			at[recipe] = len(list)
			list = append(list, i)
		case i == r.chosen:
			list[j] = i
		}
	}
	return list
}

// series returns the lines of a figure of the metric against a cost, in the order of the summaries, and the number of
// settings without a finite mean.
func (r report) series(metric string, c cost) (list []series, missing int) {
	at := map[[2]string]int{}
	for _, i := range r.settings(c) {
		s := r.Summaries[i]
		st, ok := s.Stat(metric)
		if !ok || !number.Finite(st.Mean) || !(c.of(s) > 0) {
			missing++
			continue
		}
		key := [2]string{r.labels.Recipe(i), r.labels.Sampler(i)}
		if c.axis == bySize.axis {
			key[1] = ""
		}
		j, ok := at[key]
		if !ok {
			j = len(list)
			at[key] = j
			list = append(list, series{recipe: key[0], sampler: key[1], target: r.labels.Target(i)})
		}
		n, _ := r.noiseFloor(i, metric)
		list[j].points = append(list[j].points, point{
			setting: i, cost: c.of(s), mean: st.Mean, low: st.Low, high: st.High, seeds: st.N, chosen: i == r.chosen, noise: n,
			bound: r.lowerBound(i, metric),
		})
	}
	for _, s := range list {
		slices.SortStableFunc(s.points, func(a, b point) int { return cmp.Compare(a.cost, b.cost) })
	}
	return list, missing
}

// markFront marks the points on the Pareto front of cost and mean, and returns them as fronts does.
func (r report) markFront(metric string, c cost, list []series) map[string][]point {
	fronts := r.fronts(metric, c, list, func(experiments.Summary) bool { return true })
	for target := range fronts {
		for i := range fronts[target] {
			p := &fronts[target][i]
			p.front, pointOf(list, p.setting).front = true, true
		}
	}
	return fronts
}

// frontsUntuned returns the Pareto fronts of the settings that need no tuning, as fronts does. There are none if that is all settings,
// or if the cost is the size of the net, which tuning does not change.
func (r report) frontsUntuned(metric string, c cost, list []series) map[string][]point {
	tuned := func(s experiments.Summary) bool { return s.Setting.Sample.Fitted() }
	if c.axis == bySize.axis || r.ofNet(metric) || !slices.ContainsFunc(r.Summaries, tuned) {
		return nil
	}
	return r.fronts(metric, c, list, func(s experiments.Summary) bool { return !tuned(s) })
}

// fronts returns the points on the Pareto front of the settings of a kind, by target and rising cost. Every target has its own front,
// as their figures are not comparable.
func (r report) fronts(metric string, c cost, list []series, kind func(experiments.Summary) bool) map[string][]point {
	fronts := map[string][]point{}
	for _, target := range distinct(list, func(s series) string { return s.target }) {
		var settings []int
		var shown []experiments.Summary
		for _, i := range r.settings(c) {
			if r.labels.Target(i) == target && kind(r.Summaries[i]) {
				settings, shown = append(settings, i), append(shown, r.Summaries[i])
			}
		}
		for _, at := range experiments.ParetoFront(shown, metric, c.of) {
			if p := pointOf(list, settings[at]); p != nil {
				fronts[target] = append(fronts[target], *p)
			}
		}
	}
	return fronts
}

// pointOf returns the point of a setting, or nil if it has none.
func pointOf(list []series, setting int) *point {
	for _, s := range list {
		for k := range s.points {
			if s.points[k].setting == setting {
				return &s.points[k]
			}
		}
	}
	return nil
}

// distinct returns the distinct names of the series, in order.
func distinct(list []series, name func(series) string) []string {
	var found []string
	for _, s := range list {
		if !slices.Contains(found, name(s)) {
			found = append(found, name(s))
		}
	}
	return found
}

// best keeps the series of the n names with the lowest means, in their order, and returns the number of names left out.
func best(list []series, name func(series) string, n int) (kept []series, dropped int) {
	all := distinct(list, name)
	if len(all) <= n {
		return list, 0
	}
	lowest := map[string]float64{}
	for _, s := range list {
		for _, p := range s.points {
			if low, ok := lowest[name(s)]; !ok || p.mean < low {
				lowest[name(s)] = p.mean
			}
		}
	}
	ranked := slices.Clone(all)
	slices.SortStableFunc(ranked, func(a, b string) int { return cmp.Compare(lowest[a], lowest[b]) })
	for _, s := range list {
		if slices.Contains(ranked[:n], name(s)) {
			kept = append(kept, s)
		}
	}
	return kept, len(all) - n
}
