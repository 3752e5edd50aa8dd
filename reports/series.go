package reports

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
)

// cost is what the quality of a setting is drawn against.
type cost struct {
	axis, short string
	of          func(experiments.Summary) float64
	ticks       plot.Ticker
}

var (
	byCalls = cost{"velocity calls a sample (NFE)", "NFE", func(s experiments.Summary) float64 { return float64(s.NFE) }, doublingTicks{}}
	byTime  = cost{"milliseconds a sample", "ms a sample", milliseconds, logTicks{}}
	bySize  = cost{"parameters of the net", "parameters", func(s experiments.Summary) float64 { return float64(s.Params) }, logTicks{}}
)

// series is the settings of one recipe and sampler through their step counts: a line of a figure.
type series struct {
	recipe, sampler string
	target          string
	look            look
	points          []point
}

// point is a setting in a figure of a metric against a cost.
type point struct {
	setting         int // index into the summaries
	cost            float64
	mean, low, high float64 // the ends of the interval may be NaN
	seeds           int
	front           bool    // no other setting is at least as good in both
	noise           noise   // what the truth itself reads there; n is 0 where that is not known
	least           float64 // the least value there can be; NaN where that is not known or has no place on the axis
}

// facts returns the metric of that name, or none where the sweep has none.
func (r report) facts(name string) metric.Metric {
	for _, m := range r.Sweep.Spec.Metrics {
		if m.Name == name {
			return m
		}
	}
	return metric.Metric{}
}

// chosenStat returns the figure of the chosen setting for the first metric, in the order of metric.Metrics, that has the fact
// and a finite mean, if there is one.
func (r report) chosenStat(fact func(metric.Metric) bool) (experiments.Stat, bool) {
	for _, m := range metric.Metrics {
		if st, ok := r.Summaries[r.chosen].Stat(m.Name); ok && fact(m) && finite(st.Mean) {
			return st, true
		}
	}
	return experiments.Stat{}, false
}

// ofNet reports whether a metric is one of the net, which has the same value however that is sampled.
func (r report) ofNet(metric string) bool { return r.facts(metric).OfNet != nil }

// settings returns the settings that a figure against the cost shows: all, or one a recipe where the cost is that of the
// net. Of a recipe it takes the chosen setting, or else the first.
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

// series returns the lines of a figure of the metric against a cost, in the order of the summaries, and how many settings have no
// finite mean to draw.
func (r report) series(metric string, c cost) (list []series, missing int) {
	at := map[[2]string]int{}
	for _, i := range r.settings(c) {
		s := r.Summaries[i]
		st, ok := s.Stat(metric)
		if !ok || !finite(st.Mean) || !(c.of(s) > 0) {
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
		n, _ := r.noise(i, metric)
		list[j].points = append(list[j].points, point{
			setting: i, cost: c.of(s), mean: st.Mean, low: st.Low, high: st.High, seeds: st.N, noise: n, least: r.least(i, metric),
		})
	}
	for _, s := range list {
		slices.SortStableFunc(s.points, func(a, b point) int { return cmp.Compare(a.cost, b.cost) })
	}
	return list, missing
}

// markFront marks the points of the Pareto front of lowest cost and mean, and returns them by rising cost. Every target
// has its own front: figures of different ones do not compare.
func (r report) markFront(metric string, c cost, list []series) map[string][]point {
	fronts := map[string][]point{}
	for _, target := range names(list, func(s series) string { return s.target }) {
		var settings []int
		var shown []experiments.Summary
		for _, i := range r.settings(c) {
			if r.labels.Target(i) == target {
				settings, shown = append(settings, i), append(shown, r.Summaries[i])
			}
		}
		for _, at := range experiments.ParetoFront(shown, metric, c.of) {
			fronts[target] = append(fronts[target], onFront(list, settings[at])...)
		}
	}
	return fronts
}

// onFront marks the point of a setting as one of a front, and returns it.
func onFront(list []series, setting int) []point {
	for _, s := range list {
		for k := range s.points {
			if s.points[k].setting == setting {
				s.points[k].front = true
				return s.points[k : k+1]
			}
		}
	}
	return nil
}

// names returns the different names of the series, in order.
func names(list []series, name func(series) string) []string {
	var found []string
	for _, s := range list {
		if !slices.Contains(found, name(s)) {
			found = append(found, name(s))
		}
	}
	return found
}

// best keeps, in their order, the series of the n names with the lowest means, and says how many names it left out.
func best(list []series, name func(series) string, n int) (kept []series, dropped int) {
	all := names(list, name)
	if len(all) <= n {
		return list, 0
	}
	lowest := map[string]float64{}
	for _, s := range list {
		for _, p := range s.points {
			if least, ok := lowest[name(s)]; !ok || p.mean < least {
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

// frame is the part of the plane that a figure shows.
type frame struct {
	xlow, xhigh, ylow, yhigh float64
	linear                   bool // in y
	floor                    bool // ylow stands for all that is not positive
}

// frameOf returns the frame of every series, so that small multiples share their axes. Neither lower ends of intervals
// nor the noise stretch a logarithmic one by more than a factor of five.
func frameOf(list []series, linear bool) frame {
	f := frame{xlow: math.Inf(1), ylow: math.Inf(1), yhigh: math.Inf(-1), linear: linear}
	reach := math.Inf(1)
	for _, s := range list {
		for _, p := range s.points {
			f.xlow, f.xhigh = min(f.xlow, p.cost), max(f.xhigh, p.cost)
			highs, lows := []float64{p.mean, p.high}, []float64{p.low, p.least}
			if p.noise.n > 0 {
				highs, lows = append(highs, p.noise.q95), append(lows, p.noise.mean)
			}
			for _, y := range highs {
				if finite(y) {
					f.yhigh = max(f.yhigh, y)
				}
			}
			for _, y := range lows {
				if finite(y) && (y > 0 || linear) {
					reach = min(reach, y)
				}
			}
			if p.mean <= 0 && !linear {
				f.floor = true
				continue
			}
			f.ylow = min(f.ylow, p.mean)
		}
	}
	f.xlow, f.xhigh = f.xlow/1.3, f.xhigh*1.3
	if linear {
		return f.straight(reach)
	}
	if f.yhigh <= 0 {
		f.yhigh = 1
	}
	if math.IsInf(f.ylow, 1) {
		f.ylow = f.yhigh / 100
	}
	f.ylow = max(f.ylow/5, min(f.ylow, reach))
	if f.floor {
		f.ylow *= math.Pow(f.ylow/f.yhigh/2, .12)
	}
	f.ylow, f.yhigh = max(f.ylow/1.15, smallest), min(f.yhigh*1.3, largest)
	return f
}

// straight returns the frame with a margin on a linear axis, which reaches down to reach.
func (f frame) straight(reach float64) frame {
	f.ylow = min(f.ylow, reach)
	margin := max(.08*(f.yhigh-f.ylow), .01*math.Abs(f.yhigh), smallest)
	f.ylow, f.yhigh = max(f.ylow-margin, -largest), min(f.yhigh+margin, largest)
	return f
}

// smallest and largest bound an axis, so that its ends can be divided, and their difference taken, without overflow.
const smallest, largest = 1e-300, 1e300

// y returns where a mean is drawn: at the lower edge if it has no place on a logarithmic axis.
func (f frame) y(mean float64) float64 { return min(max(mean, f.ylow), f.yhigh) }

// open reports whether a mean has no place on the axis.
func (f frame) open(mean float64) bool { return mean <= 0 && !f.linear }
