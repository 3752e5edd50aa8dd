package sweep

import (
	"strings"
	"testing"
)

// TestBytes compares with a count by hand: two nets of 2 * 8 + 8, 8 * 8 + 8 and 8 * 2 + 2 weights and 8 for the time, so
// many in a checkpoint three times, and runs of 10 points in 2 dimensions.
func TestBytes(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 2}\ntrain: {steps: 10}\nseeds: 2\nmetrics: mmd\nsample: {steps: [1, 2], count: 10}\n")
	w, err := Remaining(t.Context(), nil, p)
	if err != nil {
		t.Fatal(err)
	}
	const weights, samples = 4 * (2*8 + 8 + 8 + 8*8 + 8 + 8*2 + 2), 8 * 10 * 2
	solves := float64(w.ToSolve) * samples
	for workers, checkpoints := range map[int]float64{1: 1, 2: 2, 3: 2} {
		if got, want := w.Bytes(workers), 2*weights+checkpoints*2*3*weights+4*samples+solves; got != want {
			t.Errorf("%d workers: %g bytes, want %g", workers, got, want)
		}
	}
	need := w.Bytes(1)
	if err := w.CheckSpace(1, need); err != nil {
		t.Error(err)
	}
	if err := w.CheckSpace(1, 0); err != nil {
		t.Errorf("where nothing is known: %v", err)
	}
	if err := w.CheckSpace(1, need-1); err == nil || !strings.Contains(err.Error(), "--db on another disk") {
		t.Errorf("one byte too few: %v", err)
	}
}
