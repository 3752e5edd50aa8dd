package bench

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestMissing: all that is planned is missing in a store of the plan, until it has results.
func TestMissing(t *testing.T) { // not in parallel: TestHeapPeak counts the memory of all
	plan, err := planOf(fmt.Sprintf(crewSpec, 2))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "bench.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Lock(t.Context(), "test", time.Now, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.StartSweep(t.Context(), plan, experiments.Environment{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	// Two fits of five runs and a dense solve each.
	if n, err := missing(t.Context(), db, plan); n != 14 || err != nil {
		t.Errorf("%d missing, %v, want 14", n, err)
	}
	fit := plan.Fits[1]
	for _, run := range sampled(fit) {
		if err := db.FinishRun(t.Context(), run.Key, experiments.Environment{}, store.Sampled{Samples: []byte(run.Key)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	run := fit.Runs[0]
	values := []experiments.Value{{Name: "sliced-w2"}, {Name: "energy"}}
	for i, m := range fit.MetricsOf(run, plan.Spec) {
		values[i].Name, values[i].Version = m.Name, m.Version
	}
	if err := db.SaveMetrics(t.Context(), run.Key, run.Reference, values[:1]); err != nil {
		t.Fatal(err)
	}
	some, err := missing(t.Context(), db, plan)
	if some < 13 || err != nil { // the dense solve may need no metrics
		t.Errorf("%d missing, %v, want 13 at least: samples alone are no results", some, err)
	}
	if err := db.SaveMetrics(t.Context(), run.Key, run.Reference, values); err != nil {
		t.Fatal(err)
	}
	if n, err := missing(t.Context(), db, plan); n != some-1 || err != nil {
		t.Errorf("%d missing, %v, want %d", n, err, some-1)
	}
}

// TestAdd: the time is that from the first fit of any process to the last, and a fit more than planned was done twice. A process may
// come too late for any.
func TestAdd(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	s := CrewSpeed{Fits: 8}
	s.add([]played{{Fits: 4, Processor: 1, First: at(3), Last: at(6)}, {Processor: 3}, {Fits: 5, Processor: 2, First: at(2), Last: at(5)}})
	if s.Seconds != 4 || s.Rate != 2 || s.Twice != 1 || s.Worker != 1000*6./9 {
		t.Errorf("got %+v, want 4 seconds, 2 fits/s, 1 twice and 667 ms", s)
	}
}
