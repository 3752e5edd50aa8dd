package flow

import (
	"fmt"
	"math"
	"testing"
)

func ExampleAffine() {
	celsius := Affine{Scale: []float64{5. / 9, 1}, Shift: []float64{-160. / 9, 0}}
	fmt.Printf("%.1f\n", celsius.Apply(Batch{Dim: 2, Data: []float64{32, 7, 212, 8}}).Data)
	// Output: [0.0 7.0 100.0 8.0]
}

func TestAffineUndo(t *testing.T) {
	t.Parallel()
	a := Affine{Scale: []float64{2, -1e-3, 1e6}, Shift: []float64{-7, 100, 0}}
	x := NewBatch(50, 3)
	NewStream(1, "affine").Normal(x, 0)
	back := a.Undo(a.Apply(x))
	for i, v := range back.Data {
		// The shift of 100 over a scale of 1e-3 costs 1e5 units in the last place of numbers below 4.
		if d := math.Abs(v - x.Data[i]); d > 1e5*1e-15 {
			t.Errorf("number %d comes back as %g, want %g: off by %g", i, v, x.Data[i], d)
		}
	}
	if a.Identity() || !(Affine{}).Identity() {
		t.Error("the zero value, and only it, must be the identity")
	}
	same := (Affine{}).Apply(x)
	same.Data[0]++
	if same.Data[0] == x.Data[0] || same.Data[1] != x.Data[1] {
		t.Error("the identity does not return an equal batch with memory of its own")
	}
}
