package reports

import (
	"math"
	"slices"
)

// shades is the number of tints of the heat table.
const shades = 7

// heat is the chosen metric over samplers and steps, for the recipe of the chosen setting.
type heat struct {
	Recipe, Metric string
	Steps          []int
	Rows           []heatRow
}

type heatRow struct {
	Sampler string
	Cells   []heatCell
}

type heatCell struct {
	Text, NFE string
	Shade     int // 0 worst to shades-1 best; -1 for none
	Chosen    bool
}

// heat returns the table, without rows where there is nothing to compare.
func (r report) heat() heat {
	h := heat{Metric: r.Sweep.Spec.Choose.Metric}
	if r.chosen < 0 {
		return h
	}
	h.Recipe = r.labels.Recipe(r.chosen)
	var samplers []string
	var of []int
	low, high := math.Inf(1), math.Inf(-1)
	for i, s := range r.Summaries {
		if r.labels.Recipe(i) != h.Recipe {
			continue
		}
		of = append(of, i)
		if !slices.Contains(samplers, r.labels.sampler(i)) {
			samplers = append(samplers, r.labels.sampler(i))
		}
		if !slices.Contains(h.Steps, s.Setting.Sample.Steps) {
			h.Steps = append(h.Steps, s.Setting.Sample.Steps)
		}
		if st, ok := s.Stat(h.Metric); ok && finite(st.Mean) && st.Mean > 0 {
			low, high = min(low, st.Mean), max(high, st.Mean)
		}
	}
	if len(of) < 2 {
		return h
	}
	slices.Sort(h.Steps)
	for _, sampler := range samplers {
		line := heatRow{Sampler: sampler, Cells: make([]heatCell, len(h.Steps))}
		for j := range line.Cells {
			line.Cells[j] = heatCell{Text: none.Text, Shade: -1}
		}
		for _, i := range of {
			if r.labels.sampler(i) == sampler {
				line.Cells[slices.Index(h.Steps, r.Summaries[i].Setting.Sample.Steps)] = r.heatCell(i, low, high)
			}
		}
		h.Rows = append(h.Rows, line)
	}
	return h
}

func (r report) heatCell(i int, low, high float64) heatCell {
	st, ok := r.Summaries[i].Stat(r.Sweep.Spec.Choose.Metric)
	if !ok || st.N == 0 {
		return heatCell{Text: none.Text, Shade: -1}
	}
	c := heatCell{Text: interval(st.Mean, st.Low, st.High), NFE: calls(r.Summaries[i].NFE), Shade: -1, Chosen: i == r.chosen}
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
