package store_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// generate fills a new store with a finished sweep with the given number of fits, of 20 runs each, two metrics per run
// and the given number of losses per fit. The losses are 1/step, except for a NaN and two extremes.
func generate(tb testing.TB, path string, fits, losses int) experiments.Plan {
	tb.Helper()
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	plan, err := parsePlan(fmt.Sprintf(`name: large
target: moons
net: {width: 4, depth: 1}
seeds: %d
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 4, 8, 16]}
metrics: [mmd, sliced-w2]
`, fits))
	check(err)
	db, err := store.Open(tb.Context(), path)
	check(err)
	check(db.Lock(tb.Context(), "generate", fixedClock, nil))
	check(db.StartSweep(tb.Context(), plan, env, noon))
	check(db.Close())
	check(runOn(path, "PRAGMA synchronous = OFF", fmt.Sprintf(`BEGIN;
		UPDATE fits SET state = 'finished', seconds = 1; UPDATE runs SET state = 'finished', nfe = 8; UPDATE sweeps SET state = 'finished';
		INSERT INTO metrics (run, reference, name, value, kind, se) SELECT DISTINCT p.run, p.reference, m.value, p.position, 'finite', 0.5
			FROM sweep_runs p, json_each('["mmd","sliced-w2"]') m;
		WITH RECURSIVE steps (step) AS (SELECT 1 UNION ALL SELECT step + 1 FROM steps WHERE step < %d)
			INSERT INTO losses (fit, step, value, kind) SELECT f.key, step, 1.0 / step, 'finite' FROM (SELECT key FROM fits ORDER BY key) f CROSS JOIN steps;
		UPDATE losses SET value = NULL, kind = 'nan' WHERE step = %[2]d;
		UPDATE losses SET value = 1e9 WHERE step = %[3]d; UPDATE losses SET value = -1e9 WHERE step = %[3]d + 1;
		COMMIT`, losses, losses/3, losses/2)))
	check(store.Seal(tb.Context(), path))
	return plan
}

// TestScale has a tenth of the size of BenchmarkScale.
func TestScale(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	const losses = 20_000
	plan := generate(t, path, 50, losses)
	db := open(t, path)
	if s := try(db.Sweep(t.Context(), "large"))(t); len(s.Results) != 1000 || len(s.Results[999].Metrics) != 2 || s.Results[999].Metrics[1].Value != 999 {
		t.Errorf("sweep: got %d results, the last %+v", len(s.Results), s.Results[len(s.Results)-1])
	}
	states := try(db.States(t.Context(), plan))(t)
	if len(states.Fits) != 50 || len(states.Runs) != 1050 || len(states.Metrics) != 1000 {
		t.Errorf("states: got %d fits, %d runs, metrics of %d", len(states.Fits), len(states.Runs), len(states.Metrics))
	}
	const parts = 100
	curves := try(db.Curves(t.Context(), "large", parts))(t)
	if len(curves) != 50 {
		t.Fatalf("curves: got %d, want 50", len(curves))
	}
	for fit, c := range curves {
		if len(c) > 3*parts+2 {
			t.Errorf("fit %s: %d points in %d parts", fit, len(c), parts)
		}
		for _, want := range []experiments.Loss{
			{Step: 1, Value: 1},
			{Step: losses / 3, Value: nan},
			{Step: losses / 2, Value: 1e9},
			{Step: losses/2 + 1, Value: -1e9},
			{Step: losses, Value: 1.0 / losses},
		} {
			if !slices.ContainsFunc(c, func(l experiments.Loss) bool { return l.Step == want.Step && sameNumber(l.Value, want.Value) }) {
				t.Errorf("fit %s: the curve lacks %v", fit, want)
			}
		}
	}
}

