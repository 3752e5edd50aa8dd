package reports

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments"
)

// shades is the number of tints of the heat table.
const shades = 7

// heat is the chosen metric over samplers and steps, for the recipe of the chosen setting; where that metric is the net's
// own, the first that is not.
type heat struct {
	Recipe, Metric string
	Efforts        []string // numbers of steps, then tolerances
	Rows           []heatRow
}

type heatRow struct {
	Sampler string
	Cells   []heatCell
}

type heatCell struct {
	Text, Ends, NFE string
	Shade           int // 0 worst to shades-1 best; -1 for none
	Chosen          bool
}

// heat returns the table, without rows where there is nothing to compare.
func (r report) heat() heat {
	h := heat{Metric: r.Sweep.Spec.Choose.Metric}
	if at := slices.IndexFunc(r.metrics(), func(m string) bool { return !r.ofNet(m) }); r.ofNet(h.Metric) && at >= 0 {
		h.Metric = r.metrics()[at]
	}
	if r.chosen < 0 || r.ofNet(h.Metric) {
		return h
	}
	h.Recipe = r.labels.Recipe(r.chosen)
	var samplers []string
	var of []int
	samplings := map[string]experiments.Sampling{} // one of each effort
	low, high := math.Inf(1), math.Inf(-1)
	for i, s := range r.Summaries {
		if r.labels.Recipe(i) != h.Recipe {
			continue
		}
		of = append(of, i)
		if !slices.Contains(samplers, r.labels.Sampler(i)) {
			samplers = append(samplers, r.labels.Sampler(i))
		}
		if !slices.Contains(h.Efforts, r.labels.Effort(i)) {
			h.Efforts = append(h.Efforts, r.labels.Effort(i))
			samplings[r.labels.Effort(i)] = s.Setting.Sample
		}
		if st, ok := s.Stat(h.Metric); ok && finite(st.Mean) && st.Mean > 0 {
			low, high = min(low, st.Mean), max(high, st.Mean)
		}
	}
	if len(of) < 2 {
		return h
	}
	slices.SortStableFunc(h.Efforts, func(a, b string) int { return byEffort(samplings[a], samplings[b]) })
	for _, sampler := range samplers {
		line := heatRow{Sampler: sampler, Cells: make([]heatCell, len(h.Efforts))}
		for j := range line.Cells {
			line.Cells[j] = heatCell{Text: none.Text, Shade: -1}
		}
		for _, i := range of {
			if r.labels.Sampler(i) == sampler {
				line.Cells[slices.Index(h.Efforts, r.labels.Effort(i))] = r.heatCell(h.Metric, i, low, high)
			}
		}
		h.Rows = append(h.Rows, line)
	}
	return h
}

// byEffort orders numbers of steps, and after them tolerances from loose to tight.
func byEffort(a, b experiments.Sampling) int {
	return cmp.Or(
		cmp.Compare(a.Tolerance.Atol, 0)-cmp.Compare(b.Tolerance.Atol, 0),
		cmp.Compare(a.Steps, b.Steps),
		cmp.Compare(b.Tolerance.Atol, a.Tolerance.Atol), cmp.Compare(b.Tolerance.Rtol, a.Tolerance.Rtol))
}

func (r report) heatCell(metric string, i int, low, high float64) heatCell {
	st, ok := r.Summaries[i].Stat(metric)
	if !ok || st.N == 0 {
		return heatCell{Text: none.Text, Shade: -1}
	}
	c := heatCell{NFE: nfe(r.Summaries[i]), Shade: -1, Chosen: i == r.chosen}
	c.Text, c.Ends = twoLines(interval(st.Mean, st.Low, st.High))
	switch {
	case !finite(st.Mean):
	case st.Mean <= low || high <= low:
		c.Shade = shades - 1
	default:
		share := (math.Log(high) - math.Log(st.Mean)) / (math.Log(high) - math.Log(low))
		c.Shade = int(math.Round(share * (shades - 1)))
	}
	return c
}
