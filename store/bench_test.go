package store_test

import (
	"path/filepath"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

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