// TestCurves compares thinned curves with what each part must keep, found independently.
func TestCurves(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	for i, n := range []int{0, 1, 20, 1000} {
		for k := range n {
			db.LogLosses(plan.Fits[i].Key, experiments.Loss{Step: 3 + 7*k, Value: wiggle(k)})
		}
	}
	must(t, db.Flush(t.Context()))
	const parts = 10
	curves := try(db.Curves(t.Context(), "tiny", parts))(t)
	if len(curves) != 3 || len(curves[plan.Fits[1].Key]) != 1 || len(curves[plan.Fits[2].Key]) != 20 {
		t.Errorf("short curves were thinned: got %d of them", len(curves))
	}
	for k := range 1000 { // a curve of NaN needs few points
		db.LogLosses(plan.Fits[1].Key, experiments.Loss{Step: 10 + k, Value: nan})
	}
	must(t, db.Flush(t.Context()))
	if c := try(db.Curves(t.Context(), "tiny", parts))(t)[plan.Fits[1].Key]; len(c) != parts+2 {
		t.Errorf("a curve of NaN keeps %d points in %d parts, want one per part and both ends", len(c), parts)
	}
	kept := map[int]bool{}
	steps := curves[plan.Fits[3].Key]
	for i, l := range steps {
		kept[l.Step] = true
		if !sameNumber(l.Value, wiggle((l.Step-3)/7)) {
			t.Errorf("step %d has another value, %v", l.Step, l.Value)
		}
		if i > 0 && l.Step <= steps[i-1].Step {
			t.Errorf("step %d comes after step %d", l.Step, steps[i-1].Step)
		}
	}
	if len(kept) > 3*parts+2 || !kept[3] || !kept[3+7*999] {
		t.Errorf("kept %d points in %d parts; the first: %v, the last: %v", len(kept), parts, kept[3], kept[3+7*999])
	}
	for part := range parts { // 99.9 points each, without the first and the last
		low, high, notFinite := math.Inf(1), math.Inf(-1), -1
		lowAt, highAt := -1, -1
		for k := 1; k < 999; k++ {
			if k*parts/999 != part {
				continue
			}
			switch v := wiggle(k); {
			case math.IsNaN(v) || math.IsInf(v, 0):
				if notFinite < 0 {
					notFinite = k
				}
			default:
				if v < low {
					low, lowAt = v, k
				}
				if v > high {
					high, highAt = v, k
				}
			}
		}
		for _, k := range []int{lowAt, highAt, notFinite} {
			if k >= 0 && !kept[3+7*k] {
				t.Errorf("part %d lacks its point %d, %v", part, k, wiggle(k))
			}
		}
	}
}

// wiggle is a curve with many extremes and a few values that are not finite.
func wiggle(k int) float64 {
	switch {
	case k == 333 || k == 334:
		return nan
	case k == 700:
		return math.Inf(1)
	}
	return math.Sin(float64(k*k)) / float64(k+1)
}

func TestStates(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := planOf(t, tiny)
	if s := try(db.States(t.Context(), plan))(t); len(s.Fits)+len(s.Runs)+len(s.Metrics) != 0 {
		t.Errorf("an empty store: got %v", s)
	}
	start(t, db, tiny)
	fit := plan.Fits[0]
	trainFit(t, db, fit.Key, nil)
	must(t, db.FinishRun(t.Context(), fit.Runs[0].Key, env, store.Sampled{NFE: 1, NFEMax: 1, Seconds: 1}, noon))
	must(t, db.SaveMetrics(t.Context(), fit.Runs[0].Key, fit.Runs[0].Reference, strangeValues()))
	must(t, db.SaveMetrics(t.Context(), fit.Runs[0].Key, "other", []experiments.Value{{Name: "a", Value: 8}}))
	must(t, db.SaveMetrics(t.Context(), fit.Runs[1].Key, "other", []experiments.Value{{Name: "a", Value: 8}}))
	startFit(t, db, plan.Fits[1].Key)
	s := try(db.States(t.Context(), plan))(t)
	if len(s.Fits) != 4 || s.Fits[fit.Key] != experiments.Finished || s.Fits[plan.Fits[1].Key] != experiments.Running {
		t.Errorf("fits: got %v", s.Fits)
	}
	if len(s.Runs) != 20 || s.Runs[fit.Runs[0].Key] != experiments.Finished || s.Runs[fit.Runs[1].Key] != experiments.Queued {
		t.Errorf("runs: got %v", s.Runs)
	}
	if len(s.Metrics) != 1 {
		t.Errorf("metrics of %d runs, want 1", len(s.Metrics))
	}
	sameValues(t, s.Metrics[fit.Runs[0].Key], strangeValues())
	must(t, db.Unlock())
	if s := try(db.States(t.Context(), plan))(t); s.Fits[plan.Fits[1].Key] != experiments.Lost {
		t.Errorf("running without a worker: got %q, want lost", s.Fits[plan.Fits[1].Key])
	}
}

// BenchmarkScale runs the queries of the commands on a store of 10,000 runs and 10 million losses.
func BenchmarkScale(b *testing.B) {
	path := filepath.Join(b.TempDir(), "runs.db")
	plan := generate(b, path, 500, 20_000)
	db, err := store.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for name, ask := range map[string]func() error{
		"open":   func() error { db, err := store.Open(b.Context(), path); return errorsJoin(err, db.Close) },
		"runs":   func() error { _, err := db.Sweep(b.Context(), "large"); return err },
		"plan":   func() error { _, err := db.States(b.Context(), plan); return err },
		"curves": func() error { _, err := db.Curves(b.Context(), "large", 250); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func errorsJoin(err error, do func() error) error {
	if err != nil {
		return err
	}
	return do()
}
