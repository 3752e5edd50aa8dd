package experiments

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/metric"
)

// comparison compares settings by a metric.
type comparison struct {
	settings      int // number of candidates
	seeds         int // per candidate
	best          int
	tied          []int           // sorted; only the best if there are too few seeds to tell
	margins       []metric.Margin // of all settings
	withinIgnored bool            // Choose.Within is set, but the best mean may be 0
}

// enoughSeeds reports whether there are enough seeds to tell settings apart.
func (t comparison) enoughSeeds() bool { return t.seeds >= minSeeds }

// noMargin is the margin of a setting that was not compared.
var noMargin = metric.Margin{Mean: math.NaN(), Low: math.NaN(), High: math.NaN()}

// compare compares the candidates, which are sorted by increasing cost, by Choose.Metric. They are compared on the scale
// of the one with the lowest mean.
func (c Choose) compare(summaries []Summary, candidates []int) comparison {
	t := comparison{
		settings: len(candidates), seeds: summaries[candidates[0]].Planned, margins: slices.Repeat([]metric.Margin{noMargin}, len(summaries)),
	}
	means := make([]float64, len(candidates))
	values := make([][]float64, len(candidates))
	lowest := 0
	for k, i := range candidates {
		st, _ := summaries[i].Stat(c.Metric)
		means[k], values[k] = st.Mean, summaries[i].values(c.Metric)
		if means[k] < means[lowest] {
			lowest = k
		}
	}
	equal := func(int) bool { return false }
	if t.enoughSeeds() {
		st, _ := summaries[candidates[lowest]].Stat(c.Metric)
		best, margins := metric.Margins(values, st.Scale, c.Confidence)
		lowest = best
		equal = func(k int) bool { return margins[k].Tied() }
		for k, i := range candidates {
			t.margins[i] = margins[k]
		}
	} else {
		for k, i := range candidates {
			t.margins[i].Mean = means[k] - means[lowest]
		}
	}
	t.best = candidates[lowest]
	st, _ := summaries[t.best].Stat(c.Metric)
	limit := c.limit(st)
	t.withinIgnored = c.Within > 0 && c.Rule != ruleBest && math.IsInf(limit, -1)
	byShare := c.Rule == ruleWithin || t.enoughSeeds()
	for k, i := range candidates {
		if k == lowest || byShare && means[k] <= limit || equal(k) && (c.Rule != ruleWithin || t.withinIgnored) {
			t.tied = append(t.tied, i)
		}
	}
	slices.Sort(t.tied)
	return t
}

// limit returns the highest mean that lies within the given share of the best mean. It is negative infinity if no share
// is given, or if the best mean may be 0 or less, as that of an unbiased mmd may: a share of it then means nothing.
func (c Choose) limit(best Stat) float64 {
	if c.Within == 0 || c.Rule == ruleBest || !(best.Mean > 0) || best.Low <= 0 {
		return math.Inf(-1)
	}
	return best.Mean * (1 + c.Within)
}

// pick returns the cheapest of the tied settings by the order, or the best if the rule asks for that.
func (c Choose) pick(summaries []Summary, t comparison, order func(a, b Summary, metric string) int) int {
	chosen := t.best
	if c.Rule == ruleBest {
		return chosen
	}
	for _, i := range t.tied {
		if order(summaries[i], summaries[chosen], c.Metric) < 0 {
			chosen = i
		}
	}
	return chosen
}

// reason returns a sentence on why a setting was chosen, and how certain that is. The noun is what was chosen: a setting or
// a net.
func (c Choose) reason(s selection, chosen int, t comparison, noun string) string {
	parts := []string{c.whatItIs(s, chosen, t, noun)}
	if c.MaxNFE > 0 && noun != netNoun {
		parts[0] += fmt.Sprintf(", limited to %s", count(c.MaxNFE, "velocity call"))
	}
	if !t.enoughSeeds() && t.settings > 1 {
		parts = append(parts, c.tooFewSeeds(t, chosen))
	}
	if others := len(t.tied) - 1; t.enoughSeeds() && !c.cheapest(t, chosen) && t.settings > 1 {
		parts = append(parts, fmt.Sprintf("%s tied with it at %s confidence", othersAre(others), percent(c.Confidence)))
	}
	if t.withinIgnored {
		parts = append(parts, fmt.Sprintf("within %s is ignored, as the best mean may be 0", percent(c.Within)))
	}
	if chosen != t.best {
		own, _ := s.summaries[chosen].Stat(c.Metric)
		best, _ := s.summaries[t.best].Stat(c.Metric)
		parts = append(parts, fmt.Sprintf("%s %.3g, best %.3g", c.Metric, own.Mean, best.Mean))
		if !math.IsNaN(best.Low) {
			parts[len(parts)-1] += fmt.Sprintf(" (%.3g to %.3g)", best.Low, best.High)
		}
	}
	if s.left > 0 {
		parts = append(parts, fmt.Sprintf("%s left out, as a seed diverged", countAre(s.left, "setting")))
	} else if seeds := s.summaries[chosen].Diverged(c.Metric); len(seeds) > 0 {
		parts = append(parts, "every setting has a diverged seed")
	}
	return strings.Join(parts, "; ")
}

// whatItIs says in what respect the chosen setting is better than the others.
func (c Choose) whatItIs(s selection, chosen int, t comparison, noun string) string {
	switch {
	case t.settings == 1:
		return fmt.Sprintf("only %s that could be chosen by %s, over %s", noun, c.Metric, count(t.seeds, "seed"))
	case c.cheapest(t, chosen):
		return fmt.Sprintf("cheapest of %s %s over %s", count(len(t.tied), noun), c.tiedWith(t, s.name(t.best)), count(t.seeds, "seed"))
	default:
		return fmt.Sprintf("best of %s by mean %s over %s", count(t.settings, noun), c.Metric, count(t.seeds, "seed"))
	}
}

// cheapest reports whether a setting was chosen because it costs the least.
func (c Choose) cheapest(t comparison, chosen int) bool {
	return chosen != t.best || c.Rule != ruleBest && len(t.tied) > 1
}

// tooFewSeeds says what follows from too few seeds.
func (c Choose) tooFewSeeds(t comparison, chosen int) string {
	text := fmt.Sprintf("telling settings apart takes at least %d seeds", minSeeds)
	if !c.cheapest(t, chosen) {
		text += ", so the lowest mean was taken"
	}
	return text
}

// tiedWith says in what sense the cheapest setting and those it was chosen from are as good as the best.
func (c Choose) tiedWith(t comparison, best string) string {
	tied := "tied with the best (" + best + ") at " + percent(c.Confidence) + " confidence"
	switch {
	case c.Within == 0 || t.withinIgnored:
		return tied
	case c.Rule == ruleWithin:
		return "within " + percent(c.Within) + " of the best (" + best + ")"
	default:
		return tied + " or within " + percent(c.Within) + " of it"
	}
}

func othersAre(n int) string {
	switch n {
	case 0:
		return "no other is"
	case 1:
		return "1 other is"
	default:
		return fmt.Sprintf("%d others are", n)
	}
}

// countAre returns a number of things and the verb, such as "1 setting is" or "2 settings are".
func countAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return count(n, noun) + " are"
}

// percent formats a share, such as "95 %".
func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 4, 64) + " %"
}

// count formats a number of things, such as "1 seed" or "2 seeds".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
