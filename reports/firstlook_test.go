package reports

import (
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
)

// TestHeadline: the first sentence says what was learnt and whether tests tell it from the target, and chips say it metric by metric.
func TestHeadline(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	test := func(name string, mark experiments.Mark) experiments.Test {
		return experiments.Test{Metric: name, Mark: mark, Value: .0123}
	}
	pass, fail, unsure := experiments.TestPass, experiments.TestFail, experiments.TestUnsure
	for _, c := range []struct {
		tests []experiments.Test
		want  string
	}{
		{[]experiments.Test{test("mmd", pass), test("c2st", pass)}, "has learnt moons: at "},
		{[]experiments.Test{test("mmd", pass), test("c2st", pass)}, "no test tells its samples from samples of the target."},
		{[]experiments.Test{test("mmd", fail), test("c2st", pass)}, "mmd tells its samples from samples of the target."},
		{[]experiments.Test{test("mmd", fail), test("w2", fail), test("c2st", fail)}, "mmd, w2 and c2st tell its samples"},
		{[]experiments.Test{test("mmd", pass), test("c2st", unsure)}, "but some cannot say."},
		{[]experiments.Test{test("c2st", unsure)}, "the tests cannot say how well."},
		{nil, "no metric tests how well."},
	} {
		r.Verdict = experiments.Verdict{Tests: c.tests}
		if got := r.headline(); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want it to contain %q", c.tests, got, c.want)
		}
	}
	r.Verdict = experiments.Verdict{Tests: []experiments.Test{test("mmd", pass)}, Rows: true}
	if got := r.headline(); !strings.HasSuffix(got, "from held-out rows.") {
		t.Errorf("rows: %q", got)
	}
	r.Memory = experiments.Memory{Data: true, Copies: 1}
	if got := r.headline(); !strings.Contains(got, "copies rows of moons") {
		t.Errorf("copies: %q", got)
	}
	r.Verdict.Tests, r.Verdict.Untested = append(r.Verdict.Tests, test("c2st", fail), test("energy", unsure)), []string{"sliced-w2"}
	var got []string
	for _, c := range r.chips() {
		got = append(got, c.Name+" "+c.Kind+" "+c.Word)
	}
	want := []string{"mmd pass pass", "c2st fail fail", "energy unsure cannot say", "sliced-w2  no test", "calls a sample  ", "time a sample  ", "ONNX unsure "}
	if !slices.Equal(got, want) {
		t.Errorf("the chips are %q, want %q", got, want)
	}
	r.Checks = []experiments.Check{{OK: true}}
	if c := r.chips(); c[len(c)-1].Kind != "pass" {
		t.Errorf("a verified file: %+v", c[len(c)-1])
	}
	r.Checks = append(r.Checks, experiments.Check{})
	if c := r.chips(); c[len(c)-1].Kind != "fail" {
		t.Errorf("a mismatch: %+v", c[len(c)-1])
	}
	r.chosen = -1
	if got := r.headline(); got != "There is no net to recommend yet." || r.chips() != nil {
		t.Errorf("no choice: %q", got)
	}
}
