package job

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/table"
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
	got, err := f.netMetric(metric.HeldOutLoss, fit.Runs[0].Sampling, flow.Batch{})
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

// ages returns a target of whole numbers and two categories, of which a fifth of the rows is held out.
func ages(t *testing.T) target.Target {
	t.Helper()
	read := table.Table{Columns: []table.Column{{Name: "age"}, {Name: "group", Word: "words"}}}
	for i := range 100 {
		read.Columns[0].Values = append(read.Columns[0].Values, float64(20+i*7%50))
		read.Columns[1].Values = append(read.Columns[1].Values, math.NaN())
		read.Columns[1].Texts = append(read.Columns[1].Texts, []string{"a", "b"}[i%2])
	}
	taken, err := target.Take(read, []kinds.Choice{{Column: "age", Kind: kinds.Integer}, {Column: "group", Kind: kinds.Categorical}}, nil)
	must(t, err)
	taken.Standardise, taken.Holdout = target.Standardised, .2
	made, err := taken.Make("ages.csv")
	must(t, err)
	return made
}

// TestSamplesAreMeasuredAsRows: metrics of samples see the rows that these decode to, so that samples near held-out rows score like these
// rows, exactly; path-rmse sees the samples as they are.
func TestSamplesAreMeasuredAsRows(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: gaussian\nnet: {width: 4, depth: 1}\nmetrics: [w1, path-rmse]\nsample: {count: 20}\n")
	fit := p.Fits[0]
	fit.Recipe.Target = ages(t)
	net := fit.Recipe.VelocityNet()
	f, err := Open(untrained(t, p, 0).engine, fit, make([]float32, net.Size()), 0)
	must(t, err)
	defer f.Close()
	judges := NewJudges(engine.Go, p.Spec)
	defer judges.Close()
	rows := Reference(p.Spec, experiments.Setting{Recipe: fit.Recipe, Sample: fit.Runs[0].Sampling})
	near := rows.Clone()
	flow.NewStream(1, "near").Normal(near, 0)
	for i, e := range near.Data { // a unit of age is .07 standard deviations, and categories are .5 apart
		near.Data[i] = rows.Data[i] + .01*math.Tanh(e)
	}
	values, err := judges.Measure(f, fit.Runs[0], near)
	must(t, err)
	again, err := judges.Measure(f, fit.Runs[0], rows)
	must(t, err)
	if values[0].Value != 0 || again[0].Value != 0 {
		t.Errorf("w1 is %g near rows and %g at them, want 0", values[0].Value, again[0].Value)
	}
	if values[1].Value == again[1].Value {
		t.Errorf("path-rmse is %g at rows and near them: it sees rows in place of samples", values[1].Value)
	}
}

// TestHeldOutRowsHaveTheNoiseOfTraining: a held-out loss is on rows with the noise of their whole numbers, each within its cell.
func TestHeldOutRowsHaveTheNoiseOfTraining(t *testing.T) {
	t.Parallel()
	to := ages(t)
	r := plan(t, "name: a\ntarget: gaussian\n").Fits[0].Recipe
	r.Target = to
	rows := to.Held.All().Clone()
	_, err := noisy(r, 3, rows, 0)
	must(t, err)
	moved := 0
	for i := range rows.Len() {
		if rows.Row(i)[0] != to.Held.All().Row(i)[0] {
			moved++
		}
	}
	if got := to.Project(rows); moved < rows.Len()/2 || !slices.Equal(got.Data, to.Held.All().Data) {
		t.Errorf("%d of %d rows have noise, or some leave their cell", moved, rows.Len())
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTableOfMixedColumns: the metrics of tables see the values of a column, whatever its kind, and not the codes that nets learn. The
// trained ages range over 40, so that w1-table of two rows 10 years apart, with one of two regions changed, is 10/40 + 1/2.
func TestTableOfMixedColumns(t *testing.T) {
	t.Parallel()
	region, err := kinds.Of("categorical", "north", "south", "west")
	must(t, err)
	d := target.Data{
		Columns: []string{"region", "age", "income"}, Kinds: []kinds.Kind{region, kinds.Integer, kinds.Positive}, Standardise: target.Standardised,
		Rows: flow.Batch{Dim: 3, Data: []float64{0, 20, 10, 1, 60, 1000, 2, 30, 100, 2, 40, 500}},
	}
	made, err := d.Make()
	must(t, err)
	table := TableOf(made)
	if got := table.Columns; !slices.Equal(got[0].Categories, region.Categories) || got[1].Low != 20 || got[1].High != 60 || got[1].Categories != nil || math.Abs(got[2].High-1000) > 1e-9 {
		t.Errorf("columns %+v", got)
	}
	reference := made.Encode(flow.Batch{Dim: 3, Data: []float64{0, 20, 10, 1, 60, 1000}})
	samples := made.Encode(flow.Batch{Dim: 3, Data: []float64{2, 30, 10, 1, 50, 1000}})
	for m, want := range map[*metric.Metric]float64{&metric.W1Table: .75, &metric.WorstMarginal: .5, &metric.WorstCorrelation: 1} {
		judge, err := m.On(table).Judge(reference)
		must(t, err)
		got, err := judge(samples)
		must(t, err)
		if math.Abs(got.Value-want) > 1e-12 { // rounding of logs and of a standard deviation
			t.Errorf("%s is %.15g, want %g", m.Name, got.Value, want)
		}
	}
}
