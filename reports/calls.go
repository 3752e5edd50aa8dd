package reports

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments"
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
		if st, ok := s.Stat(metric); !ok || math.IsNaN(st.Mean) || experiments.Form(s.Setting.Target) != experiments.Form(r.Summaries[r.chosen].Setting.Target) {
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
		t.add(name, nfe(s), r.labels.Setting(i), interval(st.Mean, st.Low, st.High), answer)
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

// tunings says of each setting with a fitted solver how that does on fresh noise.
func (r report) tunings() (list []string) {
	for i, s := range r.Summaries {
		if text := s.TuningWords(r.labels.Setting(i)); text != "" {
			list = append(list, text+".")
		}
	}
	return list
}
