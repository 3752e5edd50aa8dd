package reports

import (
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/board"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// sortable returns a number in the form that the page's script reads; numbers that are not finite sort last.
func sortable(x float64) string {
	if !number.Finite(x) {
		return "inf"
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// milliseconds returns the mean time per sample, when all samples are drawn in one batch.
func milliseconds(s experiments.Summary) float64 {
	return 1000 * s.SampleSeconds / float64(max(s.Setting.Sample.Count, 1))
}

func fitSeconds(s experiments.Summary) float64 {
	sum := 0.
	for _, run := range s.Runs {
		sum += run.FitSeconds
	}
	return sum / float64(len(s.Runs))
}

// tied reports whether setting i is tied with the best of its target.
func (r report) tied(i int) bool {
	c, ok := r.choiceOf(i)
	return ok && slices.Contains(c.Tied, i)
}

// ties returns the settings tied with the best if the metric is that of the choice, and otherwise none.
func (r report) ties(metric string) []int {
	if r.chosen < 0 || metric != r.Sweep.Spec.Choose.Metric {
		return nil
	}
	return r.Choice.Tied
}

// behind returns how far setting i is above the best of its target in the metric of the choice.
func (r report) behind(i int) board.Cell {
	c, ok := r.choiceOf(i)
	if !ok || i >= len(c.Margins) || !number.Finite(c.Margins[i].Mean) {
		return noCell
	}
	if i == c.Best {
		return board.Cell{Text: "lowest", Sort: "0"}
	}
	m := c.Margins[i]
	mean, ends := twoLines(number.Interval(m.Mean, m.Low, m.High))
	return board.Cell{Text: mean, Ends: ends, Sort: sortable(m.Mean)}
}

// metrics returns the names of the metrics, in the order of the spec.
func (r report) metrics() []string {
	var names []string
	for _, m := range r.Sweep.Spec.Metrics {
		names = append(names, m.Name)
	}
	return names
}

// nfe returns the mean number of velocity calls of a setting and, if samples differ, the maximum.
func nfe(s experiments.Summary) string {
	maxCalls := 0
	for _, run := range s.Runs {
		maxCalls = max(maxCalls, run.NFEMax)
	}
	return callRange(s.NFE, maxCalls)
}

// callCell returns the same on two lines.
func callCell(s experiments.Summary) board.Cell {
	mean, maxCalls, _ := strings.Cut(nfe(s), " ")
	return board.Cell{Text: mean, Ends: strings.Trim(maxCalls, "()"), Sort: strconv.FormatFloat(float64(s.NFE), 'g', -1, 64)}
}

// callRange returns a mean number of velocity calls and the maximum, if that is higher.
func callRange(mean experiments.Calls, maxCalls int) string {
	if float64(maxCalls) <= float64(mean) {
		return calls(mean)
	}
	return calls(mean) + " (max " + number.Whole(maxCalls) + ")"
}

func (r report) qualityTable(c cost, list []series) figure.Table {
	t := figure.Table{Head: []string{"setting", c.short, "mean", "low", "high", "seeds", "Pareto front"}, Text: 1}
	noisy := slices.ContainsFunc(list, func(s series) bool {
		return slices.ContainsFunc(s.points, func(p point) bool { return p.noise.n > 0 })
	})
	if noisy {
		t.Head = append(t.Head, "noise mean", "noise 95\u00a0%")
	}
	for _, s := range list {
		for _, p := range s.points {
			front, low, high := "", noCell.Text, noCell.Text
			if p.front {
				front = "yes"
			}
			if number.Finite(p.low) && number.Finite(p.high) {
				low, high = number.Text(p.low), number.Text(p.high)
			}
			label := r.labels.Setting(p.setting)
			if s.sampler == "" {
				label = s.recipe
			}
			cells := []string{label, number.Text(p.cost), number.Text(p.mean), low, high, number.Whole(p.seeds), front}
			switch {
			case p.noise.n > 0:
				cells = append(cells, number.Text(p.noise.mean), number.Text(p.noise.q95))
			case noisy:
				cells = append(cells, noCell.Text, noCell.Text)
			}
			t.AddFor(r.labels.Whole(label), cells...)
		}
	}
	return t
}
