package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"flowsweep/experiments/flow"
)

// bySign is a classifier of points on a line into those below 0, up to 1, and above.
var bySign = Classes{Names: []string{"low", "middle", "high"}, Of: func(x flow.Batch) []int {
	classes := make([]int, x.Len())
	for i, v := range x.Data {
		if v > 0 {
			classes[i]++
		}
		if v > 1 {
			classes[i]++
		}
	}
	return classes
}}

// onLine returns points on a line.
func onLine(values ...float64) flow.Batch { return flow.Batch{Dim: 1, Data: values} }

// TestClassShareByHand: shares of (1/2, 1/4, 1/4) against (1/4, 1/2, 1/4) differ by 1/4, with the error of the share of the one class that
// there is too much of, (1/2 1/2 / 4 + 1/4 3/4 / 4)^(1/2); disjoint classes differ by 1 and equal shares by exactly 0.
func TestClassShareByHand(t *testing.T) {
	t.Parallel()
	reference := onLine(-1, .5, .6, 2)
	judge := mustJudge(t, ClassShare.Among(bySign), reference)
	for _, c := range []struct {
		samples  flow.Batch
		want, se float64
	}{
		{onLine(-1, -2, .5, 2), .25, math.Sqrt((.25 + 3./16) / 4)},
		{onLine(-5, .1, .2, 9), 0, 0},
		{onLine(-5, -5, -5, -5, -5), .75, math.Sqrt(3. / 16 / 4)},
	} {
		got, err := judge(c.samples)
		if err != nil || math.Abs(got.Value-c.want) > 1e-15 || math.Abs(got.SE-c.se) > 1e-15 {
			t.Errorf("%v: %g ± %g (%v), want %g ± %g", c.samples.Data, got.Value, got.SE, err, c.want, c.se)
		}
	}
	if got, err := judge(onLine(1, math.NaN())); err != nil || !math.IsNaN(got.Value) {
		t.Errorf("a sample that is not finite: %g, %v", got.Value, err)
	}
	if _, err := ClassShare.Among(Classes{}).Judge(reference); err == nil {
		t.Error("points of no classes are measured")
	}
}

// TestClassShareErrors: over 400 pairs of samples of 300 and 200 points with other shares, values scatter as their standard errors say,
// within 15 %: the error of an estimate from 400 is 4 %.
func TestClassShareErrors(t *testing.T) {
	t.Parallel()
	var values, errors []float64
	for k := range uint64(400) {
		x, y := normal(300, 1, .8, "x"), normal(200, 1, 0, "y")
		flow.NewStream(k, "x").Normal(x, 0)
		flow.NewStream(k, "y").Normal(y, 0)
		for i := range x.Data {
			x.Data[i] += .8
		}
		got, err := mustJudge(t, ClassShare.Among(bySign), y)(x)
		if err != nil {
			t.Fatal(err)
		}
		values, errors = append(values, got.Value), append(errors, got.SE)
	}
	sd := Mean(values).SE * 20
	if ratio := Mean(errors).Value / sd; math.Abs(ratio-1) > .15 {
		t.Errorf("standard errors are %g of the scatter %g", ratio, sd)
	}
}

// TestPairsSeeWhatPointsAreGiven: points that are right as a whole, but given the class of others, are not told by c2st, and by c2st-pairs
// nearly always, here with a classifier that learns from the product of
// the point and what it is given.
func TestPairsSeeWhatPointsAreGiven(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64, swap bool) flow.Batch {
		r := rand.New(rand.NewPCG(seed, 0))
		x := flow.NewBatch(400, 1)
		for i := range x.Len() {
			k := r.IntN(2)
			x.Row(i)[0] = 4*float64(k) + r.NormFloat64()
			if swap {
				k = 1 - k
			}
			x.Given = append(x.Given, float64(1-k), float64(k))
		}
		return x
	}
	products := func(x flow.Batch, classes, folds []int, seed uint64) ([]float64, error) {
		if x.Dim == 1 {
			return byMeans(x, classes, folds, seed)
		}
		of := flow.NewBatch(x.Len(), 1)
		for i := range x.Len() {
			of.Data[i] = x.Row(i)[0] * x.Row(i)[1]
		}
		return byMeans(of, classes, folds, seed)
	}
	reference := draw(1, false)
	for _, c := range []struct {
		metric    Metric
		swap      bool
		low, high float64 // .5 within 4 standard errors of 800 points, and all but the few between the classes
	}{
		{C2ST, true, .43, .57}, {C2STPairs, false, .43, .57}, {C2STPairs, true, .9, 1},
	} {
		got, err := mustJudge(t, c.metric.With(products), reference)(draw(2, c.swap))
		if err != nil || got.Value < c.low || got.Value > c.high {
			t.Errorf("%s, swapped %t: %g (%v), want %g to %g", c.metric.Name, c.swap, got.Value, err, c.low, c.high)
		}
	}
	bare := reference
	bare.Given = nil
	if _, err := C2STPairs.With(products).Judge(bare); err == nil {
		t.Error("points that are given nothing are measured")
	}
}

// TestMetricsOfAClass: the name of a metric of one class is found again, whatever the class is called.
func TestMetricsOfAClass(t *testing.T) {
	t.Parallel()
	for _, class := range []string{"Gentoo", "tall one", "a@b", "3", "x.y", ""} {
		m := MMD.Of(class)
		got, ok := Named(m.Name)
		if !ok || got.Class != class || got.Name != m.Name || Whole(m.Name) != "mmd" || !got.Unbiased {
			t.Errorf("%q is read as %q of %q, %t", m.Name, got.Name, got.Class, ok)
		}
	}
	for _, name := range []string{"nll@a", "none", "@a"} {
		if _, ok := Named(name); ok {
			t.Errorf("%q is a metric", name)
		}
	}
	if m, ok := Named("w1"); !ok || m.Class != "" {
		t.Error("w1 is none, or of a class")
	}
}
