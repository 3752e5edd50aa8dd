package reports

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/number"
)

// banner is a warning: a problem if something went wrong, or else a caution about the results.
type banner struct {
	Problem bool
	Text    string
}

// copies returns a banner if the chosen net copies its rows, or if nothing shows whether it does, and one for settings that
// do.
func (r report) copies() (banners []banner) {
	if r.alarming() {
		banners = append(banners, banner{r.Memory.Copies > 0, r.Memory.Sentence()})
	}
	settings := 0
	for _, s := range r.Summaries {
		if s.Memorised() > 0 {
			settings++
		}
	}
	if settings > 0 {
		banners = append(banners, banner{false, fmt.Sprintf("The samples of %d of %s are copies of training rows, by nn-share and near-share: the other figures of these say nothing.",
			settings, number.Plural(len(r.Summaries), "setting"))})
	}
	return banners
}

// failures returns a banner for everything that went wrong.
func (r report) failures() []banner {
	var banners []banner
	add := func(format string, args ...any) {
		banners = append(banners, banner{true, fmt.Sprintf(format, args...)})
	}
	if r.ChoiceError != "" {
		add("Nothing was chosen: %s.", strings.TrimSuffix(r.ChoiceError, "."))
		banners[len(banners)-1].Problem = r.waiting() == 0 // or else there may be a choice later
	}
	count := map[experiments.State]int{}
	notFinite := 0
	for _, res := range r.Sweep.Results {
		count[res.State]++
		for _, v := range res.Metrics {
			if !number.Finite(v.Value) {
				notFinite++
				break
			}
		}
	}
	for _, state := range []experiments.State{experiments.Failed, experiments.Killed, experiments.Lost} {
		if count[state] > 0 {
			add("%s %s: see Failures.", number.Plural(count[state], "run"), state)
		}
	}
	if notFinite > 0 {
		add("%s a metric that is not finite: see Failures.", runsHave(notFinite))
	}
	for _, c := range r.Checks {
		switch {
		case c.Error != "":
			add("%s could not be compared with Go: %s.", c.File, strings.TrimSuffix(c.Error, "."))
		case !c.OK:
			add("%s does not match Go: the largest difference is %s, but at most %s is allowed.", c.File,
				number.Text(float64(c.MaxAbsDiff)), number.Text(float64(c.Tolerance)))
		}
	}
	return banners
}

// cautions returns a banner for everything that weakens the verdict.
func (r report) cautions() []banner {
	var banners []banner
	add := func(format string, args ...any) {
		banners = append(banners, banner{false, fmt.Sprintf(format, args...)})
	}
	if waiting := r.waiting(); waiting > 0 {
		add("%s not finished yet.", number.CountAre(waiting, "run", "runs"))
	}
	if text := r.Sweep.RoundingCaution(); text != "" {
		add("%s", strings.ToUpper(text[:1])+text[1:])
	}
	if r.chosen < 0 {
		return banners
	}
	var targets []string
	for i := range r.Summaries {
		if t := r.labels.Target(i); !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	if len(targets) > 1 {
		add("The sweep has %d targets, and figures of different targets are not comparable: the choice may be the best only because its "+
			"target is the easiest.", len(targets))
	}
	if text := r.diverged(); text != "" {
		add("%s", text)
	}
	if text := r.looseTie(); text != "" {
		add("%s", text)
	}
	switch seeds := len(r.Summaries[r.chosen].Runs); {
	case seeds == 1:
		add("The chosen setting has only one seed: without an interval, no difference between settings can be judged.")
	case seeds < 3:
		add("The chosen setting has only %d seeds: its interval is a rough guess. Use at least three.", seeds)
	}
	return banners
}

// waiting returns how many runs are not finished yet.
func (r report) waiting() (n int) {
	for _, res := range r.Sweep.Results {
		if res.State == experiments.Queued || res.State == experiments.Running {
			n++
		}
	}
	return n
}

// looseRatio is how many times the lowest mean a tied one may be without a caution.
const looseRatio = 2

// looseTie says that the chosen setting is tied with the best only because seeds differ much, if so.
func (r report) looseTie() string {
	c, name := r.Choice, r.Sweep.Spec.Choose.Metric
	own, _ := r.Summaries[c.Chosen].Stat(name)
	best, _ := r.Summaries[c.Best].Stat(name)
	if r.Sweep.Spec.Choose.Within > 0 || r.metric(name).Signed || !(best.Mean > 0) || !(own.Mean >= looseRatio*best.Mean) || r.withinNoise(c.Chosen, name) {
		return ""
	}
	return fmt.Sprintf("The %s of the chosen setting is %s times the lowest (%s against %s). Its seeds differ so much that the test cannot tell it from the best: "+
		"use more seeds, or “rule: best”.", name, number.Text(own.Mean/best.Mean), number.Text(own.Mean), number.Text(best.Mean))
}

// diverged names the seeds whose nets diverged, by the metric of the choice.
func (r report) diverged() string {
	metric := r.Sweep.Spec.Choose.Metric
	var names []string
	for i, s := range r.Summaries {
		seeds := s.Diverged(metric)
		if len(seeds) == 0 {
			continue
		}
		words := make([]string, len(seeds))
		for k, seed := range seeds {
			words[k] = fmt.Sprint(seed)
		}
		names = append(names, fmt.Sprintf("%s (%s %s)", r.labels.Setting(i), noun(len(seeds), "seed"), strings.Join(words, ", ")))
	}
	if len(names) == 0 {
		return ""
	}
	text := fmt.Sprintf("Diverged, by a %s far above that of the other seeds: %s", metric, strings.Join(names[:min(len(names), maxNamedTies)], "; "))
	if more := len(names) - maxNamedTies; more > 0 {
		text += fmt.Sprintf("; and %s more", number.Whole(more))
	}
	return text + ". A setting with such a seed is chosen only if all have one."
}

// noun returns the singular or the plural of a noun.
func noun(n int, singular string) string {
	if n == 1 {
		return singular
	}
	return singular + "s"
}

// runsHave returns "1 run has" or "2 runs have".
func runsHave(n int) string {
	if n == 1 {
		return "1 run has"
	}
	return number.Whole(n) + " runs have"
}
