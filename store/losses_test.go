package store_test

import (
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"flowsweep/experiments"
)

func TestLossesOfConcurrentFits(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	const steps = 6001 // not a multiple of the batch size
	var wg sync.WaitGroup
	for i, fit := range plan.Fits {
		wg.Go(func() {
			if _, err := db.StartFit(t.Context(), fit.Key, env, noon); err != nil {
				t.Error(err)
				return
			}
			for step := range steps {
				db.LogLosses(fit.Key, experiments.Loss{Step: step, Value: lossAt(i, step)})
			}
			if err := db.FinishFit(t.Context(), fit.Key, 1, 1, []byte("weights"), noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, fit := range plan.Fits {
		losses := try(db.Losses(t.Context(), fit.Key))(t) // FinishFit wrote them all
		if len(losses) != steps {
			t.Fatalf("fit %d: got %d losses, want %d", i, len(losses), steps)
		}
		for step, l := range losses {
			if l.Step != step || !sameNumber(l.Value, lossAt(i, step)) {
				t.Fatalf("fit %d: loss %d is %v, want %v", i, step, l, lossAt(i, step))
			}
		}
	}
}

// lossAt returns a different value for each fit and step, sometimes not finite.
func lossAt(fit, step int) float64 {
	switch step % 1000 {
	case 7:
		return math.NaN()
	case 8:
		return math.Inf(1)
	case 9:
		return math.Inf(-1)
	}
	return float64(fit) + 1/float64(step+1)
}

func TestLossesWithoutFlush(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0].Key
	want := []experiments.Loss{{Step: 100, Value: 2, HeldOut: 3}}
	db.LogLosses(fit, want...)
	deadline := time.Now().Add(5 * time.Second) // it takes a tenth of a second on an idle machine
	for time.Now().Before(deadline) {
		if got := try(db.Losses(t.Context(), fit))(t); reflect.DeepEqual(got, want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the losses were not written without a Flush")
}

func TestLossLoggedAgain(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0].Key
	db.LogLosses(fit, experiments.Loss{Step: 2, Value: 5}, experiments.Loss{Step: 1, Value: math.NaN()})
	must(t, db.Flush(t.Context()))
	db.LogLosses(fit, experiments.Loss{Step: 1, Value: 7})
	must(t, db.Flush(t.Context()))
	want := []experiments.Loss{{Step: 1, Value: 7}, {Step: 2, Value: 5}}
	if got := try(db.Losses(t.Context(), fit))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStartFitRemovesEarlierLosses(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0].Key
	startFit(t, db, fit)
	must(t, db.EndFit(t.Context(), fit, experiments.Killed, "interrupted", noon))
	db.LogLosses(fit, experiments.Loss{Step: 1, Value: 1}) // still pending when the fit starts again
	startFit(t, db, fit)
	must(t, db.Flush(t.Context()))
	if got := try(db.Losses(t.Context(), fit))(t); len(got) != 0 {
		t.Errorf("losses of the earlier attempt: got %v, want none", got)
	}
}

// TestStartFinishedFit checks that a process which has not noticed that another one finished a fit cannot undo it.
func TestStartFinishedFit(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0].Key
	startFit(t, db, fit)
	db.LogLosses(fit, experiments.Loss{Step: 1, Value: 1})
	must(t, db.FinishFit(t.Context(), fit, 1.5, 42, []byte("weights"), noon))
	if started := try(db.StartFit(t.Context(), fit, env, noon))(t); started {
		t.Error("a finished fit started again")
	}
	losses := try(db.Losses(t.Context(), fit))(t)
	if got := try(db.Weights(t.Context(), fit))(t); string(got) != "weights" || len(losses) != 1 {
		t.Errorf("it now has %d losses and the weights %q", len(losses), got)
	}
}

func TestEndFitWritesTheLosses(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0].Key
	startFit(t, db, fit)
	db.LogLosses(fit, experiments.Loss{Step: 1, Value: 1})
	must(t, db.EndFit(t.Context(), fit, experiments.Failed, "NaN", noon))
	if got := try(db.Losses(t.Context(), fit))(t); len(got) != 1 {
		t.Errorf("losses right after the end: got %v, want one", got)
	}
}

func TestLossesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	bad, good := plan.Fits[0].Key, plan.Fits[1].Key
	run(t, path, fmt.Sprintf("CREATE TRIGGER full BEFORE INSERT ON losses WHEN new.fit = '%s' BEGIN SELECT raise(ABORT, 'disk full'); END", bad))
	loss := experiments.Loss{Step: 1, Value: 1}

	t.Run("flush", func(t *testing.T) {
		db.LogLosses(bad, loss)
		wantError(t, db.Flush(t.Context()), "disk full", bad)
		must(t, db.Flush(t.Context())) // returned once
	})
	t.Run("finish", func(t *testing.T) {
		startFit(t, db, bad)
		db.LogLosses(bad, loss)
		startFit(t, db, good) // writes pending losses, so that the two fits do not share a batch
		db.LogLosses(good, loss)
		must(t, db.FinishFit(t.Context(), good, 1, 1, nil, noon)) // the failure is not its own
		wantError(t, db.FinishFit(t.Context(), bad, 1, 1, nil, noon), "disk full", bad)
		if state := try(db.Fit(t.Context(), bad))(t).State; state != experiments.Running {
			t.Errorf("state of the fit without losses: got %q, want running", state)
		}
	})
	t.Run("close", func(t *testing.T) {
		db.LogLosses(bad, loss)
		wantError(t, db.Close(), "disk full", bad)
	})
}
