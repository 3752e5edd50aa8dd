package show

import (
	"fmt"
	"maps"
	"slices"

	"flowsweep/experiments"
)

// printFigures prints the metrics and the losses, a line each.
func (s shown) printFigures(line func(name string, value any)) {
	for _, name := range slices.Sorted(maps.Keys(s.Metrics)) {
		line(name, s.measured(name))
	}
	if len(s.MetricsSE) > 0 {
		line("±", "one standard error: other noise and another reference move the value by about as much")
	}
	printLosses(s.Losses, s.State, s.Teacher != "", line)
	printTunings(s.Tunings, line)
}

// printLosses prints the losses worth printing, and the lowest on held-out rows or, of a student, pairs, a line each.
func printLosses(losses []shownLoss, state experiments.State, student bool, line func(name string, value any)) {
	for _, l := range keyLosses(losses, state) {
		line("loss", fmt.Sprintf("%v at step %d", l.Value, l.Step))
	}
	lowest := shownLoss{}
	for _, l := range losses {
		if l.HeldOut > 0 && (lowest.HeldOut == 0 || l.HeldOut < lowest.HeldOut) {
			lowest = l
		}
	}
	switch text := fmt.Sprintf("%v at step %d, the lowest loss on ", lowest.HeldOut, lowest.Step); {
	case lowest.HeldOut == 0:
	case student:
		line("held out", text+"pairs of the teacher that training never uses")
	default:
		line("held out", text+"held-out rows")
	}
}

// keyLosses returns the losses worth printing: the first, the middle and the last, or for a fit that did not finish, the
// first and the last five.
func keyLosses(losses []shownLoss, state experiments.State) []shownLoss {
	n := len(losses)
	switch {
	case n <= 6:
		return losses
	case state == experiments.Finished:
		return []shownLoss{losses[0], losses[n/2], losses[n-1]}
	default:
		return append([]shownLoss{losses[0]}, losses[n-5:]...)
	}
}

// measured returns a metric with its standard error, p-value and null, if it has them.
func (s shown) measured(name string) string {
	text := fmt.Sprint(s.Metrics[name])
	if se, ok := s.MetricsSE[name]; ok {
		text += fmt.Sprintf(" ± %.2g", float64(se))
	}
	if null, ok := s.Null[name]; ok {
		text += fmt.Sprintf(", p %v (null mean %.3g, q95 %.3g)", s.MetricsP[name], float64(null.Mean), float64(null.Q95))
	}
	return text
}
