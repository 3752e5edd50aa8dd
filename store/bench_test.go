package store_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
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

// BenchmarkTake measures the time to take in a part of 300 kB, of one fit with five runs, beside 2000 other fits.
func BenchmarkTake(b *testing.B) {
	db, _ := benchStore(b)
	text := strings.NewReplacer("tiny", "many", "[4, 8]", "4", "seeds: 2", "seeds: 2000", "[1, 2]", "[1, 2, 4, 8, 16]", "[euler, heun]", "euler").Replace(tiny)
	plan, err := parsePlan(text)
	if err == nil {
		err = db.StartSweep(b.Context(), plan, env, noon)
	}
	if err != nil {
		b.Fatal(err)
	}
	folder, n := b.TempDir(), 0
	for b.Loop() {
		b.StopTimer()
		fit := plan.Fits[2+n] // two others are tiny's, and run
		path := filepath.Join(folder, fit.Key)
		if err := benchPart(b.Context(), path, fit); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		got, err := db.Take(b.Context(), path, fit.Key)
		if err != nil || got.Fits != 1 {
			b.Fatal(got, err)
		}
		n++
	}
}

// benchPart writes a part of 300 kB.
func benchPart(ctx context.Context, path string, fit experiments.Fit) error {
	db, err := store.OpenPart(ctx, path)
	if err != nil {
		return err
	}
	now := func() error { return db.Lock(ctx, "bench", fixedClock, nil) }
	train := func() error {
		_, err := db.StartFit(ctx, fit.Key, env, noon)
		for step := range 1000 {
			db.LogLosses(fit.Key, experiments.Loss{Step: step, Value: 1})
		}
		return err
	}
	for _, do := range []func() error{
		now, func() error { return db.QueueFit(ctx, fit) }, train,
		func() error { return db.FinishFit(ctx, fit.Key, 1, 1, make([]byte, 50_000), noon) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	for i, r := range fit.Runs {
		samples := bytes.Repeat([]byte{byte(i)}, 40_000)
		if err := db.FinishRun(ctx, r.Key, env, store.Sampled{Samples: samples, NFE: 1, NFEMax: 1, Seconds: 1}, noon); err != nil {
			return err
		}
		if err := db.SaveMetrics(ctx, r.Key, r.Reference, []experiments.Value{{Name: "mmd", Value: 1}, {Name: "w2", Value: 1}}); err != nil {
			return err
		}
	}
	return db.Close()
}
