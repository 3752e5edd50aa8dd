package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/shorten"
	"flowsweep/reports/number"
)

// verdict is the first section: what was chosen, how good it is, and warnings.
type verdict struct {
	Headline string
	Chips    []chip
	Sentence string // what was chosen
	Whole    string // what the label in the sentence is short for, or empty
	Reason   string
	Tied     string    // the settings tied with the best, if there are several
	Judged   string    // whether tests tell the samples from the target
	Tests    []testRow // these tests
	Untested []string  // metrics without a test
	Memory   string    // whether the net copies its rows, unless that is a banner
	Fresh    string    // how good the chosen setting is on fresh points
	Split    string    // how much of the error is the solver's
	Tuning   string    // how a fitted solver does on fresh noise
	Twin     string    // what the sampler file computes, if that is not the chosen setting
	Others   []string  // what was chosen for other targets
	Facts    []fact
	Banners  []banner
}

// fact is a number to remember, with a short note.
type fact struct{ Name, Value, Note string }

func (r report) verdict() verdict {
	v := verdict{Headline: r.headline(), Chips: r.chips(), Sentence: "No setting could be chosen: " + shorten.Texts([]string{r.ChoiceError}, maxReason)[0]} // a banner has it whole
	if r.chosen >= 0 {
		s := r.Summaries[r.chosen]
		metric := r.Sweep.Spec.Choose.Metric
		st, _ := s.Stat(metric)
		v.Whole = r.labels.Whole(r.labels.Setting(r.chosen))
		v.Sentence = fmt.Sprintf("Chosen: %s, with %s %s at %s per sample.", r.labels.Setting(r.chosen), metric,
			number.Interval(st.Mean, st.Low, st.High), callCount(s.NFE))
		v.Reason = fmt.Sprintf("It is the %s. %s.", r.Choice.Reason, r.intervalNote(st))
		v.Judged, v.Tests, v.Untested = r.Verdict.Sentence(), r.tests(), r.Verdict.Untested
		v.Tied, v.Fresh, v.Split, v.Tuning, v.Twin = r.tiedNames(), r.fresh(st), r.errorSplit(), r.tuning(), r.twin()
		if !r.alarming() {
			v.Memory = r.Memory.Sentence()
		}
		v.Facts = append(v.Facts, fact{metric, number.Interval(st.Mean, st.Low, st.High), "lower is better"})
		v.Facts = append(v.Facts, r.freshFact(metric)...)
		v.Facts = append(v.Facts, r.twinFact(metric)...)
		v.Facts = append(v.Facts, r.noiseFact(metric)...)
		v.Facts = append(v.Facts,
			fact{"Time", number.Text(milliseconds(s)) + " ms", "per sample, in a batch of " + number.Whole(s.Setting.Sample.Count)},
			fact{"Parameters", number.Whole(s.Params), r.labels.Recipe(r.chosen)},
			r.onnx())
	}
	v.Others = r.otherTargets()
	if r.chosen >= 0 && len(v.Others) > 0 {
		v.Sentence = fmt.Sprintf("For %s: c%s", r.labels.Target(r.chosen), strings.TrimPrefix(v.Sentence, "C"))
	}
	v.Facts = append(v.Facts, r.counts())
	v.Banners = slices.Concat(r.copies(), r.failures(), r.belowFloor(), r.cautions())
	return v
}

// alarming reports whether what is known of copied rows belongs into a banner.
func (r report) alarming() bool {
	return r.chosen >= 0 && r.Memory.Data && (r.Memory.Copies > 0 || r.Memory.Held == 0)
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
	text := fmt.Sprintf("%s, lowest mean first: ", number.Plural(len(names), "setting")) + strings.Join(names[:min(len(names), maxNamedTies)], "; ")
	if more := len(names) - maxNamedTies; more > 0 {
		text += fmt.Sprintf("; and %s more", number.Whole(more))
	}
	return text + ". They are marked ≈ in the leaderboard."
}

