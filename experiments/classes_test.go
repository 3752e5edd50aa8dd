package experiments

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/metric"
)

// TestMetricsOfClasses: they are those of two samples, for runs of several classes that were asked for, in the order of the spec; nothing
// at w = 0, of one class, of baselines and of dense solves.
func TestMetricsOfClasses(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: {name: gaussians, count: 3, label: component}\ntrain: {drop: 0.1}\n"+
		"zip: [{sample: {guidance: 0}}, {sample: {guidance: 2}}, {sample: {label: 1}}]\nmetrics: [mmd, excess-loss, c2st-pairs, class-share]\nbaselines: [truth]\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	of := func(metrics []metric.Metric) string {
		var names []string
		for _, m := range metrics {
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	const all, classes = "mmd excess-loss c2st-pairs class-share", "mmd@0 mmd@1 mmd@2 class-share@0 class-share@1 class-share@2"
	for i, want := range []string{"mmd excess-loss class-share", all + " " + classes, all} {
		if got := of(p.Fits[0].MetricsOf(p.Fits[0].Runs[i], spec)); got != want {
			t.Errorf("run %d: %s, want %s", i, got, want)
		}
	}
	for _, run := range p.Fits[0].Dense {
		if got := of(p.Fits[0].MetricsOf(run, spec)); strings.Contains(got, "@") {
			t.Errorf("a dense solve is measured by %s", got)
		}
	}
	nulls, err := p.Nulls()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range nulls {
		names = append(names, n.Metric)
	}
	// The whole reference, that of all classes, and that of class 1.
	if got, want := strings.Join(names, " "), "mmd class-share mmd@0 mmd@1 mmd@2 class-share@0 class-share@1 class-share@2 c2st-pairs mmd c2st-pairs class-share"; !sameWords(got, want) {
		t.Errorf("nulls %s, want %s", got, want)
	}
	baselines, err := spec.BaselinePlans()
	if err != nil || len(baselines) == 0 {
		t.Fatal(len(baselines), err)
	}
	for _, b := range baselines {
		if got := of(b.Metrics); got != "mmd class-share" {
			t.Errorf("the baseline %s is measured by %s", b.Name, got)
		}
	}
}

func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, word := range strings.Fields(a) {
		count[word]++
	}
	for _, word := range strings.Fields(b) {
		count[word]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestManyClassesAreNoted: more than 20 classes are not measured one by one, and the spec says so.
func TestManyClassesAreNoted(t *testing.T) {
	t.Parallel()
	for count, noted := range map[int]bool{20: false, 21: true} {
		spec, err := Parse("a.yaml", fmt.Appendf(nil, "name: a\ntarget: {name: gaussians, count: %d, label: component}\n", count))
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(spec.Notes(), "\n")
		if got := strings.Contains(notes, "the 21 classes of component are measured together"); got != noted || (len(spec.ClassMetrics(spec.Settings[0])) == 0) != noted {
			t.Errorf("%d classes: notes %q, %d metrics of classes", count, notes, len(spec.ClassMetrics(spec.Settings[0])))
		}
	}
}

func TestMetricsThatNeedConditions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"target: moons\nmetrics: [class-share]\n":           "class-share compares the shares of classes, of which moons has none",
		"target: moons\nmetrics: [c2st-pairs]\n":            "c2st-pairs compares points with what they are given",
		"target: linear-gaussian\nmetrics: [class-share]\n": "of which linear-gaussian has none",
		"target: linear-gaussian\nmetrics: [c2st-pairs]\n":  "",
	} {
		_, err := Parse("a.yaml", []byte("name: a\n"+text))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// TestTableOfClasses: figures are means over the seeds, of the class alone, with the p-value of the mean under the null of the class: here
// of 3 values, of which 2 are at least .2.
func TestTableOfClasses(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: {name: gaussians, count: 2, label: component}\nseeds: 2\nmetrics: [mmd, w1]\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := Sweep{Spec: spec}
	for seed, x := range []float64{.1, .3} {
		s.Results = append(s.Results, Result{State: Finished, Seed: uint64(seed), Reference: "r", Setting: spec.Settings[0], OfClasses: []Value{
			{Name: "mmd@0", Value: x, SE: .5}, {Name: "mmd@1", Value: 2 * x, SE: .5}, {Name: "w1@1", Value: 7, SE: .5},
		}})
	}
	k, err := NullKey("r", "mmd@0", metric.MMD.Version, 2000)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetNulls(map[string]Null{k: {Key: k, Reference: "r", Metric: "mmd@0", N: 2000, Values: []float64{.1, .2, .4}}}); err != nil {
		t.Fatal(err)
	}
	c := s.Classes(s.Summaries()[0])
	if c.Label != "component" || strings.Join(c.Metrics, " ") != "mmd w1" || len(c.Rows) != 2 || c.Rows[1].Class != "1" || c.Rows[1].Share != .5 || c.Rows[1].Reference != 2000 {
		t.Fatalf("%+v", c)
	}
	first, second := c.Rows[0].Figures[0], c.Rows[1].Figures[0]
	if math.Abs(first.Mean-.2) > 1e-15 || math.Abs(first.SE-.1) > 1e-15 || first.P != .75 {
		t.Errorf("class 0: %+v, want .2, with error .1 over the seeds and p 3/4", first)
	}
	if math.Abs(second.Mean-.4) > 1e-15 || !math.IsNaN(second.P) || !math.IsNaN(c.Rows[0].Figures[1].Mean) {
		t.Errorf("class 1: %+v; w1 of class 0, which is not measured: %+v", second, c.Rows[0].Figures[1])
	}
	row := s.Results[0].row()
	if row.Metrics["mmd@1"] != .2 || row.MetricsP["mmd@0"] != 1 || len(s.Summaries()[0].Metrics) != 2 {
		t.Errorf("the row has %v, p %v; the summary %v", row.Metrics, row.MetricsP, s.Summaries()[0].Metrics)
	}
}
