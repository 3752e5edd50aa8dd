package store_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestTail: the losses after a step are those and no others, and the state of a sweep is what it was last.
func TestTail(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	p := start(t, db, tiny)
	key := p.Fits[0].Key
	startFit(t, db, key)
	all := []experiments.Loss{{Step: 1, Value: 3}, {Step: 2, Value: 2, HeldOut: 2.5}, {Step: 3, Value: math.Inf(1)}, {Step: 4, Value: 1}}
	db.LogLosses(key, all...)
	if err := db.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for after := range 6 {
		got, err := db.LossesAfter(ctx, key, after)
		if err != nil || !slices.Equal(got, all[min(after, 4):]) {
			t.Errorf("after step %d: %v (%v), want %v", after, got, err, all[min(after, 4):])
		}
	}
	if got, err := db.Curve(ctx, key, 8); err != nil || !slices.Equal(got, all) {
		t.Errorf("the curve is %v (%v), want %v", got, err, all)
	}
	if got, err := db.SweepState(ctx, p.Spec.Name); err != nil || got != (store.Ended{State: experiments.Running, Started: noon}) {
		t.Errorf("at work: %+v, %v", got, err)
	}
	if err := db.FinishSweep(ctx, p.Spec.Name, experiments.Finished, noon); err != nil {
		t.Fatal(err)
	}
	if got, err := db.SweepState(ctx, p.Spec.Name); err != nil || got != (store.Ended{State: experiments.Finished, Started: noon, Finished: noon}) {
		t.Errorf("at the end: %+v, %v", got, err)
	}
	if _, err := db.SweepState(ctx, "other"); err == nil {
		t.Error("no error for a sweep that is not there")
	}
}
