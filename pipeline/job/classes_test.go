package job

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
)

// TestClassesAreMeasuredAlone: the metric of a class is that of its samples against the reference of its target, and its null that of
// fresh points of the class, as many as there are samples of it.
func TestClassesAreMeasuredAlone(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: {name: gaussians, count: 3, label: component}\nnet: {width: 8, depth: 1}\nsample: {solver: heun, steps: 2, count: 90}\n"+
		"metrics: [mmd]\nreference: {count: 50, seed: 5}\n")
	f, run := untrained(t, p, 5), p.Fits[0].Runs[0]
	x, err := f.Sample(t.Context(), run.Sampling, time.Now)
	must(t, err)
	judges := NewJudges(engine.Go, p.Spec)
	defer judges.Close()
	if cannot := judges.Prepare(p); len(cannot) > 0 {
		t.Fatal(cannot)
	}
	values, err := judges.Measure(f, run, x.Points)
	must(t, err)
	nulls, err := p.Nulls()
	must(t, err)
	if len(values) != 4 || len(nulls) != 4 {
		t.Fatalf("%d values and %d nulls, want 4", len(values), len(nulls))
	}
	x.Points.Given = f.start(run.Sampling).x0.Given
	for k := range 3 {
		own, to := ofClass(x.Points, f.fit.Recipe.Target.Given, fmt.Sprint(k)), f.fit.Recipe.Target.Only(k)
		judge, err := metric.MMD.Judge(to.Truth(50, flow.NewStream(5, "reference")))
		must(t, err)
		want, err := judge(own)
		must(t, err)
		if got := values[1+k]; got.Name != fmt.Sprintf("mmd@%d", k) || got.Value != want.Value || got.SE != want.SE {
			t.Errorf("class %d: %+v, want %+v", k, got, want)
		}
		fresh, err := metric.Null(judge, func(i int) (flow.Batch, error) {
			return to.Truth(own.Len(), flow.NewStream(5, fmt.Sprintf("null %d", i))), nil
		}, 99)
		must(t, err)
		if got, err := NullValues(t.Context(), engine.Go, nulls[1+k], p.Spec.Reference); err != nil || !slices.Equal(got, fresh) {
			t.Errorf("class %d: the null is not that of %d points: %v", k, own.Len(), err)
		}
	}
}

// classRows is a table of two far kinds, of which one has so many rows, numbered by their order.
func classRows(n, rare int) string {
	text := "x,kind,last\n"
	for i := range n {
		kind, x := "often", float64(i%7)
		if i%(n/rare) == 0 {
			kind, x = "rare", 100+float64(i%5)
		}
		text += fmt.Sprintf("%g,%s,%d\n", x, kind, i%2)
	}
	return text
}

// planOfKinds returns the plan of a spec of such a table.
func planOfKinds(t *testing.T, held string, rare int) experiments.Plan {
	t.Helper()
	text := "name: a\ntarget: {file: a.csv, columns: [x], label: kind, " + held + "}\nnet: {width: 8, depth: 1}\n" +
		"train: {drop: 0.1}\nsample: {solver: euler, steps: 1, count: 60}\nmetrics: [mmd, class-share]\nbaselines: [truth, gaussian]\n"
	spec, err := experiments.Parser{Open: func(string) ([]byte, error) { return []byte(classRows(200, rare)), nil }}.Parse("a.yaml", []byte(text))
	must(t, err)
	p, err := spec.Plan()
	must(t, err)
	return p
}

// TestClassesOfRows: of a class without enough held-out rows there is no value and no null, and all else is measured, without an
// error.
func TestClassesOfRows(t *testing.T) {
	t.Parallel()
	p := planOfKinds(t, "held: last", 2) // rows 0 and 100, none of which is held out
	f, run := untrained(t, p, 1), p.Fits[0].Runs[0]
	judges := NewJudges(engine.Go, p.Spec)
	defer judges.Close()
	if cannot := judges.Prepare(p); len(cannot) != 0 {
		t.Errorf("not measured: %v", cannot)
	}
	nulls, err := p.Nulls()
	must(t, err)
	for _, n := range nulls {
		if got, err := NullValues(t.Context(), engine.Go, n, p.Spec.Reference); err != nil || math.IsNaN(got[0]) != strings.HasSuffix(n.Metric, "@rare") {
			t.Errorf("the null of %s is %g (%v)", n.Metric, got[0], err)
		}
	}
	x, err := f.Sample(t.Context(), run.Sampling, time.Now)
	must(t, err)
	values, err := judges.Measure(f, run, x.Points)
	must(t, err)
	for _, v := range values {
		if want := strings.HasSuffix(v.Name, "@rare"); math.IsNaN(v.Value) != want && v.Name != "held-out-loss" && v.Name != "loss-gap" {
			t.Errorf("%s is %g", v.Name, v.Value)
		}
	}
}

// TestSharesOfRows: real rows have the shares of the classes, and those of one class are told from them.
func TestSharesOfRows(t *testing.T) {
	t.Parallel()
	p := planOfKinds(t, "holdout: 0.5", 50)
	to := p.Fits[0].Recipe.Target
	share := NeedsOf(to, velocity.NewClassifier(engine.Go).LogOdds)(metric.ClassShare)
	judge, err := share.Judge(to.Reference(100, flow.NewStream(1, "reference")))
	must(t, err)
	rare := slices.Index(to.Given.Classes, "rare")
	for name, c := range map[string]struct{ of, want float64 }{
		"one class": {valueBy(t, judge, to.Only(rare).Rows.All()), .75}, "all rows": {valueBy(t, judge, to.Rows.All()), 0},
	} {
		if math.Abs(c.of-c.want) > .1 { // shares of 50 of 100 rows, as they fell
			t.Errorf("%s: class-share %g, want about %g", name, c.of, c.want)
		}
	}
}

func valueBy(t *testing.T, judge metric.Judge, x flow.Batch) float64 {
	t.Helper()
	got, err := judge(x)
	must(t, err)
	return got.Value
}

// TestTooFewSamplesOfAClass: a class of which a run has one sample has no value, and no null, and the others are measured.
func TestTooFewSamplesOfAClass(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: {name: gaussians, count: 8, label: component}\nnet: {width: 8, depth: 1}\nsample: {solver: heun, steps: 2, count: 9}\nmetrics: [mmd]\nreference: {count: 50}\n")
	f, run := untrained(t, p, 0), p.Fits[0].Runs[0]
	x, err := f.Sample(t.Context(), run.Sampling, time.Now)
	must(t, err)
	judges := NewJudges(engine.Go, p.Spec)
	defer judges.Close()
	values, err := judges.Measure(f, run, x.Points)
	must(t, err)
	nulls, err := p.Nulls()
	must(t, err)
	few := 0
	for k := range 8 {
		asked := f.start(run.Sampling).x0
		n := 0
		for i := range 9 {
			if given.ClassOf(asked.GivenTo(i)) == k {
				n++
			}
		}
		null, err := NullValues(t.Context(), engine.Go, nulls[1+k], p.Spec.Reference)
		must(t, err)
		if got := math.IsNaN(values[1+k].Value); got != (n < 2) || got != math.IsNaN(null[0]) {
			t.Errorf("class %d of %d samples: %g, null %g", k, n, values[1+k].Value, null[0])
		}
		if n < 2 {
			few++
		}
	}
	if few == 0 || few == 8 {
		t.Errorf("%d classes have fewer than 2 of 9 samples", few)
	}
}
