package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

const tiny = `name: tiny
target: {name: moons, noise: 0.05}
net: {width: [4, 8], depth: 1, activation: elu}
train: {steps: 10, batch: 8, optimizer: adam, rate: 1e-2}
seeds: 2
sample: {solver: [euler, heun], steps: [1, 2], count: 16}
metrics: [mmd, sliced-w2]
`

var (
	nan  = math.NaN()
	noon = time.Date(2026, 11, 5, 12, 0, 0, 123456789, time.UTC)
	env  = experiments.Environment{
		Commit: "abc123", Dirty: true, Go: "go1.26", Modules: []string{"a@v1", "b@v2"}, OS: "linux", Arch: "amd64",
		CPU: "a cpu", Cores: 4, Engine: "onnxruntime",
	}
)

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(folder, "runs.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = db.Sweep(ctx, "two-moons")
	fmt.Println(err)
	fmt.Println(db.Close())
	// Output:
	// the store holds no sweep: run `flowsweep sweep SPEC` first, or use another --db
	// <nil>
}

func TestReopenKeepsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a store, 100% odd #1?.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	key, run := plan.Fits[1].Key, plan.Fits[1].Runs[2]
	trainFit(t, db, key, []byte("weights"))
	must(t, db.FinishRun(t.Context(), run.Key, env, store.Sampled{Samples: []byte("samples"), NFE: 4, NFEMax: 4, Seconds: 0.25}, noon))
	must(t, db.SaveMetrics(t.Context(), run.Key, run.Reference, strangeValues()))
	must(t, db.Close())
	if got := names(t, filepath.Dir(path)); !reflect.DeepEqual(got, []string{filepath.Base(path)}) {
		t.Errorf("files: got %q, want %q", got, filepath.Base(path))
	}

	db = open(t, path)
	if got := try(db.Weights(t.Context(), key))(t); string(got) != "weights" {
		t.Errorf("weights: got %q, want %q", got, "weights")
	}
	if got := try(db.Samples(t.Context(), run.Key))(t); string(got) != "samples" {
		t.Errorf("samples: got %q, want %q", got, "samples")
	}
	sameValues(t, try(db.Metrics(t.Context(), run.Key, run.Reference))(t), strangeValues())
	if got := try(db.SweepNames(t.Context()))(t); !reflect.DeepEqual(got, []string{"tiny"}) {
		t.Errorf("sweeps: got %q, want only tiny", got)
	}
}

// TestCloseLeavesOneFile checks that Close removes the write-ahead log, as people copy only the main file.
func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := open(t, filepath.Join(folder, "runs.db"))
	start(t, db, tiny)
	must(t, db.Close())
	must(t, db.Close()) // has no effect
	if got := names(t, folder); !reflect.DeepEqual(got, []string{"runs.db"}) {
		t.Errorf("files after Close: got %q, want only runs.db", got)
	}
	if err := db.Flush(t.Context()); err == nil {
		t.Error("Flush of a closed store: got no error")
	}
}

// TestCloseBesideAnotherProgram checks that Close moves the log into the file even if another program has the store open.
func TestCloseBesideAnotherProgram(t *testing.T) {
	t.Parallel()
	path, copied := filepath.Join(t.TempDir(), "runs.db"), filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	start(t, db, tiny)
	other := open(t, path)
	must(t, db.Close())
	must(t, os.WriteFile(copied, try(os.ReadFile(path))(t), 0o644))
	if got := try(open(t, copied).SweepNames(t.Context()))(t); len(got) != 1 {
		t.Errorf("sweeps in the main file: got %q, want tiny", got)
	}
	must(t, other.Close())
}

