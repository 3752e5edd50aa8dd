package conditions

import (
	"context"
	"math"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/pipeline/job"
)

// TestDiversity: samples of the truth are as diverse as it, those drawn together to a half of their distance have a quarter of the variance,
// and copies of one point none, whatever the means of the classes. A class with few points does not count.
func TestDiversity(t *testing.T) {
	t.Parallel()
	c := given.Classes("kind", []string{"a", "b", "rare"}, []float64{.5, .4, .1})
	truth := flow.Batch{Dim: 2}
	for i := range 43 {
		k := i % 2
		if i > 40 {
			k = 2
		}
		truth.Data = append(truth.Data, 100*float64(k)+math.Sin(float64(i)), math.Cos(float64(3*i)))
		truth.Given = append(truth.Given, c.Class(k)...)
	}
	g, ok := groupingOf(c, truth)
	if !ok {
		t.Fatal("classes have no groups")
	}
	scaled := func(by float64) flow.Batch {
		x := truth.Clone()
		for i := range x.Len() {
			middle := 100 * float64(given.ClassOf(x.GivenTo(i)))
			x.Row(i)[0] = middle + by*(x.Row(i)[0]-middle)
			x.Row(i)[1] *= by
		}
		return x
	}
	for by, want := range map[float64]float64{1: 1, .5: .25, 2: 4, 0: 0} {
		if got := g.diversity(scaled(by), truth); math.Abs(got-want) > 1e-12 { // rounding of sums of 40 numbers
			t.Errorf("scaled by %g: diversity %g, want %g", by, got, want)
		}
	}
	if got := g.diversity(scaled(1).Slice(41, 43), truth); !math.IsNaN(got) {
		t.Errorf("of a class of two points: diversity %g, want NaN", got)
	}
}

// TestEighths: a number has groups of as many points of the truth each, in its order.
func TestEighths(t *testing.T) {
	t.Parallel()
	c := given.Condition{Numbers: []given.Number{{Name: "dose", Std: 1}}}
	truth := flow.NewBatch(80, 1)
	for i := range 80 {
		truth.Given = append(truth.Given, c.Row([]float64{float64(i * 37 % 80)})...)
	}
	g, ok := groupingOf(c, truth)
	counts := make([]int, g.count)
	for i := range truth.Len() {
		counts[g.of(truth.GivenTo(i))]++
	}
	for k, n := range counts {
		if n < 9 || n > 11 { // a tenth, but for the ends
			t.Errorf("group %d has %d points of 80 in 8 groups", k, n)
		}
	}
	if low, high := g.of(c.Row([]float64{-5})), g.of(c.Row([]float64{500})); !ok || low != 0 || high != eighths-1 || g.of([]float64{0, 3}) != -1 {
		t.Errorf("ends are in groups %d and %d", low, high)
	}
	c.Numbers = append(c.Numbers, c.Numbers[0])
	if _, ok := groupingOf(c, truth); ok {
		t.Error("two numbers have groups")
	}
}

// TestShown: samples are shown of a run that heeds what it is given and draws every class, of the nearest weight.
func TestShown(t *testing.T) {
	t.Parallel()
	run := func(key string, w float64, label string) experiments.Result {
		r := experiments.Result{Run: key}
		r.Setting.Sample.Guidance, r.Setting.Sample.Label = flow.Guided(w), label
		return r
	}
	zero, one, two, four, setosa := run("zero", 0, ""), run("one", 1, ""), run("two", 2, ""), run("four", 4, ""), run("setosa", 2, "setosa")
	all := []experiments.Result{setosa, four, zero, one, two}
	for _, c := range []struct {
		chosen experiments.Result
		among  []experiments.Result
		want   string
	}{{one, all, "one"}, {two, all, "two"}, {zero, all, "one"}, {setosa, all, "two"}, {zero, []experiments.Result{zero, four}, "four"}, {zero, nil, "zero"}, {setosa, []experiments.Result{setosa}, "setosa"}} {
		if got := Shown(c.among, c.chosen).Run; got != c.want {
			t.Errorf("chosen %s among %d: %s is shown, want %s", c.chosen.Run, len(c.among), got, c.want)
		}
	}
}

// TestGuidedIsExact: for a prior N(0, 1) and an observation with variance .3, noise is carried to itself with w = 0, and by the posterior's
// mean and standard deviation with w = 1, both in closed form.
func TestGuidedIsExact(t *testing.T) {
	t.Parallel()
	spec, err := experiments.Parse("spec.yaml", []byte("name: linear\ntarget: linear-gaussian\ntrain: {drop: 0.1}\nsample: {guidance: [0, 1], count: 50}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spec.Settings {
		x0 := job.Noise(s, spec.Reference.Seed)
		want := x0.Clone()
		if s.Sample.Guidance.Weight() == 1 {
			for i := range want.Len() {
				x := s.Target.Given.Values(want.GivenTo(i))[0]
				want.Row(i)[0] = (x+1)/1.3 + math.Sqrt(.3/1.3)*x0.Row(i)[0]
			}
		}
		g, ends, err := guided(context.Background(), spec, experiments.Result{Setting: s}, want)
		if err != nil {
			t.Fatal(err)
		}
		if g.RMSE > 1e-5 || len(g.Exact.Rows) != 50 || math.Abs(ends.Data[7]-want.Data[7]) > 1e-5 { // the error of 64 steps of rk4
			t.Errorf("guidance %s: the exact flow ends %g from the closed form", s.Sample.Guidance, g.RMSE)
		}
		if off, _, _ := guided(context.Background(), spec, experiments.Result{Setting: s}, x0.Like(1)); off.RMSE < .1 {
			t.Errorf("guidance %s: samples that are all 0 are %g away", s.Sample.Guidance, off.RMSE)
		}
	}
}
