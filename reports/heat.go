package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// heatLimits are how many times the anchor the means of a shade may be, from the best shade but one to the worst but one. The anchor is
// what counts as good: so equal shades mean equal things on all pages.
var heatLimits = []float64{1.5, 2.5, 5, 10, 25}

// shades is the number of colours of the heat table: the best is that of all settings that are as good as the target or as the best.
var shades = len(heatLimits) + 2

// goodShade is the best of them.
var goodShade = shades - 1

// heat is the table of a metric by sampler and steps for the recipe of the chosen setting. The metric is that of the choice
// or, if that depends only on the net, the first that does not.
type heat struct {
	Recipe, Metric string
	Efforts        []string // numbers of steps, then tolerances
	Rows           []heatRow
	Legend         []heatShade
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
	for i := range r.Summaries {
		if r.labels.Recipe(i) != h.Recipe {
			continue
		}
		settings = append(settings, i)
		if !slices.Contains(samplers, r.labels.Sampler(i)) {
			samplers = append(samplers, r.labels.Sampler(i))
		}
	}
	if len(settings) < 2 {
		return h
	}
	anchor := r.anchor(h.Metric, settings)
	h.Legend = r.heatLegend(h.Metric, anchor)
	h.Efforts = r.efforts(settings)
	for _, sampler := range samplers {
		row := heatRow{sampler, r.labels.Whole(sampler), slices.Repeat([]heatCell{{Text: noCell.Text, Shade: -1}}, len(h.Efforts))}
		for _, i := range settings {
			if r.labels.Sampler(i) == sampler {
				row.Cells[slices.Index(h.Efforts, r.labels.Effort(i))] = r.heatCell(h.Metric, i, anchor)
			}
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

// heatShade is a colour of the heat table and what it means.
type heatShade struct {
	Shade int
	Text  string
}

// anchor returns the mean up to which settings are as good as the target: the noise floor of the metric or, if that is not known, the
// upper end of the interval of the lowest mean.
func (r report) anchor(metric string, settings []int) float64 {
	anchor, lowest := math.Inf(-1), math.Inf(1)
	for _, i := range settings {
		if n, ok := r.noiseFloor(i, metric); ok {
			anchor = max(anchor, n.q95)
		}
	}
	if anchor > 0 {
		return anchor
	}
	for _, i := range settings {
		if st, ok := r.Summaries[i].Stat(metric); ok && st.Mean < lowest {
			lowest, anchor = st.Mean, st.Mean
			if number.Finite(st.High) {
				anchor = st.High
			}
		}
	}
	return anchor
}

// heatLegend says what the shades mean, from the best to the worst.
func (r report) heatLegend(metric string, anchor float64) (list []heatShade) {
	good := "within the noise floor"
	if _, known := r.noiseFloor(r.chosen, metric); !known {
		good = "within the interval of the best"
	}
	if len(r.ties(metric)) > 1 {
		good += ", or tied with the best"
	}
	list = append(list, heatShade{goodShade, good})
	if !(anchor > 0) {
		return append(list, heatShade{0, "above"})
	}
	for k, times := range heatLimits {
		list = append(list, heatShade{goodShade - 1 - k, "up to " + number.Text(times*anchor)})
	}
	return append(list, heatShade{0, "above"})
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

func (r report) heatCell(metric string, i int, anchor float64) heatCell {
	st, ok := r.Summaries[i].Stat(metric)
	if !ok || st.N == 0 {
		return heatCell{Text: noCell.Text, Shade: -1}
	}
	c := heatCell{NFE: nfe(r.Summaries[i]), Shade: -1, Chosen: i == r.chosen}
	c.Text, c.Ends = twoLines(number.Interval(st.Mean, st.Low, st.High))
	if number.Finite(st.Mean) {
		c.Shade = r.shade(metric, i, st, anchor)
	}
	return c
}

// shade returns the shade of a setting: the best if nothing tells it from the target or from the best setting, and otherwise by how
// many times the anchor its mean is.
func (r report) shade(metric string, i int, st experiments.Stat, anchor float64) int {
	if slices.Contains(r.ties(metric), i) || r.withinNoise(i, metric) || st.Mean <= anchor {
		return goodShade
	}
	if !(anchor > 0) {
		return 0
	}
	for k, times := range heatLimits {
		if st.Mean <= times*anchor {
			return goodShade - 1 - k
		}
	}
	return 0
}

// callsTable answers how many velocity calls can be saved: for each solver, the fewest calls with which a setting is as good as the
// best. There is none where all settings have one solver.
func (r report) callsTable() *figure.Table {
	if r.chosen < 0 {
		return nil
	}
	metric := r.Sweep.Spec.Choose.Metric
	if r.ofNet(metric) {
		return nil
	}
	var solvers []string
	at := map[string][]int{}
	for i, s := range r.Summaries {
		if st, ok := s.Stat(metric); !ok || math.IsNaN(st.Mean) || s.Setting.MeasuredForm() != r.Summaries[r.chosen].Setting.MeasuredForm() {
			continue
		}
		name := s.Setting.Sample.Solver.Name
		if at[name] == nil {
			solvers = append(solvers, name)
		}
		at[name] = append(at[name], i)
	}
	if len(solvers) < 2 {
		return nil
	}
	t := figure.Table{Head: []string{"solver", "velocity calls", "setting", metric, "as good as the best"}, Text: 1}
	for _, name := range solvers {
		i, reached := r.fewestCalls(at[name], metric)
		s := r.Summaries[i]
		st, _ := s.Stat(metric)
		answer := "no: its best setting"
		if reached {
			answer = "yes"
		}
		t.Add(name, nfe(s), r.labels.Setting(i), number.Interval(st.Mean, st.Low, st.High), answer)
	}
	return &t
}

// fewestCalls returns the setting with the fewest velocity calls of those that are as good as the best, or else the one with the lowest
// mean.
func (r report) fewestCalls(of []int, metric string) (i int, reached bool) {
	good := slices.DeleteFunc(slices.Clone(of), func(i int) bool { return !slices.Contains(r.Choice.Tied, i) })
	if len(good) > 0 {
		return slices.MinFunc(good, func(a, b int) int { return cmp.Compare(r.Summaries[a].NFE, r.Summaries[b].NFE) }), true
	}
	return slices.MinFunc(of, func(a, b int) int {
		x, _ := r.Summaries[a].Stat(metric)
		y, _ := r.Summaries[b].Stat(metric)
		return cmp.Compare(x.Mean, y.Mean)
	}), false
}

// tuningTable puts each setting with a fitted solver beside the best other solver with as many velocity calls, and each with a fitted
// grid beside even steps, from fresh noise.
func (r report) tuningTable() *figure.Table {
	t := figure.Table{Head: []string{"setting", "from a dense solve", "compared with, as many calls", "from a dense solve", "paired test"}, Text: 1}
	for i, s := range r.Summaries {
		tuned, ok := s.Tuned()
		if !ok {
			continue
		}
		verdict := "nearer"
		switch {
		case tuned.Better():
		case tuned.Grid:
			verdict = fmt.Sprintf("no better for %d of %d seeds, which take even steps", tuned.Seeds-tuned.Nearer, tuned.Seeds)
		default:
			verdict = fmt.Sprintf("no difference for %d of %d seeds: needs no tuning", tuned.Seeds-tuned.Nearer, tuned.Seeds)
		}
		t.Add(r.labels.Setting(i), number.Text(tuned.RMSE), tuned.Against, number.Text(tuned.AgainstRMSE), verdict)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}

// tuning says how the solver of the chosen setting does on fresh noise, if it is a fitted one.
func (r report) tuning() string {
	if r.chosen < 0 {
		return ""
	}
	return r.Summaries[r.chosen].TuningWords(r.labels.Setting(r.chosen))
}

// calls returns a number of velocity calls, with its digits in groups of three.
func calls(n experiments.Calls) string {
	digits, fraction, broken := strings.Cut(n.String(), ".")
	if broken {
		return number.Grouped(digits) + "." + fraction
	}
	return number.Grouped(digits)
}

// callCount returns the number of velocity calls with its noun.
func callCount(n experiments.Calls) string {
	if n == 1 {
		return "1 velocity call"
	}
	return calls(n) + " velocity calls"
}
