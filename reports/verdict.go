package reports

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
)

// verdict is the first section: what was chosen, how good it is, and warnings.
type verdict struct {
	Sentence string
	Reason   string
	Tied     string   // the settings tied with the best, if there are several
	Noise    string   // compares the chosen setting with the noise floor, if that is known
	Fresh    string   // how good the chosen setting is on fresh points
	Split    string   // how much of the error is the solver's
	Others   []string // what was chosen for other targets
	Facts    []fact
	Banners  []banner
}

// fact is a number to remember, with a short note.
type fact struct{ Name, Value, Note string }

// banner is a warning: a problem if something went wrong, or else a caution about the results.
type banner struct {
	Problem bool
	Text    string
}

func (r report) verdict() verdict {
	v := verdict{Sentence: "No setting could be chosen: " + r.ChoiceError}
	if r.chosen >= 0 {
		s := r.Summaries[r.chosen]
		metric := r.Sweep.Spec.Choose.Metric
		st, _ := s.Stat(metric)
		v.Sentence = fmt.Sprintf("Chosen: %s, with %s %s at %s per sample.", r.labels.Setting(r.chosen), metric,
			interval(st.Mean, st.Low, st.High), callCount(s.NFE))
		v.Reason = fmt.Sprintf("It is the %s. %s.", r.Choice.Reason, r.intervalNote(st))
		v.Tied, v.Noise, v.Fresh, v.Split = r.tiedNames(), r.noiseSentence(st), r.fresh(st), r.errorSplit()
		v.Facts = append(v.Facts, fact{metric, interval(st.Mean, st.Low, st.High), "lower is better"})
		v.Facts = append(v.Facts, r.freshFact(metric)...)
		v.Facts = append(v.Facts, r.noiseFact(metric)...)
		v.Facts = append(v.Facts,
			fact{"Velocity calls", nfe(s), "per sample (NFE)"},
			fact{"Time", number(milliseconds(s)) + " ms", "per sample, in a batch of " + whole(s.Setting.Sample.Count)},
			fact{"Parameters", whole(s.Params), r.labels.Recipe(r.chosen)},
			r.onnx())
	}
	v.Others = r.otherTargets()
	if r.chosen >= 0 && len(v.Others) > 0 {
		v.Sentence = fmt.Sprintf("For %s: c%s", r.labels.Target(r.chosen), strings.TrimPrefix(v.Sentence, "C"))
	}
	v.Facts = append(v.Facts, r.counts())
	v.Banners = slices.Concat(r.failures(), r.belowFloor(), r.cautions())
	return v
}

// maxNamedTies is the maximum number of tied settings named in the verdict.
const maxNamedTies = 6

// tiedNames names the settings tied with the best, lowest mean first.
func (r report) tiedNames() string {
	if len(r.Choice.Tied) < 2 {
		return ""
	}
	var names []string
	for _, i := range r.ranked() {
		if slices.Contains(r.Choice.Tied, i) {
			names = append(names, r.labels.Setting(i))
		}
	}
	text := fmt.Sprintf("%s, lowest mean first: ", plural(len(names), "setting")) + strings.Join(names[:min(len(names), maxNamedTies)], "; ")
	if more := len(names) - maxNamedTies; more > 0 {
		text += fmt.Sprintf("; and %s more", whole(more))
	}
	return text + ". They are marked ≈ in the leaderboard."
}

