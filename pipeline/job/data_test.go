package job

import (
	"math"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// rowsOf returns a target of the numbers 0 to n - 1, a fifth of which is held out.
func rowsOf(t *testing.T, n int) target.Target {
	t.Helper()
	d := target.Data{Columns: []string{"x"}, Rows: flow.NewBatch(n, 1), Holdout: .2}
	for i := range n {
		d.Rows.Data[i] = float64(i)
	}
	rows, err := d.Make()
	must(t, err)
	return rows
}

// TestNullOfData: the null of data compares different rows with each other, as many as are left beside the reference. Of
// the numbers 0 to 49, every pair of 40 and 10 of them has a w1 of at most 25, and of about 3 on average.
func TestNullOfData(t *testing.T) {
	t.Parallel()
	rows := rowsOf(t, 50)
	n := experiments.NullPlan{Null: experiments.Null{N: rows.Comparable(2000, 2000)}, Target: rows, Judged: metric.W1, Count: 50}
	if n.N != 40 {
		t.Errorf("%d samples are compared with the 10 rows that are held out, want the 40 others", n.N)
	}
	values, err := NullValues(t.Context(), engine.Go, n, experiments.Reference{Count: 2000})
	must(t, err)
	if mean := metric.Mean(values); len(values) != 50 || mean.Value < 1.5 || mean.Value > 6 {
		t.Errorf("%d values with mean %+v", len(values), mean)
	}
	different := map[float64]bool{}
	for _, v := range values {
		different[v] = true
	}
	if len(different) < 25 {
		t.Errorf("only %d of 50 values differ: the reference or the samples do not change", len(different))
	}
}

// TestHeldOutLossOfAKnownNet: a net whose weights are 0 has velocity 0, so its loss is E|x1 - x0|^2, the square of a row
// plus 1. Over the rows -1 and 1, standardised or not, it is 2, within 4 standard errors of 20,000 pairs.
func TestHeldOutLossOfAKnownNet(t *testing.T) {
	t.Parallel()
	d := target.Data{Columns: []string{"x"}, Rows: flow.NewBatch(50, 1), Holdout: .2}
	for i := range 50 {
		d.Rows.Data[i] = float64(1 - 2*(i%2))
	}
	rows, err := d.Make()
	must(t, err)
	p := plan(t, "name: a\ntarget: gaussian\nnet: {width: 4, depth: 1}\n")
	fit := p.Fits[0]
	fit.Recipe.Target = rows
	net := fit.Recipe.VelocityNet()
	f, err := Open(untrained(t, p, 0).engine, fit, make([]float32, net.Size()), 0)
	must(t, err)
	defer f.Close()
	got, err := f.netMetric(metric.HeldOutLoss, flow.Batch{})
	must(t, err)
	if se := math.Sqrt(6. / 20_000); math.Abs(got.Value-2) > 4*se { // the variance of (x1 - x0)^2 is 6
		t.Errorf("the held-out loss is %g, want 2 within %g", got.Value, 4*se)
	}
	h, err := newHeldOut(f.engine, fit, nil)
	must(t, err)
	defer h.close()
	loss, err := h.loss(make([]float32, net.Size()))
	must(t, err)
	if se := math.Sqrt(6. / curveRows); math.Abs(loss-2) > 4*se {
		t.Errorf("the curve has the loss %g, want 2 within %g", loss, 4*se)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
