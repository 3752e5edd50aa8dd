package experiments

import (
	"cmp"
	"slices"

	"flowsweep/experiments/flow"
)

// ParetoFront returns the settings that no other beats in both the mean of the metric and the cost, by rising cost:
// each costs more than the one before and has a lower mean. Of equals it is the first. Settings that did not finish
// every seed with a finite value are left out, and so are costs that are not positive.
//
// Means are uncertain, and the far end of a front is where luck shows most: a setting of it that is tied with the best
// (Choice.Tied) is no better than the cheapest that is.
func ParetoFront(summaries []Summary, metric string, cost func(Summary) float64) []int {
	mean := func(i int) float64 {
		st, _ := summaries[i].Stat(metric)
		return st.Mean
	}
	var order []int
	for i, s := range summaries {
		if c := cost(s); s.Complete(metric) && c > 0 && flow.Finite(c) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(cost(summaries[i]), cost(summaries[j])), cmp.Compare(mean(i), mean(j)))
	})
	var front []int
	for _, i := range order {
		if len(front) == 0 || mean(i) < mean(front[len(front)-1]) {
			front = append(front, i)
		}
	}
	return front
}
