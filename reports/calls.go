package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/number"
)

// callsTable answers how many velocity calls can be saved: for each solver, the fewest calls with which a setting is as good as the
// best. There is none where all settings have one solver.
func (r report) callsTable() *table {
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
	t := table{Head: []string{"solver", "velocity calls", "setting", metric, "as good as the best"}, Text: 1}
	for _, name := range solvers {
		i, reached := r.fewestCalls(at[name], metric)
		s := r.Summaries[i]
		st, _ := s.Stat(metric)
		answer := "no: its best setting"
		if reached {
			answer = "yes"
		}
		t.add(name, nfe(s), r.labels.Setting(i), number.Interval(st.Mean, st.Low, st.High), answer)
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
func (r report) tuningTable() *table {
	t := table{Head: []string{"setting", "from a dense solve", "compared with, as many calls", "from a dense solve", "paired test"}, Text: 1}
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
		t.add(r.labels.Setting(i), number.Text(tuned.RMSE), tuned.Against, number.Text(tuned.AgainstRMSE), verdict)
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
