package comparison

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/number"
)

// AllRows returns the rows of all metrics, and those of the choices.
func (c Comparison) AllRows() (lists [][]Row) {
	for _, m := range c.Metrics {
		lists = append(lists, m.Rows)
	}
	for _, choice := range c.Choices {
		lists = append(lists, choice.Rows)
	}
	return lists
}

// Words returns what to take away: which choice is better by a metric, and of how many settings that is so.
func (c Comparison) Words(metric string) string {
	if c.A.Sweep == c.B.Sweep {
		return fmt.Sprintf("%s is compared with itself: there is no difference.", c.A.Sweep)
	}
	var parts []string
	for _, choice := range c.Choices {
		text := c.choiceWords(choice, metric)
		if choice.Target != "" {
			text = "For " + choice.Target + ": " + text
		}
		parts = append(parts, text)
	}
	if len(parts) > 3 {
		parts = append(parts[:3], fmt.Sprintf("The other %d targets are below.", len(parts)-3))
	}
	return strings.Join(append(parts, c.countWords(metric)...), " ")
}

// choiceWords compares two chosen settings in a sentence.
func (c Comparison) choiceWords(choice Choices, metric string) string {
	a, b := c.A.Sweep, c.B.Sweep
	switch {
	case choice.A == nil && choice.B == nil:
		return "Neither sweep has a choice to compare."
	case choice.A == nil:
		return fmt.Sprintf("%s has no choice to compare: %s.", a, choice.WhyA)
	case choice.B == nil:
		return fmt.Sprintf("%s has no choice to compare: %s.", b, choice.WhyB)
	}
	at := slices.IndexFunc(choice.Rows, func(r Row) bool { return r.Metric == metric })
	if at < 0 {
		return "The choices cannot be compared: no metric to choose by was measured in both."
	}
	row, calls := choice.Rows[at], callsWords(float64(choice.A.NFE), float64(choice.B.NFE))
	switch row.Finding {
	case Equal:
		return fmt.Sprintf("No difference: the choices have the same %s to the last digit, %s.", metric, calls)
	case Better:
		return fmt.Sprintf("%s’s choice is better: %s %s, %s.", b, metric, row.Versus.Words(), calls)
	case Worse:
		return fmt.Sprintf("%s’s choice is better: %s is %s in %s, %s.", a, metric, row.Versus.Words(), b, calls)
	case NoneSeen:
		return fmt.Sprintf("No difference seen between the choices: %s %s in %s, %s.", metric, row.Versus.Words(), b, calls)
	default:
		return fmt.Sprintf("The choices cannot be compared by %s: %s.", metric, row.Why)
	}
}

// callsWords compares the velocity calls of B with those of A.
func callsWords(a, b float64) string {
	calls := func(x float64) string { return experiments.Calls(x).String() }
	switch {
	case a == b:
		return "at as many calls (" + calls(a) + ")"
	case 2*b == a:
		return "at half the calls (" + calls(b) + " instead of " + calls(a) + ")"
	case b == 2*a:
		return "at twice the calls (" + calls(b) + " instead of " + calls(a) + ")"
	default:
		return "at " + calls(b) + " calls instead of " + calls(a)
	}
}

// countWords says of how many settings B is better.
func (c Comparison) countWords(metric string) []string {
	at := slices.IndexFunc(c.Metrics, func(m Metric) bool { return m.Name == metric })
	if at < 0 || len(c.Metrics[at].Rows) < 2 {
		return nil
	}
	n := map[string]int{}
	for _, r := range c.Metrics[at].Rows {
		n[r.Finding]++
	}
	all := len(c.Metrics[at].Rows)
	switch {
	case n[Untested] == all:
		return nil
	case n[Equal] == all:
		return []string{fmt.Sprintf("All %s settings that both have are equal.", number.Whole(all))}
	default:
		return []string{fmt.Sprintf("Of %s settings that both have, %s is better in %d and worse in %d.", number.Whole(all), c.B.Sweep, n[Better], n[Worse])}
	}
}

// Words returns the difference with its interval, such as "12 % lower (5 to 18 %)".
func (c Contrast) Words() string {
	if c.Ratio == nil {
		return differenceWords(float64(c.Difference.Mean), float64(c.Difference.Low), float64(c.Difference.High))
	}
	ratio, low, high := float64(c.Ratio.Mean), float64(c.Ratio.Low), float64(c.Ratio.High)
	if high <= 2 {
		return spanWords(ratio-1, low-1, high-1, percent, " %")
	}
	return fmt.Sprintf("%s times as high (%s to %s times)", number.Text(ratio), number.Text(low), number.Text(high))
}

// percent returns a share in percent, to a whole number where that says enough.
func percent(x float64) string {
	x *= 100
	if x < .995 {
		return number.Text(math.Round(100*x) / 100)
	}
	return strconv.Itoa(int(math.Round(x)))
}

func differenceWords(mean, low, high float64) string {
	return spanWords(mean, low, high, number.Text, "")
}

// spanWords returns a change and its interval in words, given how to write its size, and the unit.
func spanWords(mean, low, high float64, write func(float64) string, unit string) string {
	side := func(x float64) string {
		switch {
		case x < 0:
			return "lower"
		default:
			return "higher"
		}
	}
	if mean == 0 && low == 0 && high == 0 {
		return "the same"
	}
	text := write(math.Abs(mean)) + unit + " " + side(mean)
	switch {
	case low < 0 && high > 0:
		return fmt.Sprintf("%s (%s%s lower to %s%s higher)", text, write(-low), unit, write(high), unit)
	case high <= 0:
		return fmt.Sprintf("%s (%s to %s%s)", text, write(-high), write(-low), unit)
	default:
		return fmt.Sprintf("%s (%s to %s%s)", text, write(low), write(high), unit)
	}
}