// errorSplit says how much of the chosen setting's error is the solver's and how much the net's. The solver changes some
// distances by at most as much as it moves the samples; errorSplit uses one of the highest order.
func (r report) errorSplit() string {
	path, ok := r.chosenStat(func(m metric.Metric) bool { return m.OfRun != nil && m.Order > 0 })
	if !ok {
		return ""
	}
	own := fmt.Sprintf("The samples end %s (%s) from those of exact integration of the same net from the same noise", number(path.Mean), path.Name)
	for order := r.metric(path.Name).Order; order > 0; order-- {
		st, ok := r.chosenStat(func(m metric.Metric) bool { return m.OfRun == nil && m.Order == order })
		if !ok {
			continue
		}
		if path.Mean >= st.Mean {
			return own + fmt.Sprintf(", which is no less than their %s, %s: more steps may help.", st.Name, number(st.Mean))
		}
		text := own + fmt.Sprintf(", so the solver changes their %s, %s, by no more than that. The rest is ", st.Name, number(st.Mean))
		if n, ok := r.noiseFloor(r.chosen, st.Name); ok {
			return text + fmt.Sprintf("the net’s error and sampling noise, which alone scores %s on average.", number(n.mean))
		}
		return text + "the net’s error and sampling noise."
	}
	for _, st := range r.Summaries[r.chosen].Metrics {
		if _, ok := r.noiseFloor(r.chosen, st.Name); ok {
			return own + fmt.Sprintf(": that is the solver’s error. The rest of their %s is the net’s error and sampling noise.", st.Name)
		}
	}
	return ""
}

// onnx returns the outcome of the ONNX checks.
func (r report) onnx() fact {
	f := fact{"ONNX", "not checked", "no file was compared"}
	if len(r.Checks) > 0 {
		f.Value, f.Note = "verified", "matches Go within the tolerance"
	}
	for _, c := range r.Checks {
		switch {
		case c.Error != "":
			return fact{"ONNX", "not compared", c.File}
		case !c.OK:
			return fact{"ONNX", "MISMATCH", c.File}
		}
	}
	return f
}

// counts returns how many of the planned runs finished, and from how many fits.
func (r report) counts() fact {
	fits := map[string]bool{} // by key: whether one of its runs finished
	runs, trained := 0, 0
	for _, res := range r.Sweep.Results {
		finished := res.State == experiments.Finished
		if finished {
			runs++
		}
		if finished && !fits[res.Fit] {
			trained++
		}
		fits[res.Fit] = fits[res.Fit] || finished
	}
	return fact{
		"Finished", fmt.Sprintf("%s of %s", whole(runs), plural(len(r.Sweep.Results), "run")),
		fmt.Sprintf("from %s of %s", whole(trained), plural(len(fits), "fit")),
	}
}

// failures returns a banner for everything that went wrong.
func (r report) failures() []banner {
	var banners []banner
	add := func(format string, args ...any) {
		banners = append(banners, banner{true, fmt.Sprintf(format, args...)})
	}
	if r.ChoiceError != "" {
		add("Nothing was chosen: %s.", strings.TrimSuffix(r.ChoiceError, "."))
	}
	count := map[experiments.State]int{}
	notFinite := 0
	for _, res := range r.Sweep.Results {
		count[res.State]++
		for _, v := range res.Metrics {
			if !finite(v.Value) {
				notFinite++
				break
			}
		}
	}
	for _, state := range []experiments.State{experiments.Failed, experiments.Killed, experiments.Lost} {
		if count[state] > 0 {
			add("%s %s: see Failures.", plural(count[state], "run"), state)
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
				number(float64(c.MaxAbsDiff)), number(float64(c.Tolerance)))
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
	waiting := 0
	for _, res := range r.Sweep.Results {
		if res.State == experiments.Queued || res.State == experiments.Running {
			waiting++
		}
	}
	if waiting > 0 {
		add("%s not finished yet.", countAre(waiting, "run", "runs"))
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
	switch seeds := len(r.Summaries[r.chosen].Runs); {
	case seeds == 1:
		add("The chosen setting has only one seed: without an interval, no difference between settings can be judged.")
	case seeds < 3:
		add("The chosen setting has only %d seeds: its interval is a rough guess. Use at least three.", seeds)
	}
	return banners
}

// runsHave returns "1 run has" or "2 runs have".
func runsHave(n int) string {
	if n == 1 {
		return "1 run has"
	}
	return whole(n) + " runs have"
}
