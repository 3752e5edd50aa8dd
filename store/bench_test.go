package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestBench checks what Bench writes, not how fast.
func TestBench(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := try(store.Bench(t.Context(), folder, 50*time.Millisecond))(t)
	if !(s.PointsPerSecond > 0 && s.PointsLimit > 0 && s.RunsPerSecond > 0) {
		t.Errorf("got %+v", s)
	}
	rows := rowsOf(t, filepath.Join(folder, "bench.db"))
	if rows["losses"] < 2*1024 || rows["blobs"] == 0 || rows["metrics"] != 2*rows["blobs"] {
		t.Errorf("rows: got %v, want losses, and two metrics per run", rows)
	}
	list := try(open(t, filepath.Join(folder, "bench.db")).Check(t.Context()))(t)
	for _, f := range list {
		if f.Damage && f.Kind != "content" { // expected: the benchmark finishes no fits
			t.Errorf("check: %+v", f)
		}
	}
}

// BenchmarkLosses measures the time per loss until all are on disk.
func BenchmarkLosses(b *testing.B) {
	db, fit := benchStore(b)
	n := 0
	for b.Loop() {
		db.LogLosses(fit, experiments.Loss{Step: n, Value: float64(n)})
		n++
	}
	if err := db.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "points/s")
}

func BenchmarkFinishRun(b *testing.B) {
	db, fit := benchStore(b)
	run, err := db.Sweep(b.Context(), "tiny")
	if err != nil || run.Results[0].Fit != fit {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := db.FinishRun(b.Context(), run.Results[0].Run, env, store.Sampled{Samples: make([]byte, 32_000), NFE: 1, NFEMax: 1, Seconds: 1}, noon); err != nil {
			b.Fatal(err)
		}
	}
}

func benchStore(b *testing.B) (*store.DB, string) {
	b.Helper()
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "runs.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	plan, err := parsePlan(tiny)
	if err == nil {
		err = db.Lock(b.Context(), "bench", fixedClock, nil)
	}
	if err == nil {
		err = db.StartSweep(b.Context(), plan, env, noon)
	}
	if err == nil {
		_, err = db.StartFit(b.Context(), plan.Fits[0].Key, env, noon)
	}
	if err != nil {
		b.Fatal(err)
	}
	return db, plan.Fits[0].Key
}
