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

// Choose says which setting a sweep ends with, and from which net of it.
type Choose struct {
	Metric     string  `json:"metric" doc:"the metric to choose by, one of metrics; the first of them if left out"`
	Rule       string  `json:"rule" oneof:"best cheapest-tied within" doc:"best: the lowest mean; cheapest-tied: the cheapest setting that cannot be told apart from it; within: the cheapest within a share of it, the rule if a share is given and no rule"`
	Confidence float64 `json:"confidence" above:"0.5" below:"1" doc:"confidence at which a setting is told apart from the best, with the correction for comparing many"`
	Within     float64 `json:"within" percent:"yes" min:"0" doc:"share of the best mean, such as 5% or 0.05, by which a setting may exceed it; for cheapest-tied these settings count as tied too; 0 means none"`
	MaxNFE     int     `json:"max-nfe" min:"0" doc:"most velocity calls a sample that the chosen setting may make; 0 means any number"`
}

// The rules of a choice.
const (
	ruleBest         = "best"
	ruleCheapestTied = "cheapest-tied"
	ruleWithin       = "within"
)

// leastSeeds is the number of seeds below which nothing is said of differences: two values tell next to nothing of
// their own scatter.
const leastSeeds = 3

// Choice is the setting a sweep ends with, what it was chosen from, and the one of its runs whose net is exported. It
// depends on results alone.
type Choice struct {
	Chosen  int             // index into the summaries
	Best    int             // of the lowest mean among those that may be chosen
	Tied    []int           // settings as good as the best: those that cannot be told apart and, by rule, those within a share
	Margins []metric.Margin // of every setting to the best; NaN where it may not be chosen, ends NaN below 3 seeds
	Run     Result          // that of the median seed of the chosen setting
	Reason  string          // in one sentence, after "the"
}

// Choose picks a setting by the rule among those whose every seed finished with a finite value and that keep to the
// budget. Of settings as good as the best it takes the one of fewest velocity calls, then of fewest parameters, then of
// the lowest mean, then the first. With fewer than 3 seeds it cannot tell settings apart, says so, and takes the lowest
// mean. It returns an error where there is none. The reason calls setting i by name(i).
//
// The run is that of the median seed, the better of two in the middle: the luckiest seed was picked by the very noise
// that flatters it, and its figures would not hold on other samples.
func (c Choose) Choose(summaries []Summary, name func(i int) string) (Choice, error) {
	pool, err := c.pool(summaries)
	if err != nil {
		return Choice{}, err
	}
	t := c.contest(summaries, pool)
	choice := Choice{Chosen: t.best, Best: t.best, Tied: t.tied, Margins: t.margins}
	if c.Rule != ruleBest {
		for _, i := range t.tied {
			if byCost(summaries[i], summaries[choice.Chosen], c.Metric) < 0 && !c.outdone(summaries, pool, t.tied, i) {
				choice.Chosen = i
			}
		}
	}
	choice.Run = summaries[choice.Chosen].MedianRun(c.Metric)
	choice.Reason = c.reason(summaries, choice, t, name)
	return choice, nil
}

// outdone reports whether a tied setting looks worse than one that is told apart from the best and costs no more: then
// it is tied for its noise alone, a fit that diverged on some seeds for example.
func (c Choose) outdone(summaries []Summary, pool, tied []int, i int) bool {
	s, _ := summaries[i].Stat(c.Metric)
	return slices.ContainsFunc(pool, func(j int) bool {
		o, _ := summaries[j].Stat(c.Metric)
		return !slices.Contains(tied, j) && o.Mean < s.Mean && summaries[j].NFE <= summaries[i].NFE && summaries[j].Params <= summaries[i].Params
	})
}

// pool returns the settings that may be chosen, by growing cost. Where results were left out, some have fewer seeds than
// others, which they cannot be compared with.
func (c Choose) pool(summaries []Summary) ([]int, error) {
	var pool []int
	complete, fewest, seeds := false, Calls(math.Inf(1)), 0
	for _, s := range summaries {
		seeds = max(seeds, s.Planned)
	}
	for i, s := range summaries {
		if !s.Complete(c.Metric) || s.Planned < seeds {
			continue
		}
		complete, fewest = true, min(fewest, s.NFE)
		if c.MaxNFE == 0 || s.NFE <= Calls(c.MaxNFE) {
			pool = append(pool, i)
		}
	}
	switch {
	case !complete:
		return nil, fmt.Errorf("no setting finished every seed with a finite %s: see `flowsweep runs` for what happened", c.Metric)
	case len(pool) == 0:
		return nil, fmt.Errorf("no setting makes at most %s a sample (max-nfe): the fewest are %s", count(c.MaxNFE, "velocity call"), fewest)
	}
	slices.SortStableFunc(pool, func(i, j int) int { return byCost(summaries[i], summaries[j], c.Metric) })
	return pool, nil
}

// byCost orders settings by velocity calls, parameters and mean.
func byCost(a, b Summary, metric string) int {
	x, _ := a.Stat(metric)
	y, _ := b.Stat(metric)
	return cmp.Or(cmp.Compare(a.NFE, b.NFE), cmp.Compare(a.Params, b.Params), cmp.Compare(x.Mean, y.Mean))
}

// MedianRun returns the run of the median value, the lower of two in the middle and the first seed of equals. It panics
// unless a run finished.
func (s Summary) MedianRun(metric string) Result {
	sorted := slices.Clone(s.Runs)
	slices.SortStableFunc(sorted, func(a, b Result) int {
		x, _ := a.Metric(metric)
		y, _ := b.Metric(metric)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.Seed, b.Seed))
	})
	return sorted[(len(sorted)-1)/2]
}

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
