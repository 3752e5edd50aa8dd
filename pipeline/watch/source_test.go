package watch

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// swept returns a store in which a small sweep has ended, with a net that fails.
func swept(t *testing.T) *Source {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(`name: small
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: [4, 8], depth: 1}
train: {steps: 300, batch: 16, rate: [1e-2, 1e30]}
seeds: 2
sample: {solver: euler, steps: [1, 2], count: 32}
reference: {count: 32}
metrics: [energy, mmd]
`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "runs.db")
	db, err := store.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Lock(t.Context(), "test", time.Now, nil); err != nil {
		t.Fatal(err)
	}
	s := sweep.Sweep{DB: db, File: file, Plan: plan, Engine: engine.Go, Workers: 2, Now: time.Now, Log: t.Output()}
	if err := s.Do(t.Context(), func(context.Context, []string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return &Source{DB: db, File: file, Now: time.Now}
}

// TestSource: all fits of a sweep are there, with their losses where they are asked for; the filter is a condition or a text; and what
// has not changed is not read again.
func TestSource(t *testing.T) {
	t.Parallel()
	source := swept(t)
	read := func(filter string, visible ...string) Snapshot {
		t.Helper()
		s, err := source.Read(t.Context(), filter, visible)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := read("")
	if s.Sweep != "small" || s.State != experiments.Finished || s.Running || len(s.Fits) != 8 || s.Planned != 16 || s.Metric != "energy" {
		t.Fatalf("%+v", s)
	}
	failed, good := 0, ""
	for _, f := range s.Fits {
		if len(f.Losses) > 0 {
			t.Errorf("the losses of %s are read, which is not visible", f.Key)
		}
		switch {
		case f.State == experiments.Failed:
			failed++
		case strings.Contains(f.Label, "rate 0.01"):
			good = f.Key
		}
	}
	if good == "" || len(s.Failures) == 0 || failed == 0 {
		t.Fatalf("%d fits failed, with %d reasons: %+v", failed, len(s.Failures), s.Fits)
	}
	if b := s.Best; len(b) < 4 || b[0].Seeds != 2 || !(b[0].Low <= b[0].Mean && b[0].Mean <= b[0].High) || b[0].NFE < 1 || b[0].Mean > b[1].Mean {
		t.Errorf("the best are %+v", b)
	}
	loaded, later := source.next, time.Now().Add(time.Hour)
	source.Now = func() time.Time { return later }
	for _, f := range read("", good).Fits {
		if (len(f.Losses) > 0) != (f.Key == good) || f.Key == good && (math.IsNaN(f.Loss) || f.Loss == 0) {
			t.Errorf("%s has %d losses, the last %g", f.Key, len(f.Losses), f.Loss)
		}
	}
	if source.next != loaded {
		t.Error("the results were read again")
	}
	checkFilters(t, read, failed)
}

// checkFilters checks what filters leave of the eight fits, of which some failed.
func checkFilters(t *testing.T, read func(filter string, visible ...string) Snapshot, failed int) {
	t.Helper()
	for filter, want := range map[string]int{"width = 8": 4, "width = 8 and seed = 1": 2, "RATE 0.01": 4, "failed": failed, "nothing of the kind": 0, " ": 8} {
		if s := read(filter); len(s.Fits) != want || s.Problem != "" || s.Hidden != 8-want {
			t.Errorf("%q leaves %d fits, want %d (%s)", filter, len(s.Fits), want, s.Problem)
		}
	}
	for _, filter := range []string{"colour = 8", "width =", "width < \"a\""} {
		if s := read(filter); s.Problem == "" || len(s.Fits) != 8 {
			t.Errorf("%q: %d fits and the problem %q", filter, len(s.Fits), s.Problem)
		}
	}
}

// TestTurns: how a sweep ended is read at once, however long the reading before has taken.
func TestTurns(t *testing.T) {
	t.Parallel()
	source := swept(t)
	source.seen = mark{sweep: "small", state: experiments.Running, running: true}
	source.next = time.Now().Add(time.Hour)
	if s, err := source.Read(t.Context(), "", nil); err != nil || len(s.Fits) != 8 {
		t.Errorf("%d fits, %v", len(s.Fits), err)
	}
	source.next = time.Now().Add(time.Hour)
	source.seen.file[0]++ // something was written, which can wait
	source.stored.fits = nil
	if s, err := source.Read(t.Context(), "", nil); err != nil || len(s.Fits) != 0 {
		t.Errorf("read again before its time: %d fits, %v", len(s.Fits), err)
	}
	source.Sweep = "other"
	if _, err := source.Read(t.Context(), "", nil); err == nil || !strings.Contains(err.Error(), "small") {
		t.Errorf("another sweep: %v", err)
	}
}

// TestCurve: however long a training is, its curve keeps its size, its mean and its last loss.
func TestCurve(t *testing.T) {
	t.Parallel()
	c := &curve{each: 1}
	const n = 100_000
	for i := range n {
		c.add(experiments.Loss{Step: i + 1, Value: float64(i), HeldOut: float64(i + 1)})
	}
	if len(c.losses) > maxPoints || len(c.losses) < maxPoints/2-1 || len(c.held) > maxPoints {
		t.Errorf("it has %d and %d points", len(c.losses), len(c.held))
	}
	if first, last := c.losses[0], c.losses[len(c.losses)-1]; math.Abs(first-float64(c.each-1)/2) > 1e-9 || last < n-float64(c.each) {
		t.Errorf("its first point, of %d losses, is %g and its last %g", c.each, first, last)
	}
	if c.last.Step != n || c.heldOut != n {
		t.Errorf("its last loss is %+v, held out %g", c.last, c.heldOut)
	}
}
