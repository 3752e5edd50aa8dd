package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/reports/number"
)

// shades is the number of colours of the heat table.
const shades = 7

// heat is the table of a metric by sampler and steps for the recipe of the chosen setting. The metric is that of the choice
// or, if that depends only on the net, the first that does not.
type heat struct {
	Recipe, Metric string
	Efforts        []string // numbers of steps, then tolerances
	Rows           []heatRow
	Note           string // on means outside the scale of the colours
}

type heatRow struct {
	Sampler, Whole string // Whole is what Sampler is short for, or empty
	Cells          []heatCell
}

type heatCell struct {
	Text, Ends, NFE string
	Shade           int // from 0, the worst, to shades-1, the best, or -1 for none
	Chosen          bool
}

// heat returns the table, without rows if there is nothing to compare.
func (r report) heat() heat {
	h := heat{Metric: r.heatMetric()}
	if r.chosen < 0 || r.ofNet(h.Metric) {
		return h
	}
	h.Recipe = r.labels.Recipe(r.chosen)
	var settings []int // of the recipe
	var samplers []string
	var means []float64
	for i, s := range r.Summaries {
		if r.labels.Recipe(i) != h.Recipe {
			continue
		}
		settings = append(settings, i)
		if !slices.Contains(samplers, r.labels.Sampler(i)) {
			samplers = append(samplers, r.labels.Sampler(i))
		}
		if st, ok := s.Stat(h.Metric); ok && number.Finite(st.Mean) && st.Mean > 0 {
			means = append(means, st.Mean)
		}
	}
	if len(settings) < 2 {
		return h
	}
	low, high := h.scale(means, r.upperLimit(h.Metric))
	h.Efforts = r.efforts(settings)
	for _, sampler := range samplers {
		row := heatRow{sampler, r.labels.Whole(sampler), slices.Repeat([]heatCell{{Text: noCell.Text, Shade: -1}}, len(h.Efforts))}
		for _, i := range settings {
			if r.labels.Sampler(i) == sampler {
				row.Cells[slices.Index(h.Efforts, r.labels.Effort(i))] = r.heatCell(h.Metric, i, low, high)
			}
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

// scale returns the means with the lightest and the darkest colour: the lowest and the highest up to the limit.
func (h *heat) scale(means []float64, limit float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	var far []float64
	for _, x := range means {
		if x > limit {
			far = append(far, x)
			continue
		}
		low, high = min(low, x), max(high, x)
	}
	if len(far) > 0 {
		h.Note = fmt.Sprintf("%s far above the others, at %s: as pale as the highest of those.", number.CountAre(len(far), "cell", "cells"), between(far))
	}
	return low, high
}

func (r report) heatMetric() string {
	chosen, metrics := r.Sweep.Spec.Choose.Metric, r.metrics()
	if at := slices.IndexFunc(metrics, func(m string) bool { return !r.ofNet(m) }); at >= 0 && r.ofNet(chosen) {
		return metrics[at]
	}
	return chosen
}

// efforts returns the distinct efforts of the settings, in order.
func (r report) efforts(settings []int) []string {
	var efforts []string
	samplings := map[string]experiments.Sampling{} // one for each effort
	for _, i := range settings {
		effort := r.labels.Effort(i)
		if _, ok := samplings[effort]; !ok {
			efforts = append(efforts, effort)
			samplings[effort] = r.Summaries[i].Setting.Sample
		}
	}
	slices.SortStableFunc(efforts, func(a, b string) int { return byEffort(samplings[a], samplings[b]) })
	return efforts
}

// byEffort orders numbers of steps, followed by tolerances from loose to tight.
func byEffort(a, b experiments.Sampling) int {
	return cmp.Or(
		cmp.Compare(a.Tolerance.Atol, 0)-cmp.Compare(b.Tolerance.Atol, 0),
		cmp.Compare(a.Steps, b.Steps),
		cmp.Compare(b.Tolerance.Atol, a.Tolerance.Atol), cmp.Compare(b.Tolerance.Rtol, a.Tolerance.Rtol))
}

func (r report) heatCell(metric string, i int, low, high float64) heatCell {
	st, ok := r.Summaries[i].Stat(metric)
	if !ok || st.N == 0 {
		return heatCell{Text: noCell.Text, Shade: -1}
	}
	c := heatCell{NFE: nfe(r.Summaries[i]), Shade: -1, Chosen: i == r.chosen}
	c.Text, c.Ends = twoLines(number.Interval(st.Mean, st.Low, st.High))
	switch {
	case !number.Finite(st.Mean):
	case st.Mean <= low || high <= low:
		c.Shade = shades - 1
	default:
		share := (math.Log(high) - math.Log(st.Mean)) / (math.Log(high) - math.Log(low))
		c.Shade = max(int(math.Round(share*(shades-1))), 0)
	}
	return c
}
