package job

import (
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// TestNullOfData holds draws of the rows trained on against those held out: where the two lie far apart, it says so.
func TestNullOfData(t *testing.T) {
	t.Parallel()
	d := target.Data{Columns: []string{"x"}, Rows: flow.NewBatch(50, 1), Holdout: .2}
	for i := range 50 {
		d.Rows.Data[i] = float64(i)
	}
	rows, err := d.Make()
	must(t, err)
	for _, x := range rows.Held.Data {
		d.Rows.Data[int(x)] = 1000
	}
	rows, err = d.Make()
	must(t, err)
	n := experiments.NullPlan{Null: experiments.Null{N: 40}, Target: rows, Judged: metric.W1, Count: 3}
	values, err := NullValues(t.Context(), engine.Go, n, experiments.Reference{Count: 10})
	must(t, err)
	for _, v := range values {
		if v < 900 {
			t.Errorf("w1 is %g between rows below 50 and held-out ones at 1000", v)
		}
	}
	if len(values) != 3 {
		t.Errorf("%d values, want 3", len(values))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
