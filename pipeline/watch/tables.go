package watch

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/reports/number"
)

// fitOrders and bestOrders are what fits and settings are sorted by: the first until another is asked for.
var (
	fitOrders  = []string{"state", "loss", "label", "seed"}
	bestOrders = []string{"mean", "NFE", "label"}
)

// sortFits sorts fits. Those that are equal stay in the order of the plan.
func sortFits(fits []Fit, by string) {
	slices.SortStableFunc(fits, func(a, b Fit) int {
		switch by {
		case "loss":
			return compareNumbers(a.Loss, b.Loss)
		case "label":
			return cmp.Compare(a.Label, b.Label)
		case "seed":
			return cmp.Compare(a.Seed, b.Seed)
		default:
			return cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State))
		}
	})
}

// sortBest sorts settings.
func sortBest(best []Best, by string) {
	slices.SortStableFunc(best, func(a, b Best) int {
		switch by {
		case "NFE":
			return cmp.Or(cmp.Compare(a.NFE, b.NFE), compareNumbers(a.Mean, b.Mean))
		case "label":
			return cmp.Compare(a.Label, b.Label)
		default:
			return compareNumbers(a.Mean, b.Mean)
		}
	})
}

// fitColumns returns the columns of fits for a screen of this width.
func fitColumns(fits []Fit, width int) []cells {
	text := func(of func(f Fit) string) (list []string) {
		for _, f := range fits {
			list = append(list, of(f))
		}
		return list
	}
	line := func(of func(f Fit) []float64) func(row, width int) string {
		return func(row, width int) string { return sparkline(of(fits[row]), width) }
	}
	columns := []cells{
		{name: "fit", rank: 0, least: min(max(width*3/10, 14), 40), text: text(func(f Fit) string { return f.Label })},
		{name: "seed", rank: 5, right: true, text: text(func(f Fit) string { return strconv.FormatUint(f.Seed, 10) })},
		{name: "machine", rank: 10, text: text(func(f Fit) string { return f.Machine })},
		{name: "state", rank: 1, right: true, text: text(Fit.progress), style: func(row int) style { return lookOf(fits[row].State) }},
		{name: "step", rank: 7, right: true, text: text(Fit.step)},
		{name: "steps/s", rank: 6, right: true, text: text(Fit.rate)},
		{name: "left", rank: 2, right: true, text: text(Fit.left)},
		{name: "loss", rank: 4, right: true, text: text(func(f Fit) string { return known(f.Loss, f.Losses) })},
		{name: "training", rank: 3, draw: line(func(f Fit) []float64 { return f.Losses }), least: 8, most: 24},
		{name: "held out", rank: 8, right: true, text: text(func(f Fit) string { return known(f.HeldOut, f.Held) })},
		{name: "held out", rank: 9, draw: line(func(f Fit) []float64 { return f.Held }), least: 8, most: 24},
		{name: "runs", rank: 11, right: true, text: text(func(f Fit) string {
			if f.Planned == 0 {
				return ""
			}
			return fmt.Sprintf("%d/%d", f.Runs, f.Planned)
		})},
		{name: "key", rank: 12, text: text(func(f Fit) string { return f.Key })},
	}
	// A sweep without held-out losses has no use for the drawing, nor one in which nothing has been trained for the other.
	return slices.DeleteFunc(columns, func(c cells) bool {
		drawn := func(of func(f Fit) []float64) bool {
			return slices.ContainsFunc(fits, func(f Fit) bool { return len(of(f)) > 0 })
		}
		return c.draw != nil && c.rank == 9 && !drawn(func(f Fit) []float64 { return f.Held }) ||
			c.draw != nil && c.rank == 3 && !drawn(func(f Fit) []float64 { return f.Losses })
	})
}

// progress returns how far a fit is: its state or, while it is trained, a share.
func (f Fit) progress() string {
	switch {
	case f.State != experiments.Running:
		return string(f.State)
	case f.Step >= f.Steps:
		return "sampling"
	default:
		return fmt.Sprintf("%d %%", 100*f.Step/f.Steps)
	}
}

func (f Fit) step() string {
	if f.State != experiments.Running {
		return number.Whole(f.Steps)
	}
	return number.Whole(f.Step) + " of " + number.Whole(f.Steps)
}

func (f Fit) rate() string {
	if f.State != experiments.Running || f.Rate <= 0 || f.Step >= f.Steps {
		return ""
	}
	return number.Text(f.Rate)
}

// left returns how long the training of a fit still takes.
func (f Fit) left() string {
	if eta, ok := f.ETA(); ok && f.State == experiments.Running {
		return live.Duration(eta)
	}
	return ""
}

// known returns the last of some numbers, or nothing if there are none.
func known(last float64, all []float64) string {
	if len(all) == 0 {
		return ""
	}
	return number.Text(last)
}

// lookOf returns the style of a state.
func lookOf(s experiments.State) style {
	switch s {
	case experiments.Running:
		return busy
	case experiments.Finished:
		return good
	case experiments.Queued, experiments.Pruned:
		return faint
	default:
		return bad
	}
}

// bestColumns returns the columns of settings, which are judged by a metric, for a screen of this width.
func bestColumns(best []Best, metric string, width int) []cells {
	text := func(of func(b Best) string) (list []string) {
		for _, b := range best {
			list = append(list, of(b))
		}
		return list
	}
	return []cells{
		{name: "setting", rank: 0, least: min(max(width*9/20, 18), 60), text: text(func(b Best) string { return b.Label })},
		{name: metric, rank: 1, right: true, text: text(func(b Best) string { return number.Text(b.Mean) })},
		{name: "95 % interval", rank: 3, text: text(func(b Best) string {
			if !finite(b.Low) || !finite(b.High) {
				return ""
			}
			return number.Text(b.Low) + " to " + number.Text(b.High)
		})},
		{name: "NFE", rank: 2, right: true, text: text(func(b Best) string { return experiments.Calls(b.NFE).String() })},
		{name: "seeds", rank: 4, right: true, text: text(func(b Best) string { return fmt.Sprintf("%d of %d", b.Seeds, b.Planned) })},
	}
}
