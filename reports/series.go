package reports

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"

	"flowsweep/experiments"
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
)

// series is the settings of one recipe and sampler through their step counts: a line of a figure.
type series struct {
	recipe, sampler string
	look            look
	points          []point
}

// point is a setting in a figure of a metric against a cost.
type point struct {
	setting         int // index into the summaries
	cost            float64
	mean, low, high float64 // the ends of the interval may be NaN
	seeds           int
	front           bool // no other setting is at least as good in both
}

// series returns the lines of a figure of the metric against a cost, in the order of the summaries, and how many settings have no
// finite mean to draw.
func (r report) series(metric string, c cost) (list []series, missing int) {
	at := map[[2]string]int{}
	for i, s := range r.Summaries {
		st, ok := s.Stat(metric)
		if !ok || !finite(st.Mean) || !(c.of(s) > 0) {
			missing++
			continue
		}
		key := [2]string{r.labels.Recipe(i), r.labels.sampler(i)}
		j, ok := at[key]
		if !ok {
			j = len(list)
			at[key] = j
			list = append(list, series{recipe: key[0], sampler: key[1]})
		}
		list[j].points = append(list[j].points, point{
			setting: i, cost: c.of(s), mean: st.Mean, low: st.Low, high: st.High, seeds: st.N,
		})
	}
	for _, s := range list {
		slices.SortStableFunc(s.points, func(a, b point) int { return cmp.Compare(a.cost, b.cost) })
	}
	return list, missing
}

// markFront marks the points of the Pareto front of lowest cost and mean, and returns them by rising cost.
func (r report) markFront(metric string, c cost, list []series) []point {
	var front []point
	for _, i := range experiments.ParetoFront(r.Summaries, metric, c.of) {
		for _, s := range list {
			for k := range s.points {
				if s.points[k].setting == i {
					s.points[k].front = true
					front = append(front, s.points[k])
				}
			}
		}
	}
	return front
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
	floor                    bool // ylow stands for all that is not positive
}

// frameOf returns the frame of every series, so that small multiples share their axes. Lower ends of intervals do not
// stretch it by more than a factor of five.
func frameOf(list []series) frame {
	f := frame{xlow: math.Inf(1), ylow: math.Inf(1)}
	reach := math.Inf(1)
	for _, s := range list {
		for _, p := range s.points {
			f.xlow, f.xhigh = min(f.xlow, p.cost), max(f.xhigh, p.cost)
			f.yhigh = max(f.yhigh, p.mean)
			if finite(p.high) {
				f.yhigh = max(f.yhigh, p.high)
			}
			if p.mean <= 0 {
				f.floor = true
				continue
			}
			f.ylow = min(f.ylow, p.mean)
			if low := p.low; low > 0 {
				reach = min(reach, low)
			}
		}
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
	return frame{f.xlow / 1.3, f.xhigh * 1.3, max(f.ylow/1.15, smallest), min(f.yhigh*1.3, largest), f.floor}
}

// smallest and largest bound a logarithmic axis, so that its ends can be divided without overflow.
const smallest, largest = 1e-300, 1e300

// y returns where a mean is drawn: at the lower edge if it has no place on a logarithmic axis.
func (f frame) y(mean float64) float64 { return min(max(mean, f.ylow), f.yhigh) }
