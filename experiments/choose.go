package experiments

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// Choose says how a sweep chooses its setting.
type Choose struct {
	Metric     string  `json:"metric" doc:"metric to choose by, one of metrics; default: the first"`
	Rule       string  `json:"rule" oneof:"best cheapest-tied within" doc:"best: the lowest mean; cheapest-tied: the cheapest setting that is tied with the best; within: the cheapest setting within a given share of the best mean, the default rule if that share is given"`
	Confidence float64 `json:"confidence" above:"0.5" below:"1" doc:"confidence level at which settings are compared with the best, corrected for multiple comparisons"`
	Within     float64 `json:"within" percent:"yes" min:"0" doc:"how far a mean may exceed the best mean, as a share of it, such as 5% or 0.05; with cheapest-tied these settings count as tied too; 0 means not at all"`
	MaxNFE     int     `json:"max-nfe" min:"0" doc:"maximum velocity calls per sample of the chosen setting; 0 means no limit"`
}

// The rules of a choice.
const (
	ruleBest         = "best"
	ruleCheapestTied = "cheapest-tied"
	ruleWithin       = "within"
)

// minSeeds is the number of seeds needed to compare settings: two values say almost nothing about their own scatter.
const minSeeds = 3

// Choice is the chosen setting of a sweep, what it was chosen from, and the run whose net is exported. It depends only
// on the results.
type Choice struct {
	Chosen  int             // index into the summaries
	Best    int             // the candidate with the lowest mean
	Tied    []int           // settings as good as the best: not significantly worse or, if the rule says so, within a share
	Margins []metric.Margin // of every setting to the best; NaN if it is no candidate, without ends below 3 seeds
	Run     Result          // of the median seed of the chosen setting
	Reason  string          // a sentence without its first word, "the"
}

// Choose picks a setting by the rule. The candidates are the settings within the budget whose seeds all finished with a
// finite value. Of those as good as the best it takes the one with the fewest velocity calls, then the fewest
// parameters, then the lowest mean, then the first. With fewer than 3 seeds it cannot tell settings apart and takes the
// lowest mean. It returns an error if there are no candidates. The reason refers to setting i as name(i).
//
// The run is that of the median seed, the better of two in the middle. The figures of the best seed owe something to
// luck and would not hold on other samples.
func (c Choose) Choose(summaries []Summary, name func(i int) string) (Choice, error) {
	candidates, err := c.candidates(summaries)
	if err != nil {
		return Choice{}, err
	}
	t := c.compare(summaries, candidates)
	choice := Choice{Chosen: t.best, Best: t.best, Tied: t.tied, Margins: t.margins}
	if c.Rule != ruleBest {
		for _, i := range t.tied {
			if byCost(summaries[i], summaries[choice.Chosen], c.Metric) < 0 && !c.dominated(summaries, candidates, t.tied, i) {
				choice.Chosen = i
			}
		}
	}
	choice.Run = summaries[choice.Chosen].MedianRun(c.Metric)
	choice.Reason = c.reason(summaries, choice, t, name)
	return choice, nil
}

// dominated reports whether a tied setting has a higher mean than a setting that is not tied and costs no more. Such a
// setting is tied only because it is noisy, for example because its fit diverged for some seeds.
func (c Choose) dominated(summaries []Summary, candidates, tied []int, i int) bool {
	s, _ := summaries[i].Stat(c.Metric)
	return slices.ContainsFunc(candidates, func(j int) bool {
		other, _ := summaries[j].Stat(c.Metric)
		return !slices.Contains(tied, j) && other.Mean < s.Mean && summaries[j].NFE <= summaries[i].NFE && summaries[j].Params <= summaries[i].Params
	})
}

