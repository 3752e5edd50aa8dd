package flow

import (
	"fmt"
	"math"
	"testing"
)

func TestStreamDoesNotDependOnBatches(t *testing.T) {
	t.Parallel()
	whole, parts := NewBatch(100, 3), NewBatch(100, 3)
	NewStream(7, "noise").Normal(whole, 0)
	s := NewStream(7, "noise")
	s.Normal(parts.Slice(60, 100), 60) // out of order, in pieces
	s.Normal(parts.Slice(0, 1), 0)
	s.Normal(parts.Slice(1, 60), 1)
	for i, v := range whole.Data {
		if parts.Data[i] != v {
			t.Fatalf("number %d is %g in pieces and %g at once", i, parts.Data[i], v)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[uint64]string{}
	for _, seed := range []uint64{0, 1, 2, 1 << 63} {
		for _, name := range []string{"noise", "data", ""} {
			for id := range uint64(1000) {
				v := NewStream(seed, name).At(id).Uint64()
				here := fmt.Sprintf("seed %d, stream %q, id %d", seed, name, id)
				if there, ok := seen[v]; ok {
					t.Fatalf("%s gives the same numbers as %s", here, there)
				}
				seen[v] = here
			}
		}
	}
}

// TestNormalMoments compares mean, variance, fourth moment and the correlation of neighbours with those of N(0, 1).
// Each tolerance is 5 standard errors of the estimate, which a correct generator exceeds for one seed in a million. The
// seed is fixed.
func TestNormalMoments(t *testing.T) {
	t.Parallel()
	const n = 200_000
	b := NewBatch(n, 1)
	NewStream(3, "moments").Normal(b, 0)
	mean, square, fourth, lag := 0., 0., 0., 0.
	for i, v := range b.Data {
		mean += v / n
		square += v * v / n
		fourth += v * v * v * v / n
		if i > 0 {
			lag += v * b.Data[i-1] / (n - 1)
		}
	}
	for _, c := range []struct {
		name              string
		got, want, spread float64 // spread: standard deviation of one term
	}{
		{"mean", mean, 0, 1},
		{"variance", square, 1, math.Sqrt2},
		{"fourth moment", fourth, 3, math.Sqrt(96)},
		{"correlation of neighbours", lag, 0, 1},
	} {
		if tol := 5 * c.spread / math.Sqrt(n); math.Abs(c.got-c.want) > tol {
			t.Errorf("%s = %g, want %g within %g", c.name, c.got, c.want, tol)
		}
	}
}

func TestUniformIsUniform(t *testing.T) {
	t.Parallel()
	const n, bins = 100_000, 20
	u := make([]float64, n)
	NewStream(1, "uniform").Uniform(u, 5)
	var counts [bins]float64
	for _, v := range u {
		if v < 0 || v >= 1 {
			t.Fatalf("%g is outside [0, 1)", v)
		}
		counts[int(v*bins)]++
	}
	chi2 := 0.
	for _, c := range counts {
		chi2 += (c - n/bins) * (c - n/bins) / (n / bins)
	}
	if chi2 > 50 { // 19 degrees of freedom: exceeded with probability 1e-4
		t.Errorf("chi squared over %d bins = %g, want about %d", bins, chi2, bins-1)
	}
}

func ExampleStream() {
	// Sample 5 is the same in any batch.
	s := NewStream(42, "noise")
	alone := NewBatch(1, 2)
	s.Normal(alone, 5)
	batch := NewBatch(10, 2)
	s.Normal(batch, 0)
	fmt.Println(alone.Row(0)[0] == batch.Row(5)[0])
	// Output: true
}
