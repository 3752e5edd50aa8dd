package experiments

import (
	"fmt"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
)

// reason says in one sentence why a setting was chosen, and how sure that is.
func (c Choose) reason(summaries []Summary, choice Choice, t contest, name func(i int) string) string {
	var parts []string
	cheapest := choice.Chosen != choice.Best || c.Rule != ruleBest && len(choice.Tied) > 1
	if cheapest {
		parts = append(parts, fmt.Sprintf("cheapest of %s %s over %s", count(len(choice.Tied), "setting"),
			c.like(t, name(choice.Best)), count(t.seeds, "seed")))
	} else {
		parts = append(parts, fmt.Sprintf("one of lowest mean %s among %s over %s", c.Metric, count(t.settings, "setting"),
			count(t.seeds, "seed")))
	}
	if c.MaxNFE > 0 {
		parts[0] += fmt.Sprintf(", none above %s", count(c.MaxNFE, "velocity call"))
	}
	if !t.judged() && t.settings > 1 {
		parts = append(parts, fmt.Sprintf("%s cannot tell settings apart: it takes %d", count(t.seeds, "seed"), leastSeeds))
	}
	if others := len(choice.Tied) - 1; t.judged() && !cheapest && t.settings > 1 {
		parts = append(parts, fmt.Sprintf("%s tied with it at %s", areOthers(others), percent(c.Confidence)))
	}
	if t.idle {
		parts = append(parts, fmt.Sprintf("within %s of a mean that may be 0 means nothing", percent(c.Within)))
	}
	if choice.Chosen != choice.Best {
		own, _ := summaries[choice.Chosen].Stat(c.Metric)
		best, _ := summaries[choice.Best].Stat(c.Metric)
		parts = append(parts, fmt.Sprintf("%s %.3g, the best %.3g", c.Metric, own.Mean, best.Mean))
		if flow.Finite(best.Low) {
			parts[len(parts)-1] += fmt.Sprintf(" (%.3g to %.3g)", best.Low, best.High)
		}
	}
	return strings.Join(parts, "; ")
}

// like says what the settings that the cheapest was chosen from have in common.
func (c Choose) like(t contest, best string) string {
	tied, near := "tied with the best ("+best+")", "within "+percent(c.Within)+" of the best ("+best+")"
	if t.judged() {
		tied += " at " + percent(c.Confidence)
	} else {
		tied = "of the lowest mean"
	}
	switch {
	case c.Within == 0 || t.idle:
		return tied
	case c.Rule == ruleWithin:
		return near
	default:
		return tied + " or within " + percent(c.Within) + " of it"
	}
}

func areOthers(n int) string {
	switch n {
	case 0:
		return "no other is"
	case 1:
		return "1 other is"
	default:
		return fmt.Sprintf("%d others are", n)
	}
}

// percent writes a share: "95 %".
func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 4, 64) + " %"
}

// count returns "1 seed", "2 seeds" and so on.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
