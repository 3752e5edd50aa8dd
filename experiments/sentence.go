package experiments

import (
	"fmt"
	"strings"
)

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
