package ship

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/pipeline/saved"
	"flowsweep/reports"
	"flowsweep/store"
)

// TestStudents checks the numbers of a student and its teacher: of samples at (3, 4) and (0, 1) from where the teacher's flow carries
// their noise, 5 and 1 are the distances. A student whose teacher is not swept has the figures of that teacher's dense solve.
func TestStudents(t *testing.T) {
	t.Parallel()
	const text = "name: a\ntarget: moons\nseeds: 2\nmetrics: [npe, mmd]\nchoose: {metric: npe}\nsample: {steps: 1, count: 50}\n"
	for _, c := range []struct {
		couplings string
		want      reports.Student
	}{
		{"[independent, reflow]", reports.Student{Setting: 1, Straight: reports.Beside{Own: .1, Teacher: .4}, Apart: reports.Beside{Own: 5, Teacher: 1}, Data: reports.Beside{Own: .2, Teacher: .8}}},
		{"reflow", reports.Student{Straight: reports.Beside{Own: .1, Teacher: .5}, Apart: reports.Beside{Own: 5, Teacher: math.NaN()}, Data: reports.Beside{Own: .2, Teacher: math.NaN()}}},
	} {
		p := plan(t, text+"coupling: "+c.couplings+"\n")
		db := classroom(t, p)
		sweep, err := saved.Sweep(t.Context(), db, "a")
		if err != nil {
			t.Fatal(err)
		}
		list, err := New(sweep).students(t.Context(), db)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %d students (%v), want one", c.couplings, len(list), err)
		}
		got, want := list[0], c.want
		if got.Setting != want.Setting || got.Metric != "mmd" || !near(got.Dense, .6) {
			t.Errorf("%s: setting %d, %s of the flow %g; want setting %d, mmd 0.6", c.couplings, got.Setting, got.Metric, got.Dense, want.Setting)
		}
		for name, pair := range map[string][2]reports.Beside{"npe": {got.Straight, want.Straight}, "distance": {got.Apart, want.Apart}, "mmd": {got.Data, want.Data}} {
			if !near(pair[0].Own, pair[1].Own) || !near(pair[0].Teacher, pair[1].Teacher) {
				t.Errorf("%s: %s %+v, want %+v", c.couplings, name, pair[0], pair[1])
			}
		}
	}
}

// near compares numbers that are stored in 32 bits, and NaN.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-5 || a != a && b != b }

// classroom returns a store that holds the plan's runs with given samples and metrics.
func classroom(t *testing.T, p experiments.Plan) *store.DB {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(db.Lock(ctx, "test", time.Now, nil))
	do(db.StartSweep(ctx, p, experiments.Environment{}, now))
	finish := func(run experiments.Run, seed uint64, shift [2]float64, npe, mmd float64) {
		points := flow.NewBatch(run.Sampling.Count, 2)
		flow.NewStream(seed, "ends").Normal(points, 0)
		for i := range points.Data {
			points.Data[i] += shift[i%2]
		}
		do(db.FinishRun(ctx, run.Key, experiments.Environment{}, store.Sampled{Samples: flow.EncodeNPY(points), NFE: 1, NFEMax: 1}, now))
		do(db.SaveMetrics(ctx, run.Key, run.Reference, []experiments.Value{{Name: "npe", Value: npe, Version: 2}, {Name: "mmd", Value: mmd}}))
	}
	for _, fit := range p.Fits {
		do(db.FinishFit(ctx, fit.Key, 1, 1, []byte("w"), now))
		for _, run := range fit.Runs {
			if fit.Recipe.Coupling.Taught {
				finish(run, fit.Seed, [2]float64{3, 4}, .1, .2)
			} else {
				finish(run, fit.Seed, [2]float64{0, 1}, .4, .8)
			}
		}
		for _, run := range fit.Dense {
			if fit.Recipe.Coupling.Taught { // its own flow is not what it is measured by
				finish(run, fit.Seed, [2]float64{9, 9}, .7, .9)
			} else {
				finish(run, fit.Seed, [2]float64{}, .5, .6)
			}
		}
	}
	return db
}
