package reports

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/reports/board"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// addStrips draws the metric of the choice in its cells, all on one scale, that of the figures, and says which that is. Without a
// finite mean there is no scale.
func (r report) addStrips(rows []board.Row) (scale string) {
	metric := r.Sweep.Spec.Choose.Metric
	list, _ := r.series(metric, byCalls)
	r.markFront(metric, byCalls, list)
	var others series
	for _, of := range r.Sweep.Baselines() {
		if p, ok := r.stripPoint(of.Summary, metric); ok && number.Finite(p.mean) {
			others.points = append(others.points, p)
		}
	}
	if len(others.points) > 0 {
		list = append(list, others)
	}
	if len(list) == 0 {
		return ""
	}
	f := frameOf(list, list, r.metric(metric).Signed).upTo(r.stripLimit(rows))
	for i := range rows {
		s := r.summaryOf(rows[i])
		if p, ok := r.stripPoint(s, metric); ok && len(s.Runs) > 0 && number.Finite(p.mean) {
			rows[i].Cells[choiceColumn].Strip = f.strip(p).SVG()
		}
	}
	scale = number.Text(f.ylow) + " to " + number.Text(f.yhigh)
	if !f.linear {
		scale += ", log"
	}
	return scale
}

// stripLimit returns the end of a scale that tells the best rows apart: it holds these with their intervals, the chosen ones and half
// of all.
func (r report) stripLimit(rows []board.Row) float64 {
	rows = slices.DeleteFunc(slices.Clone(rows), func(row board.Row) bool { return !number.Finite(row.Mean) })
	slices.SortStableFunc(rows, func(a, b board.Row) int { return cmp.Compare(a.Mean, b.Mean) })
	limit := math.Inf(-1)
	for i, row := range rows {
		p, _ := r.stripPoint(r.summaryOf(row), r.Sweep.Spec.Choose.Metric)
		if i < board.TopRows || row.Chosen {
			limit = max(limit, p.mean)
			if number.Finite(p.high) {
				limit = max(limit, p.high)
			}
		}
		if i <= (len(rows)-1)/2 {
			limit = max(limit, p.mean)
		}
		if p.noise.n > 0 {
			limit = max(limit, p.noise.q95)
		}
	}
	return limit
}

// upTo returns the frame with a lower upper end, which values above are beyond.
func (f frame) upTo(limit float64) frame {
	if f.linear {
		limit += .02 * (limit - f.ylow)
	} else {
		limit *= 1.05
	}
	if limit > f.ylow && limit < f.yhigh {
		f.yhigh, f.limit = limit, limit
	}
	return f
}

// summaryOf returns the setting or baseline of a row.
func (r report) summaryOf(row board.Row) experiments.Summary {
	if row.Baseline {
		return r.Sweep.Baselines()[row.Setting-len(r.Summaries)].Summary
	}
	return r.Summaries[row.Setting]
}

// stripPoint returns what a strip shows of a setting.
func (r report) stripPoint(s experiments.Summary, metric string) (point, bool) {
	st, ok := s.Stat(metric)
	n, _ := r.noiseOf(s.Setting, metric)
	return point{setting: -1, cost: 1, mean: st.Mean, low: st.Low, high: st.High, noise: n, bound: math.NaN()}, ok
}

// place returns where a value lies on the vertical axis, from 0 at its lower end to 1.
func (f frame) place(y float64) float64 {
	if f.linear {
		return (f.y(y) - f.ylow) / (f.yhigh - f.ylow)
	}
	return math.Log(f.y(y)/f.ylow) / math.Log(f.yhigh/f.ylow)
}

// strip draws a point along the vertical axis of the frame.
func (f frame) strip(p point) figure.Strip {
	s := figure.Strip{Dot: f.place(p.mean), Low: math.NaN(), High: math.NaN(), Open: f.open(p.mean), Beyond: f.beyond(p.mean)}
	if number.Finite(p.low) && number.Finite(p.high) && p.high > f.ylow && p.low < f.yhigh {
		s.Low, s.High = f.place(p.low), f.place(p.high)
	}
	if p.noise.n > 0 && p.noise.q95 > f.ylow {
		s.BandLow, s.BandHigh = f.place(p.noise.mean), f.place(p.noise.q95)
	}
	return s
}
