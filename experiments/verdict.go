package experiments

import (
	"fmt"
	"math"
	"strings"

	"flowsweep/experiments/metric"
)

// Mark is the outcome of a test of samples against their target.
type Mark string

// The marks of a test. Pass says no more than that a difference was not seen with so many points.
const (
	TestPass   Mark = "pass"
	TestFail   Mark = "fail"
	TestUnsure Mark = "cannot say"
)

// verdictLevel is the probability with which any of the tests of a verdict fails samples of the target itself.
const verdictLevel = .05

// Test is the outcome of one metric for the chosen setting.
type Test struct {
	Metric string   `json:"metric"`
	Mark   Mark     `json:"mark"`
	Value  Number   `json:"value"`          // mean over the seeds
	P      Number   `json:"p"`              // of the mean, under the null
	Holm   Number   `json:"p_holm"`         // corrected for all tests of the verdict
	Null   *NullRow `json:"null,omitempty"` // values of samples of the target itself
	Above  *Number  `json:"above,omitempty"`
	Why    string   `json:"why,omitempty"` // why it cannot say
}

// Verdict says metric by metric whether the samples of a setting are told apart from the target.
type Verdict struct {
	Tests     []Test   `json:"tests"`
	Untested  []string `json:"untested,omitempty"` // metrics that compare with something else than the target
	Samples   int      `json:"samples"`            // points of each sample that are compared
	Reference int      `json:"reference"`          // points that stand for the target
	Rows      bool     `json:"rows"`               // the target is known only from these rows
	Seeds     int      `json:"seeds"`
}

// Bound is the smallest possible mean of a metric, with its standard error.
type Bound struct{ Value, SE float64 }

// Verdict judges the chosen setting i of a choice by its figures on fresh points, and by bounds that are known of its
// metrics, by name.
func (s Sweep) Verdict(i int, summaries []Summary, fresh Fresh, bounds map[string]Bound) Verdict {
	of := summaries[i]
	v := Verdict{Samples: fresh.Compared, Reference: fresh.Reference, Rows: of.Setting.Target.Held.Len() > 0, Seeds: len(of.Runs)}
	for _, m := range s.Spec.MetricsOf(of.Setting.Target) {
		figure, judged := fresh.Metrics[m.Name]
		bound, bounded := bounds[m.Name]
		switch {
		case judged && figure.P > 0:
			null := figure.Null
			v.Tests = append(v.Tests, Test{Metric: m.Name, Value: figure.Mean, P: figure.P, Null: &null})
		case bounded:
			if t, ok := boundTest(of, m.Name, bound); ok {
				v.Tests = append(v.Tests, t)
			}
		case m.Tests:
			if t, ok := ownTest(of, m.Name); ok {
				v.Tests = append(v.Tests, t)
			}
		case !m.HeldOut:
			v.Untested = append(v.Untested, m.Name)
		}
	}
	correct(v.Tests)
	for k := range v.Tests {
		v.Tests[k].mark(v, s.noisy(v.Tests[k].Metric, summaries))
	}
	return v
}

// boundTest tests whether the mean of a metric is above its bound, by the normal law of the difference.
func boundTest(of Summary, name string, bound Bound) (Test, bool) {
	var values, errors []float64
	for _, r := range of.Runs {
		if v, ok := r.value(name); ok && v.SE > 0 {
			values, errors = append(values, v.Value), append(errors, v.SE)
		}
	}
	mean := metric.Mean(values)
	if len(values) == 0 || !(bound.SE >= 0) || math.IsInf(bound.Value, 0) {
		return Test{}, false
	}
	// The seeds share the points, so the error of one is that of all.
	se := math.Hypot(metric.Mean(errors).Value, bound.SE)
	above := Number(mean.Value - bound.Value)
	p := metric.NormalPValue(float64(above) / se)
	return Test{Metric: name, Value: Number(mean.Value), P: Number(p), Above: &above}, true
}

// ownTest is the test that a metric of the net makes itself. The seeds share its points, so its p-value is the smallest of theirs,
// corrected for their number.
func ownTest(of Summary, name string) (Test, bool) {
	var values []float64
	least := math.Inf(1)
	for _, r := range of.Runs {
		if v, ok := r.value(name); ok && v.P > 0 {
			values, least = append(values, v.Value), min(least, v.P)
		}
	}
	p := min(1, least*float64(len(values)))
	return Test{Metric: name, Value: Number(metric.Mean(values).Value), P: Number(p)}, len(values) > 0
}

// correct sets the p-values corrected for all tests.
func correct(tests []Test) {
	p := make([]float64, len(tests))
	for i, t := range tests {
		p[i] = float64(t.P)
	}
	for i, corrected := range metric.Holm(p) {
		tests[i].Holm = Number(corrected)
	}
}

