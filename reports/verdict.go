package reports

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
)

// verdict is the first screen: what was chosen, how good it is, and what to be wary of.
type verdict struct {
	Sentence string
	Reason   string
	Tied     string // names the settings as good as the best, if there are several
	Noise    string // what the truth itself scores, where that is known
	Fresh    string // how good the chosen setting is on points the choice never saw
	Split    string // how much of the error is that of the solver
	Facts    []fact
	Banners  []banner
}

// fact is a number to remember, with a word on what it is.
type fact struct{ Name, Value, Note string }

// banner warns of something. A grave one says that something went wrong; another, that a reading calls for care.
type banner struct {
	Grave bool
	Text  string
}

func (r report) verdict() verdict {
	v := verdict{Sentence: "No setting could be chosen: " + r.ChoiceError}
	if r.chosen >= 0 {
		s := r.Summaries[r.chosen]
		metric := r.Sweep.Spec.Choose.Metric
		st, _ := s.Stat(metric)
		v.Sentence = fmt.Sprintf("Chosen: %s, with %s %s at %s a sample.", r.labels.Setting(r.chosen), metric,
			interval(st.Mean, st.Low, st.High), callCount(s.NFE))
		v.Reason = fmt.Sprintf("It is the %s. %s.", r.Choice.Reason, intervalNote(st))
		v.Tied, v.Noise, v.Fresh, v.Split = r.tiedNames(), r.noiseFloor(st), r.fresh(st), r.split()
		v.Facts = append(v.Facts, fact{metric, interval(st.Mean, st.Low, st.High), "lower is better"})
		v.Facts = append(v.Facts, r.freshFact(metric)...)
		v.Facts = append(v.Facts, r.noiseFact(metric)...)
		v.Facts = append(v.Facts,
			fact{"Velocity calls", nfe(s), "a sample (NFE)"},
			fact{"Time", number(milliseconds(s)) + " ms", "a sample, in a batch of " + whole(s.Setting.Sample.Count)},
			fact{"Parameters", whole(s.Params), r.labels.Recipe(r.chosen)},
			r.onnx())
	}
	v.Facts = append(v.Facts, r.counts())
	v.Banners = slices.Concat(r.failures(), r.belowFloor(), r.cautions())
	return v
}

// namedTies is the most tied settings that the verdict names.
const namedTies = 6

// tiedNames names the settings as good as the best, by rising mean.
func (r report) tiedNames() string {
	if len(r.Choice.Tied) < 2 {
		return ""
	}
	var names []string
	for _, i := range r.ranked() {
		if r.tied(i) {
			names = append(names, r.labels.Setting(i))
		}
	}
	text := fmt.Sprintf("%s by the rule, lowest mean first: ", many(len(names), "setting")) + strings.Join(names[:min(len(names), namedTies)], "; ")
	if more := len(names) - namedTies; more > 0 {
		text += fmt.Sprintf("; and %s more", whole(more))
	}
	return text + ". They are marked ≈ in the leaderboard."
}

func intervalNote(st experiments.Stat) string {
	if st.N < 2 {
		return "One seed gives no interval"
	}
	return fmt.Sprintf("In brackets is the 95\u00a0%% interval of the mean over %d seeds", st.N)
}

// onnx returns the outcome of the ONNX checks in a word.
func (r report) onnx() fact {
	f := fact{"ONNX", "not checked", "no file was compared"}
	if len(r.Checks) > 0 {
		f.Value, f.Note = "verified", "equal to Go within the tolerance"
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

// counts returns how many of the planned runs finished, and of how many fits.
func (r report) counts() fact {
	fits := map[string]bool{} // whether a run of it finished
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
		"Finished", fmt.Sprintf("%s of %s", whole(runs), many(len(r.Sweep.Results), "run")),
		fmt.Sprintf("from %s of %s", whole(trained), many(len(fits), "fit")),
	}
}

// failures returns a grave banner for everything that went wrong.
func (r report) failures() []banner {
	var banners []banner
	add := func(format string, args ...any) {
		banners = append(banners, banner{true, fmt.Sprintf(format, args...)})
	}
	if r.ChoiceError != "" {
		add("Nothing was chosen: %s.", strings.TrimSuffix(r.ChoiceError, "."))
	}
	count := map[experiments.State]int{}
	odd := 0
	for _, res := range r.Sweep.Results {
		count[res.State]++
		for _, v := range res.Metrics {
			if !finite(v.Value) {
				odd++
				break
			}
		}
	}
	for _, state := range []experiments.State{experiments.Failed, experiments.Killed, experiments.Lost} {
		if count[state] > 0 {
			add("%s %s: see Failures.", many(count[state], "run"), state)
		}
	}
	if odd > 0 {
		add("%s a metric that is not finite: see Failures.", haveOf(odd))
	}
	for _, c := range r.Checks {
		switch {
		case c.Error != "":
			add("%s could not be compared with Go: %s.", c.File, strings.TrimSuffix(c.Error, "."))
		case !c.OK:
			add("%s does not give what Go gives: the largest difference is %s, and %s is allowed.", c.File,
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
		add("%s not finished yet.", areOf(waiting, "run", "runs"))
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
		add("The sweep has %d targets, and figures of different targets do not compare: the choice is the best of all, and may be of the "+
			"easiest.", len(targets))
	}
	switch seeds := len(r.Summaries[r.chosen].Runs); {
	case seeds == 1:
		add("The chosen setting has one seed: without an interval, no difference between settings can be judged.")
	case seeds < 3:
		add("The chosen setting has only %d seeds: its interval is a rough guess. Three is the least to rely on.", seeds)
	}
	return banners
}

func haveOf(n int) string {
	if n == 1 {
		return "1 run has"
	}
	return whole(n) + " runs have"
}
