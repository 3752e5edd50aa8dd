package sweep

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
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

// TestBytesOfData: a data file is copied once as it is and once as rows to learn from, 8 bytes a number, however many fits share them.
func TestBytesOfData(t *testing.T) {
	t.Parallel()
	const rows = 200
	var csv strings.Builder
	csv.WriteString("x,y\n")
	for i := range rows {
		fmt.Fprintf(&csv, "%d.5,%d.25\n", i, i*i%37)
	}
	parser := experiments.Parser{Open: func(string) ([]byte, error) { return []byte(csv.String()), nil }}
	spec, err := parser.Parse("a.yaml", []byte("name: a\ntarget: {file: a.csv}\nnet: {width: [8, 9], depth: 1}\nseeds: 2\nmetrics: mmd\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	w, err := Remaining(t.Context(), nil, p)
	if err != nil {
		t.Fatal(err)
	}
	content := p.Fits[0].Recipe.Contents()
	if want := float64(csv.Len() + len(content[0].Content)); w.data != want || want < 8*2*rows {
		t.Errorf("%g bytes of data, want %g", w.data, want)
	}
	have := store.States{Fits: map[string]experiments.State{p.Fits[0].Key: experiments.Queued}}
	if bytes := dataBytes(p, have); bytes != 0 {
		t.Errorf("%g bytes of data, of which the store has all", bytes)
	}
}