// minReference is the number of points below which a test that fails nothing says nothing: two samples of 20 normal
// numbers must differ by 0.9 standard deviations to be told apart in four of five cases.
const minReference = 20

// mark sets the mark of a test of the verdict.
func (t *Test) mark(v Verdict, noisy bool) {
	switch {
	case math.IsNaN(float64(t.P)):
		t.Mark, t.Why = TestUnsure, "some values are not finite"
	case t.Holm <= verdictLevel:
		t.Mark = TestFail
	case t.Null != nil && float64(t.P) <= 1/float64(t.Null.N+1):
		t.Mark, t.Why = TestUnsure, "above all values of samples of the target, but these are too few for a test beside the others"
	case t.Null != nil && v.Reference < minReference:
		t.Mark, t.Why = TestUnsure, "the target is known from too few rows"
	case noisy:
		t.Mark, t.Why = TestUnsure, "too noisy here, where most settings pass that another metric tells apart"
	default:
		t.Mark = TestPass
	}
}

// minFoundOut is the fewest settings from which a metric is called too noisy.
const minFoundOut = 4

// noisy reports whether a metric passes most of the settings that another metric tells from the target.
func (s Sweep) noisy(name string, summaries []Summary) bool {
	foundOut, passes := 0, 0
	for _, of := range summaries {
		own, others := false, false
		for _, m := range s.Spec.Metrics {
			told := of.told(m.Name)
			own = own || told && m.Name == name
			others = others || told && m.Name != name
		}
		if others {
			foundOut++
			if !own {
				passes++
			}
		}
	}
	return foundOut >= minFoundOut && 2*passes > foundOut
}

// told reports whether a metric tells most seeds of the setting from the target.
func (of Summary) told(name string) bool {
	told := 0
	for _, r := range of.Runs {
		if v, ok := r.value(name); ok && v.P > 0 && v.P <= verdictLevel {
			told++
		}
	}
	return 2*told > len(of.Runs)
}

// With returns the metrics with a mark.
func (v Verdict) With(mark Mark) (list []Test) {
	for _, t := range v.Tests {
		if t.Mark == mark {
			list = append(list, t)
		}
	}
	return list
}

// Sentence says in words what the tests of the verdict found, and no more than they can.
func (v Verdict) Sentence() string {
	if len(v.Tests) == 0 {
		return "Nothing tests the samples against the target: add mmd, sliced-w2 or c2st to metrics."
	}
	failed, passed, unsure := v.With(TestFail), v.With(TestPass), v.With(TestUnsure)
	var parts []string
	if len(failed) > 0 {
		parts = append(parts, fmt.Sprintf("Told apart from %s by %s.", v.truth(), tested(failed)))
	}
	switch {
	case len(passed) > 0 && len(failed) > 0:
		parts = append(parts, fmt.Sprintf("Not by %s.", tested(passed)))
	case len(passed) > 0:
		parts = append(parts, fmt.Sprintf("Not told apart from %s by %s.", v.truth(), tested(passed)))
	}
	parts = append(parts, reasons(unsure)...)
	if len(passed) > 0 {
		parts = append(parts, fmt.Sprintf("Differences too small to see with %s against %s remain possible.", count(v.Samples, "sample"), v.points()))
	}
	return strings.Join(parts, " ")
}

// truth says what the samples were compared with.
func (v Verdict) truth() string {
	if v.Rows {
		return "the held-out rows"
	}
	return "the target"
}

// points says how many points stand for the target.
func (v Verdict) points() string {
	if v.Rows {
		return count(v.Reference, "row")
	}
	return count(v.Reference, "point") + " of the target"
}

// tested lists tests with their p-values, or how far they are above a bound.
func tested(tests []Test) string {
	words := make([]string, len(tests))
	for i, t := range tests {
		words[i] = fmt.Sprintf("%s (p %.2g)", t.Metric, float64(t.P))
		if t.Above != nil && t.Mark == TestFail {
			words[i] = fmt.Sprintf("%s (%.2g above the smallest possible value)", t.Metric, float64(*t.Above))
		}
	}
	return listed(words)
}

// reasons says which tests cannot say, and why, a sentence for each reason.
func reasons(unsure []Test) (sentences []string) {
	byWhy := map[string][]string{}
	var order []string
	for _, t := range unsure {
		if byWhy[t.Why] == nil {
			order = append(order, t.Why)
		}
		byWhy[t.Why] = append(byWhy[t.Why], t.Metric)
	}
	for _, why := range order {
		sentences = append(sentences, fmt.Sprintf("%s cannot say: %s.", listed(byWhy[why]), why))
	}
	return sentences
}

// listed joins words as in a sentence.
func listed(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return words[0]
}