// errorSplit says of which parts the metric of the choice consists, or else the first that has parts.
func (r report) errorSplit() string {
	s := r.Summaries[r.chosen]
	for _, name := range append([]string{r.Sweep.Spec.Choose.Metric}, r.metrics()...) {
		b, ok := s.Budget(name)
		st, there := s.Stat(name)
		if !ok || !there || !number.Finite(b.Net.Value) || !number.Finite(b.Solver.Value) {
			continue
		}
		text := fmt.Sprintf("Of the %s of %s, %s is the noise floor, %s is the net’s and %s the solver’s.", name, number.Text(st.Mean), number.Text(b.Floor),
			withError(b.Net), withError(b.Solver))
		if math.Abs(b.Net.Value) <= 2*b.Net.SE && math.Abs(b.Solver.Value) <= b.Noise {
			text += " Both are within the noise."
		}
		return text
	}
	return ""
}

// withError returns a value with its standard error, if it has one.
func withError(m metric.Measurement) string {
	if !(m.SE > 0) {
		return number.Text(m.Value)
	}
	return number.PlusMinus(m.Value, m.SE)
}

// Outcomes of the ONNX checks.
const onnxVerified, onnxMismatch = "verified", "MISMATCH"

// onnx returns the outcome of the ONNX checks.
func (r report) onnx() fact {
	f := fact{"ONNX", "not checked", "no file was compared"}
	if len(r.Checks) > 0 {
		f.Value, f.Note = onnxVerified, "matches Go within the tolerance"
	}
	for _, c := range r.Checks {
		switch {
		case c.Error != "":
			return fact{"ONNX", "not compared", c.File}
		case !c.OK:
			return fact{"ONNX", onnxMismatch, c.File}
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
		"Finished", fmt.Sprintf("%s of %s", number.Whole(runs), number.Plural(len(r.Sweep.Results), "run")),
		fmt.Sprintf("from %s of %s", number.Whole(trained), number.Plural(len(fits), "fit")),
	}
}

// testRow is the outcome of a metric's test in the verdict.
type testRow struct {
	Metric, Value, Null, P, Holm, Mark, Why string
	Failed                                  bool
}

// tests lists the tests of the verdict.
func (r report) tests() []testRow {
	var rows []testRow
	for _, t := range r.Verdict.Tests {
		row := testRow{
			Metric: t.Metric, Value: number.Text(float64(t.Value)), P: number.P(float64(t.P)), Holm: number.P(float64(t.Holm)), Mark: string(t.Mark), Why: t.Why,
			Failed: t.Mark == experiments.TestFail, Null: noCell.Text,
		}
		switch {
		case t.Null != nil:
			row.Null = number.Text(float64(t.Null.Mean)) + " to " + number.Text(float64(t.Null.Q95))
		case t.Above != nil:
			row.Null = "at least " + number.Text(float64(t.Value-*t.Above))
		}
		rows = append(rows, row)
	}
	return rows
}

// fresh says how good the chosen setting is on fresh points, if that was measured.
func (r report) fresh(chosenBy experiments.Stat) string {
	if len(r.Fresh.Metrics) == 0 {
		return ""
	}
	var figures []string
	judged := false
	for _, st := range r.Fresh.Stats(r.Sweep.Spec.Metrics) {
		figures = append(figures, st.Name+" "+number.Interval(st.Mean, st.Low, st.High))
		judged = judged || st.Name == chosenBy.Name
	}
	text := strings.Join(figures, ", ")
	if r.Fresh.SameRows {
		return text + ", with other noise. Too few rows are held out to keep some for these figures: the reference is of the rows that the choice used."
	}
	text += ", with noise and a reference that the choice did not use."
	if judged && len(r.Summaries) > 1 {
		text += fmt.Sprintf(" The lowest of many figures is partly luck, so the %s of %s behind the choice flatters the setting: "+
			"publish these figures instead.", chosenBy.Name, number.Text(chosenBy.Mean))
	}
	return text
}

// freshFact returns the fresh figure of the metric of the choice, if there is one.
func (r report) freshFact(metric string) []fact {
	for _, st := range r.Fresh.Stats(r.Sweep.Spec.Metrics) {
		if st.Name == metric {
			return []fact{{metric + " on fresh points", number.Interval(st.Mean, st.Low, st.High), "the figure to publish"}}
		}
	}
	return nil
}
