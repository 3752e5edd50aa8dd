package flow

import (
	"fmt"
	"math"
	"testing"
)

func ExampleUnits() {
	celsius := Units{Scale: []float64{5. / 9, 1}, Shift: []float64{-160. / 9, 0}}
	fmt.Printf("%.1f\n", celsius.Apply(Batch{Dim: 2, Data: []float64{32, 7, 212, 8}}).Data)
	// Output: [0.0 7.0 100.0 8.0]
}

func TestUnitsUndo(t *testing.T) {
	t.Parallel()
	a := Units{Scale: []float64{2, -1e-3, 1e6}, Shift: []float64{-7, 100, 0}}
	x := NewBatch(50, 3)
	NewStream(1, "affine").Normal(x, 0)
	back := a.Undo(a.Apply(x))
	for i, v := range back.Data {
		// The shift of 100 over a scale of 1e-3 costs 1e5 units in the last place of numbers below 4.
		if d := math.Abs(v - x.Data[i]); d > 1e5*1e-15 {
			t.Errorf("number %d comes back as %g, want %g: off by %g", i, v, x.Data[i], d)
		}
	}
	if a.Identity() || !(Units{}).Identity() {
		t.Error("the zero value, and only it, must be the identity")
	}
	same := (Units{}).Apply(x)
	same.Data[0]++
	if same.Data[0] == x.Data[0] || same.Data[1] != x.Data[1] {
		t.Error("the identity does not return an equal batch with memory of its own")
	}
}

// TestVolumes: an affine map changes all volumes by the product of its scales, and a curve by its slope at the point.
func TestVolumes(t *testing.T) {
	t.Parallel()
	x := Batch{Dim: 2, Data: []float64{-1, -1, .5, 0, 9, 2}}
	for i, v := range (Units{Scale: []float64{2, -3}, Shift: []float64{1, 1}}).LogVolumes(x) {
		if math.Abs(v-math.Log(6)) > 1e-15 {
			t.Errorf("point %d: the log volume is %g, want log 6", i, v)
		}
	}
	u := Units{Curves: []Curve{bent(t), bent(t)}}
	for i, want := range []float64{math.Log(5 * 5), math.Log(10 * 5), math.Log(5 * 100)} {
		if v := u.LogVolumes(x)[i]; math.Abs(v-want) > 1e-15*want {
			t.Errorf("point %d: the log volume is %g, want %g", i, v, want)
		}
	}
	if v := (Units{}).LogVolumes(x); len(v) != 3 || v[0] != 0 {
		t.Errorf("the identity changes volumes by %v", v)
	}
}
