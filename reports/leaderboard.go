package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// topRows is the number of settings in the part of the leaderboard that is always open.
const topRows = 20

// leaderboard lists the settings by rising mean of the metric of the choice.
type leaderboard struct {
	Head []string
	Rows []row
}

// First returns the part that is always open.
func (b leaderboard) First() leaderboard {
	return leaderboard{b.Head, b.Rows[:min(len(b.Rows), topRows)]}
}

// Rest returns the part that is closed at first, or nil.
func (b leaderboard) Rest() *leaderboard {
	if len(b.Rows) <= topRows {
		return nil
	}
	return &leaderboard{b.Head, b.Rows[topRows:]}
}

type row struct {
	Label, Full            string
	Chosen, Tied, Baseline bool
	Cells                  []cell
}

// cell is a text, the number to sort it by, and whether it is marked as within the noise.
type cell struct {
	Text, Ends string // the ends of an interval have their own line
	Sort       string
	InNoise    bool
}

// twoLines splits an interval into the mean and the ends.
func twoLines(interval string) (mean, ends string) {
	mean, ends, found := strings.Cut(interval, " [")
	if !found || strings.HasPrefix(mean, "(") { // they share a power of ten
		return interval, ""
	}
	return mean, "[" + ends
}

func (r report) leaderboard() leaderboard {
	b := leaderboard{Head: append(r.metrics(), "behind the best", "seeds", "NFE", "ms per sample", "params", "fit s")}
	for _, i := range r.ranked() {
		b.Rows = append(b.Rows, r.row(i))
	}
	r.addBaselines(&b)
	return b
}

// ranked returns the settings by rising mean of the metric of the choice, those without one last.
func (r report) ranked() []int {
	order := make([]int, len(r.Summaries))
	mean := make([]float64, len(r.Summaries))
	for i, s := range r.Summaries {
		order[i], mean[i] = i, math.Inf(1)
		if st, ok := s.Stat(r.Sweep.Spec.Choose.Metric); ok && !math.IsNaN(st.Mean) {
			mean[i] = st.Mean
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	return order
}

func (r report) row(i int) row {
	s := r.Summaries[i]
	out := row{Label: r.labels.Setting(i), Full: r.labels.Full(i), Chosen: r.isChosen(i), Tied: r.tied(i)}
	for _, m := range r.metrics() {
		out.Cells = append(out.Cells, r.meanCell(s, m))
	}
	out.Cells = append(out.Cells, r.behind(i))
	seeds := cell{Text: number.Whole(len(s.Runs)), Sort: strconv.Itoa(len(s.Runs))}
	if len(s.Runs) < s.Planned {
		seeds.Text = fmt.Sprintf("%d of %d", len(s.Runs), s.Planned)
	}
	out.Cells = append(out.Cells, seeds)
	if len(s.Runs) == 0 {
		return fill(out, len(r.metrics())+6)
	}
	out.Cells = append(out.Cells,
		callCell(s),
		cell{Text: number.Text(milliseconds(s)), Sort: sortable(milliseconds(s))},
		cell{Text: number.Whole(s.Params), Sort: strconv.Itoa(s.Params)},
		cell{Text: number.Text(fitSeconds(s)), Sort: sortable(fitSeconds(s))})
	return out
}

// meanCell returns the mean of a metric over the seeds, with its interval.
func (r report) meanCell(s experiments.Summary, metric string) cell {
	st, ok := s.Stat(metric)
	if !ok || len(s.Runs) == 0 {
		return noCell
	}
	c := cell{Sort: sortable(st.Mean), InNoise: r.inNoise(s.Setting, st)}
	c.Text, c.Ends = twoLines(number.Interval(st.Mean, st.Low, st.High))
	return c
}

// noCell is an empty cell, which sorts last.
var noCell = cell{Text: "–", Sort: "inf"}

func fill(r row, n int) row {
	for len(r.Cells) < n {
		r.Cells = append(r.Cells, noCell)
	}
	return r
}

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
func (r report) behind(i int) cell {
	c, ok := r.choiceOf(i)
	if !ok || i >= len(c.Margins) || !number.Finite(c.Margins[i].Mean) {
		return noCell
	}
	if i == c.Best {
		return cell{Text: "lowest", Sort: "0"}
	}
	m := c.Margins[i]
	mean, ends := twoLines(number.Interval(m.Mean, m.Low, m.High))
	return cell{Text: mean, Ends: ends, Sort: sortable(m.Mean)}
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
func callCell(s experiments.Summary) cell {
	mean, maxCalls, _ := strings.Cut(nfe(s), " ")
	return cell{Text: mean, Ends: maxCalls, Sort: strconv.FormatFloat(float64(s.NFE), 'g', -1, 64)}
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
