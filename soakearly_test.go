package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
)

// soakEarlySpec is a sweep that takes a second, at first for the trainings of all settings up to their first comparison.
const soakEarlySpec = `name: soak
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: [4, 8, 16], depth: 1, activation: tanh}
train: {steps: 12000, batch: 32, rate: 1e-2, schedule: cosine}
seeds: 2
sample: {solver: [euler, heun], steps: [1, 4], count: 64}
reference: {count: 64}
metrics: [mmd, sliced-w2]
early_stop: {metric: excess-loss, min_iter: 2000, eta: 2}
`

// TestSoakEarlyStop kills a sweep that stops settings early at random moments. At the end the same settings have stopped as without
// kills, and the others have the same bits.
func TestSoakEarlyStop(t *testing.T) {
	t.Parallel()
	kills := 6
	if testing.Short() {
		kills = 2
	}
	s := &soak{T: t, dir: t.TempDir(), finished: map[string]string{}}
	if err := os.WriteFile(filepath.Join(s.dir, "soak.yaml"), []byte(soakEarlySpec), 0o644); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s.finish("whole.db")
	whole := time.Since(start)
	pruned := 0
	db := s.open("whole.db")
	for _, r := range s.results(db) {
		if r.State == experiments.Pruned {
			pruned++
		}
	}
	if err := db.Close(); err != nil || pruned != 16 {
		t.Fatalf("%d runs are pruned, want the 16 of two settings: %v", pruned, err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range kills {
		s.kill(time.Duration(random.Float64() * float64(whole) / 2)) // two kills in a sweep, and then some
		s.check("runs.db")
	}
	s.finish("runs.db")
	s.check("runs.db")
	s.same("runs.db", "whole.db")
	t.Logf("%d kills, training resumed from a checkpoint %d times", kills, strings.Count(s.stderr.String(), "goes on from step"))
}
