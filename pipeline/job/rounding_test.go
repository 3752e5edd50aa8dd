package job

import (
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
)

// TestRounding checks that the rounding of a machine is the same again, on other threads, in another order and without fused operations.
func TestRounding(t *testing.T) {
	t.Parallel()
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Rounding(t.Context(), e)
	if err != nil || len(want) != 16 {
		t.Fatalf("got %q, %v", want, err)
	}
	turned := probes()
	slices.Reverse(turned)
	if got, err := roundingOf(t.Context(), e.WithThreads(2).Plain(), turned); err != nil || got != want {
		t.Errorf("on two threads, unfused, in reverse: got %s, %v, want %s", got, err, want)
	}
}

// TestRoundingTellsApart checks that another engine, and one changed bit of a weight, give another rounding.
func TestRoundingTellsApart(t *testing.T) {
	t.Parallel()
	of := func(e engine.Engine, change func(weights []float32)) string {
		first := probes()[:1]
		first[0].changed = change
		got, err := roundingOf(t.Context(), e, first)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	nothing := func([]float32) {}
	bit := func(weights []float32) { weights[7] = math.Float32frombits(math.Float32bits(weights[7]) ^ 1) }
	if of(engine.Go, nil) != of(engine.Go, nothing) {
		t.Error("the same weights give two roundings")
	}
	if of(engine.Go, nil) == of(engine.Go, bit) {
		t.Error("a changed bit gives the same rounding")
	}
	if e, _, err := engine.Pick(engine.ONNXRuntime.Name); err == nil && of(engine.Go, nil) == of(e, nil) {
		t.Error("two engines have the same rounding")
	}
}