func TestReadersWorkWhileAWriterIsBusy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	other := raw(t, path)
	conn := try(other.Conn(t.Context()))(t)
	defer conn.Close()
	for _, q := range []string{"BEGIN IMMEDIATE", "UPDATE sweeps SET state = 'lost'"} {
		_ = try(conn.ExecContext(t.Context(), q))(t)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // less than SQLite's timeout for a lock
	defer cancel()
	if s := try(db.Sweep(ctx, ""))(t); len(s.Results) != plan.Runs() {
		t.Errorf("results while another writes: got %d, want %d", len(s.Results), plan.Runs())
	}
	var wg sync.WaitGroup
	for _, fit := range plan.Fits {
		wg.Go(func() {
			if f, err := db.Fit(ctx, fit.Key); err != nil || f.State != experiments.Queued {
				t.Errorf("state of fit %s: got %q, %v, want queued", fit.Key, f.State, err)
			}
		})
	}
	wg.Wait()
	_ = try(conn.ExecContext(t.Context(), "ROLLBACK"))(t)
}

func TestStoresOpenTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := store.Open(context.Background(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.StartFit(ctx, plan.Fits[0].Key, env, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("StartFit: got %v, want %v", err, context.Canceled)
	}
	if state := try(db.Fit(t.Context(), plan.Fits[0].Key))(t).State; state != experiments.Queued {
		t.Errorf("state: got %q, want queued", state)
	}
}

// open opens the store at path and closes it after the test.
func open(t *testing.T, path string) *store.DB {
	t.Helper()
	db := try(store.Open(t.Context(), path))(t)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// raw opens the file at path, bypassing the store, to inspect or damage it.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db := try(sql.Open("sqlite3", path))(t)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func planOf(t *testing.T, text string) experiments.Plan {
	t.Helper()
	return try(parsePlan(text))(t)
}

func parsePlan(text string) (experiments.Plan, error) {
	spec, err := experiments.Parse("tiny.yaml", []byte(text))
	if err != nil {
		return experiments.Plan{}, err
	}
	return spec.Plan()
}

// lock locks the store for the test.
func lock(t *testing.T, db *store.DB) {
	t.Helper()
	must(t, db.Lock(t.Context(), "test", fixedClock, nil))
}

func fixedClock() time.Time { return noon }

// start locks the store and starts the sweep.
func start(t *testing.T, db *store.DB, text string) experiments.Plan {
	t.Helper()
	plan := planOf(t, text)
	lock(t, db)
	must(t, db.StartSweep(t.Context(), plan, env, noon))
	return plan
}

func startFit(t *testing.T, db *store.DB, key string) {
	t.Helper()
	if !try(db.StartFit(t.Context(), key, env, noon))(t) {
		t.Fatalf("fit %s has finished", key)
	}
}

func trainFit(t *testing.T, db *store.DB, key string, weights []byte) {
	t.Helper()
	startFit(t, db, key)
	must(t, db.FinishFit(t.Context(), key, 1.5, 42, weights, noon.Add(time.Minute)))
}

// strangeValues are values that a database may spoil, sorted by name.
func strangeValues() []experiments.Value {
	return []experiments.Value{
		{Name: "a", Value: math.NaN(), SE: math.NaN()},
		{Name: "b", Value: math.Inf(1), SE: math.Inf(1)},
		{Name: "c", Value: math.Inf(-1), SE: 0.1},
		{Name: "d", Value: 0, SE: math.NaN()},
		{Name: "e", Value: 0.1, SE: math.SmallestNonzeroFloat64},
		{Name: "f", Value: 3},
		{Name: "g", Value: -1.0 / 3},
		{Name: "h", Value: math.MaxFloat64},
		{Name: "i", Value: math.SmallestNonzeroFloat64},
		{Name: "j", Value: 1 << 53},
	}
}

// sameValues compares values bit for bit, as the store must not round.
func sameValues(t *testing.T, got, want []experiments.Value) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d values, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Name != w.Name || !sameNumber(got[i].Value, w.Value) || !sameNumber(got[i].SE, w.SE) {
			t.Errorf("value %d: got %v, want %v", i, got[i], w)
		}
	}
}

func sameNumber(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Float64bits(a) == math.Float64bits(b)
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	var list []string
	for _, e := range try(os.ReadDir(folder))(t) {
		list = append(list, e.Name())
	}
	return list
}

// try(f())(t) returns the value of f(), or ends the test if f returns an error.
func try[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("got no error, want one with %q", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}
