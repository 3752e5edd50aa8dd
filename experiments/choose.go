package experiments

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/metric"
)

// Choose says how a sweep chooses its setting.
type Choose struct {
	Metric     string  `json:"metric" doc:"metric to choose by, one of metrics; default: the first. A metric of the net alone chooses the net; solver and steps are then chosen by the first metric of samples, or else by path-rmse"`
	Rule       string  `json:"rule" oneof:"best cheapest-tied within" doc:"best: the lowest mean; cheapest-tied: the cheapest setting that is tied with the best; within: the cheapest setting within a given share of the best mean, the default rule if that share is given"`
	Confidence float64 `json:"confidence" above:"0.5" below:"1" doc:"confidence level at which settings are compared with the best, corrected for multiple comparisons"`
	Within     float64 `json:"within" percent:"yes" min:"0" doc:"how far a mean may exceed the best mean, as a share of it, such as 5% or 0.05; with cheapest-tied these settings count as tied too; 0 means not at all"`
	MaxNFE     int     `json:"max-nfe" min:"0" doc:"maximum velocity calls per sample of the chosen setting; 0 means no limit"`
	Allow      string  `json:"allow,omitempty" oneof:"memorised" doc:"memorised: settings whose samples are copies of training rows may be chosen, too"`
}

// The rules of a choice.
const (
	ruleBest         = "best"
	ruleCheapestTied = "cheapest-tied"
	ruleWithin       = "within"
)

// allowMemorised is the value of Choose.Allow that lets copies be chosen.
const allowMemorised = "memorised"

// minSeeds is the number of seeds needed to compare settings: two values say almost nothing about their own scatter.
const minSeeds = 3

// Choice is the chosen setting of a sweep, what it was chosen from, and the run whose net is exported. It depends only
// on the results.
type Choice struct {
	Chosen  int             // index into the summaries
	Best    int             // the candidate with the lowest mean
	Tied    []int           // settings as good as the best: not significantly worse or, if the rule says so, within a share
	Margins []metric.Margin // of every setting to the best; NaN if it is no candidate, without ends below 3 seeds
	By      []string        // the metric of the rule and, if that is of the net alone, the one of the solver and the steps
	Run     Result          // of the median seed of the chosen setting
	Reason  string          // sentences without their first word, "the", and the last full stop
}

// Choose picks a setting by the rule. The candidates are the settings within the budget whose seeds all finished with a
// finite value. Of those as good as the best it takes the one with the fewest velocity calls, then the fewest
// parameters, then the lowest mean, then the first. With fewer than 3 seeds it cannot tell settings apart and takes the
// lowest mean. Settings whose samples are copies of training rows are no candidates, unless Allow says so. Settings with a
// diverged seed (Summary.Diverged) are candidates only if all others have one too. It returns
// an error if there are no candidates. The reason refers to setting i as name(i).
//
// A metric of the net alone says nothing of solver and steps. So the net is chosen by it, and then the solver and the
// steps by a metric of samples; see chooseNet.
//
// The run is that of the median seed, the better of two in the middle. The figures of the best seed owe something to
// luck and would not hold on other samples.
func (c Choose) Choose(summaries []Summary, name func(i int) string) (Choice, error) {
	candidates, err := c.candidates(summaries)
	if err != nil {
		return Choice{}, err
	}
	if candidates, err = c.original(summaries, candidates); err != nil {
		return Choice{}, err
	}
	left := candidates
	if candidates = c.converged(summaries, candidates); len(candidates) == 0 {
		candidates = left
	}
	s := selection{summaries: summaries, name: name, left: len(left) - len(candidates)}
	var choice Choice
	if m, ok := metricNamed(c.Metric); ok && m.OfNet != nil {
		choice = c.chooseNet(s, candidates)
	} else {
		t := c.compare(summaries, candidates)
		choice = Choice{Chosen: c.pick(summaries, t, byCost), Best: t.best, Tied: t.tied, Margins: t.margins, By: []string{c.Metric}}
		choice.Reason = c.reason(s, choice.Chosen, t, "setting")
	}
	choice.Run = summaries[choice.Chosen].MedianRun(c.Metric)
	return choice, nil
}

// selection is what settings are chosen from.
type selection struct {
	summaries []Summary
	name      func(i int) string
	left      int // settings left out because a seed diverged
}

// metricNamed returns the metric with this name, and whether there is one.
func metricNamed(name string) (metric.Metric, bool) {
	return metric.Named(name)
}

// original returns the candidates whose samples are no copies of training rows in any seed: their metrics mean nothing.
func (c Choose) original(summaries []Summary, candidates []int) ([]int, error) {
	if c.Allow == allowMemorised {
		return candidates, nil
	}
	original := slices.DeleteFunc(slices.Clone(candidates), func(i int) bool { return summaries[i].Memorised() > 0 })
	if len(original) == 0 {
		return nil, fmt.Errorf("the samples of every setting are copies of training rows: train for fewer steps, add rows, or choose one nevertheless " +
			"with allow: memorised")
	}
	return original, nil
}

// converged returns the candidates of which no seed diverged.
func (c Choose) converged(summaries []Summary, candidates []int) []int {
	return slices.DeleteFunc(slices.Clone(candidates), func(i int) bool { return len(summaries[i].Diverged(c.Metric)) > 0 })
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

// TargetChoice is the choice among the settings of one target.
type TargetChoice struct {
	Choice         // Chosen is -1 where there is none
	Settings []int // indices of the target's settings into the summaries
	Err      error // why nothing could be chosen, if so
}

// ByTarget chooses for one target, or class of one, at a time, in order of appearance. Values of a metric say nothing across targets: the nll
// of a narrow target is lower because its entropy is.
func (c Choose) ByTarget(summaries []Summary, name func(i int) string) []TargetChoice {
	var list []TargetChoice
	at := map[string]int{}
	for i, s := range summaries {
		form := s.Setting.MeasuredForm()
		k, seen := at[form]
		if !seen {
			k = len(list)
			at[form] = k
			list = append(list, TargetChoice{})
		}
		list[k].Settings = append(list[k].Settings, i)
	}
	if len(list) == 0 { // the error says what is missing
		list = append(list, TargetChoice{})
	}
	for k := range list {
		list[k].choose(c, summaries, name)
	}
	return list
}

// choose fills in the choice among the settings.
func (t *TargetChoice) choose(c Choose, summaries []Summary, name func(i int) string) {
	own := make([]Summary, len(t.Settings))
	for k, i := range t.Settings {
		own[k] = summaries[i]
	}
	choice, err := c.Choose(own, func(k int) string { return name(t.Settings[k]) })
	if err != nil {
		t.Choice, t.Err = Choice{Chosen: -1}, err
		return
	}
	margins := make([]metric.Margin, len(summaries))
	for i := range margins {
		margins[i] = noMargin
	}
	for k, i := range t.Settings {
		margins[i] = choice.Margins[k]
	}
	for j, k := range choice.Tied {
		choice.Tied[j] = t.Settings[k]
	}
	choice.Margins, choice.Chosen, choice.Best = margins, t.Settings[choice.Chosen], t.Settings[choice.Best]
	t.Choice = choice
}
