package saved_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// stored returns a store with one finished run, whose mmd was 0.5 against the reference, and the run's plan.
func stored(t *testing.T, nulls ...float64) (*store.DB, experiments.Fit) {
	t.Helper()
	spec, err := experiments.Parse("a.yaml", []byte("name: a\ntarget: moons\nseeds: [7]\nmetrics: mmd\nsample: {steps: 2, count: 50}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	ctx, now := t.Context(), time.Now()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	fit := plan.Fits[0]
	run := fit.Runs[0]
	key, err := experiments.NullKey(run.Reference, "mmd", 0, 50)
	err = errors.Join(err,
		db.Lock(ctx, "test", time.Now, nil),
		db.StartSweep(ctx, plan, experiments.Environment{}, now),
		db.FinishFit(ctx, fit.Key, 1, 1, []byte("w"), now),
		db.FinishRun(ctx, run.Key, experiments.Environment{}, store.Sampled{}, now),
		db.SaveMetrics(ctx, run.Key, run.Reference, []experiments.Value{{Name: "mmd", Value: .5, SE: .3}}),
		db.SaveNull(ctx, experiments.Null{Key: key, Reference: run.Reference, Metric: "mmd", N: 50, Values: nulls}))
	if err != nil {
		t.Fatal(err)
	}
	return db, fit
}

// TestRun checks that a run read by its key has the setting, seed and metrics of the same run in its sweep: near the truth, the
// standard error is that of the null, here 0.1, and otherwise its own.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		nulls []float64
		p, se float64
	}{
		{"near the truth", []float64{.4, .5, .6}, .75, .1},
		{"far from it", []float64{.1, .2, .3}, .25, .3},
	} {
		db, fit := stored(t, c.nulls...)
		r, err := saved.Run(t.Context(), db, fit.Runs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		sweep, err := saved.Sweep(t.Context(), db, "")
		if err != nil {
			t.Fatal(err)
		}
		same := sweep.Results[0]
		if r.Seed != 7 || r.Fit != fit.Key || r.State != experiments.Finished || r.Setting.Form() != same.Setting.Form() {
			t.Errorf("%s: run %+v, want that of its sweep, %+v", c.name, r, same)
		}
		if len(r.Metrics) != 1 || r.Metrics[0] != same.Metrics[0] {
			t.Fatalf("%s: metrics %+v by key, %+v in the sweep", c.name, r.Metrics, same.Metrics)
		}
		// The standard deviation of the nulls is 0.1 but for rounding.
		if v := r.Metrics[0]; v.P != c.p || v.SE < c.se-1e-15 || v.SE > c.se+1e-15 {
			t.Errorf("%s: p %g and standard error %g, want %g and %g", c.name, v.P, v.SE, c.p, c.se)
		}
	}
}

// TestPlanned checks that a sweep read by its plan is the one read by its name.
func TestPlanned(t *testing.T) {
	t.Parallel()
	db, fit := stored(t, .1, .2, .3)
	spec, err := experiments.Parse("a.yaml", []byte("name: a\ntarget: moons\nseeds: [7]\nmetrics: mmd\nsample: {steps: 2, count: 50}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := saved.Planned(t.Context(), db, plan)
	if err != nil || len(sweep.Results) != 1 || sweep.Results[0].Run != fit.Runs[0].Key || sweep.Results[0].Metrics[0].P == 0 {
		t.Errorf("got %+v (%v)", sweep.Results, err)
	}
	plan.Spec.Name = "gone"
	if _, err := saved.Planned(t.Context(), db, plan); err == nil {
		t.Error("a sweep that is not stored is read")
	}
}
