package reports

import (
	"fmt"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/number"
)

// chip is something to know at first sight: a metric with what its test says, or a fact.
type chip struct {
	Name, Value string
	Word        string // what a test says: "pass"; empty for a fact
	Kind        string // "pass", "fail", "unsure", "problem" or "" for a fact, of which the page makes a colour and a sign
	Why         string
}

// headline says in one sentence what was learnt, and whether it is good.
func (r report) headline() string {
	if r.chosen < 0 {
		return "There is no net to recommend yet."
	}
	s := r.Summaries[r.chosen]
	target := r.labels.Target(r.chosen)
	if s.Setting.Target.Rows.Len() > 0 && target == "file" {
		target = "the data"
	}
	at := fmt.Sprintf("at %s a sample", callCount(s.NFE))
	failed, passed, unsure := r.Verdict.With(experiments.TestFail), r.Verdict.With(experiments.TestPass), r.Verdict.With(experiments.TestUnsure)
	from := "samples of the target"
	if r.Verdict.Rows {
		from = "held-out rows"
	}
	switch {
	case r.Memory.Copies > 0:
		return fmt.Sprintf("The net copies rows of %s: no figure below says how well it has learnt them.", target)
	case len(failed) > 0:
		names := make([]string, len(failed))
		for i, t := range failed {
			names[i] = t.Metric
		}
		verb := "tells"
		if len(names) > 1 {
			verb = "tell"
		}
		return fmt.Sprintf("The net has not fully learnt %s: %s, %s %s its samples from %s.", target, at, listed(names), verb, from)
	case len(passed) > 0 && len(unsure) == 0:
		return fmt.Sprintf("The net has learnt %s: %s, no test tells its samples from %s.", target, at, from)
	case len(passed) > 0:
		return fmt.Sprintf("The net seems to have learnt %s: %s, no test tells its samples from %s, but some cannot say.", target, at, from)
	case len(unsure) > 0:
		return fmt.Sprintf("The net samples %s %s; the tests cannot say how well.", target, at)
	default:
		return fmt.Sprintf("The net samples %s %s; no metric tests how well.", target, at)
	}
}

// listed joins names as in a sentence: "a, b and c".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// kinds are the kinds of chips by the marks of tests.
var kinds = map[experiments.Mark]string{experiments.TestPass: "pass", experiments.TestFail: "fail", experiments.TestUnsure: "unsure"}

// chips returns a chip for each metric, and those of what a sample costs and of the ONNX check.
func (r report) chips() (list []chip) {
	if r.chosen < 0 {
		return nil
	}
	s := r.Summaries[r.chosen]
	for _, t := range r.Verdict.Tests {
		list = append(list, chip{Name: t.Metric, Value: number.Text(float64(t.Value)), Word: string(t.Mark), Kind: kinds[t.Mark], Why: t.Why})
	}
	for _, name := range r.Verdict.Untested {
		if st, ok := s.Stat(name); ok && number.Finite(st.Mean) {
			list = append(list, chip{Name: name, Value: number.Text(st.Mean), Word: "no test"})
		}
	}
	onnx := r.onnx()
	check := chip{Name: "ONNX", Value: onnx.Value, Kind: "unsure"}
	switch onnx.Value {
	case onnxVerified:
		check.Kind = "pass"
	case onnxMismatch:
		check.Kind = "fail"
	}
	return append(list, chip{Name: "calls a sample", Value: nfe(s)}, chip{Name: "time a sample", Value: number.Text(milliseconds(s)) + " ms"}, check)
}