// candidates returns the settings that may be chosen, by increasing cost. A setting with fewer seeds than others,
// because some results were filtered out, cannot be compared with them and is no candidate.
func (c Choose) candidates(summaries []Summary) ([]int, error) {
	var candidates []int
	complete, minNFE, seeds := false, Calls(math.Inf(1)), 0
	for _, s := range summaries {
		seeds = max(seeds, s.Planned)
	}
	for i, s := range summaries {
		if !s.Complete(c.Metric) || s.Planned < seeds {
			continue
		}
		complete, minNFE = true, min(minNFE, s.NFE)
		if c.MaxNFE == 0 || s.NFE <= Calls(c.MaxNFE) {
			candidates = append(candidates, i)
		}
	}
	switch {
	case !complete:
		return nil, fmt.Errorf("no setting finished every seed with a finite %s: see `flowsweep runs`", c.Metric)
	case len(candidates) == 0:
		return nil, fmt.Errorf("no setting makes at most %s per sample (max-nfe): the minimum is %s", count(c.MaxNFE, "velocity call"), minNFE)
	}
	slices.SortStableFunc(candidates, func(i, j int) int { return byCost(summaries[i], summaries[j], c.Metric) })
	return candidates, nil
}

// byCost orders settings by velocity calls, parameters and mean.
func byCost(a, b Summary, metric string) int {
	x, _ := a.Stat(metric)
	y, _ := b.Stat(metric)
	return cmp.Or(cmp.Compare(a.NFE, b.NFE), cmp.Compare(a.Params, b.Params), cmp.Compare(x.Mean, y.Mean))
}

// MedianRun returns the run with the median value: the lower of two in the middle, and the first seed if values are
// equal. It panics if no run finished.
func (s Summary) MedianRun(metric string) Result {
	sorted := slices.Clone(s.Runs)
	slices.SortStableFunc(sorted, func(a, b Result) int {
		x, _ := a.Metric(metric)
		y, _ := b.Metric(metric)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.Seed, b.Seed))
	})
	return sorted[(len(sorted)-1)/2]
}

// reason returns a sentence on why a setting was chosen, and how certain that is.
func (c Choose) reason(summaries []Summary, choice Choice, t comparison, name func(i int) string) string {
	var parts []string
	cheapest := choice.Chosen != choice.Best || c.Rule != ruleBest && len(choice.Tied) > 1
	if cheapest {
		parts = append(parts, fmt.Sprintf("cheapest of %s %s over %s", count(len(choice.Tied), "setting"),
			c.tiedWith(t, name(choice.Best)), count(t.seeds, "seed")))
	} else {
		parts = append(parts, fmt.Sprintf("best of %s by mean %s over %s", count(t.settings, "setting"), c.Metric,
			count(t.seeds, "seed")))
	}
	if c.MaxNFE > 0 {
		parts[0] += fmt.Sprintf(", limited to %s", count(c.MaxNFE, "velocity call"))
	}
	if !t.enoughSeeds() && t.settings > 1 {
		parts = append(parts, fmt.Sprintf("telling settings apart takes at least %d seeds", minSeeds))
	}
	if others := len(choice.Tied) - 1; t.enoughSeeds() && !cheapest && t.settings > 1 {
		parts = append(parts, fmt.Sprintf("%s tied with it at %s confidence", othersAre(others), percent(c.Confidence)))
	}
	if t.withinIgnored {
		parts = append(parts, fmt.Sprintf("within %s is ignored, as the best mean may be 0", percent(c.Within)))
	}
	if choice.Chosen != choice.Best {
		own, _ := summaries[choice.Chosen].Stat(c.Metric)
		best, _ := summaries[choice.Best].Stat(c.Metric)
		parts = append(parts, fmt.Sprintf("%s %.3g, best %.3g", c.Metric, own.Mean, best.Mean))
		if flow.Finite(best.Low) {
			parts[len(parts)-1] += fmt.Sprintf(" (%.3g to %.3g)", best.Low, best.High)
		}
	}
	return strings.Join(parts, "; ")
}

// tiedWith says in what sense the cheapest setting and those it was chosen from are as good as the best.
func (c Choose) tiedWith(t comparison, best string) string {
	tied, near := "tied with the best ("+best+")", "within "+percent(c.Within)+" of the best ("+best+")"
	if t.enoughSeeds() {
		tied += " at " + percent(c.Confidence) + " confidence"
	} else {
		tied = "with the lowest mean"
	}
	switch {
	case c.Within == 0 || t.withinIgnored:
		return tied
	case c.Rule == ruleWithin:
		return near
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
