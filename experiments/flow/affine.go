package flow

import "math"

// Affine maps points coordinate by coordinate:
//
//	y_j = Scale_j x_j + Shift_j
//
// The zero value leaves points unchanged.
type Affine struct {
	Scale []float64 // (d), none of them 0
	Shift []float64 // (d)
}

// Identity reports whether the map is the zero value.
func (a Affine) Identity() bool { return a.Scale == nil }

// Apply returns the image of the points, (n, d), as a new batch.
func (a Affine) Apply(x Batch) Batch {
	y := x.Clone()
	if !a.Identity() {
		for i := range y.Data {
			j := i % y.Dim
			y.Data[i] = a.Scale[j]*y.Data[i] + a.Shift[j]
		}
	}
	return y
}

// Undo returns the points, (n, d), whose image is y, as a new batch.
func (a Affine) Undo(y Batch) Batch {
	x := y.Clone()
	if !a.Identity() {
		for i := range x.Data {
			j := i % x.Dim
			x.Data[i] = (x.Data[i] - a.Shift[j]) / a.Scale[j]
		}
	}
	return x
}

// LogVolume returns the log of the factor by which the map changes volumes, the sum of log |Scale_j|. The log density of y is
// that of x minus it.
func (a Affine) LogVolume() float64 {
	sum := 0.
	for _, s := range a.Scale {
		sum += math.Log(math.Abs(s))
	}
	return sum
}
