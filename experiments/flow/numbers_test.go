package flow

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestFinite(t *testing.T) {
	t.Parallel()
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if Finite(x) || Finite(1, x) || (Batch{Dim: 1, Data: []float64{0, x, 2}}).Finite() {
			t.Errorf("%g counts as finite", x)
		}
	}
	if !Finite() || !Finite(0, math.MaxFloat64, -math.SmallestNonzeroFloat64) || !(Batch{}).Finite() {
		t.Error("finite numbers do not count as finite")
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	got := Narrow(nil, []float64{1, 1 + 0x1p-30, 1e300, -1e-300})
	if want := []float32{1, 1, float32(math.Inf(1)), 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	memory := make([]float32, 4)
	if again := Narrow(memory[:0], []float32{1, 2}); &again[0] != &memory[0] || !slices.Equal(memory, []float32{1, 2, 0, 0}) {
		t.Errorf("got %v in %v, want the given memory to be used", again, memory)
	}
}

func ExampleBatch_Moments() {
	mean, std := Batch{Dim: 2, Data: []float64{1, 5, 3, 5}}.Moments()
	fmt.Println(mean, std)
	// Output: [2 5] [1 0]
}
