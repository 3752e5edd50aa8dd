package flow

import "math"

// Units maps points coordinate by coordinate from the scale of a net to the units of a user:
//
//	y_j = Scale_j x_j + Shift_j, or y_j = Curves_j(x_j)
//
// The zero value leaves points unchanged.
type Units struct {
	Scale  []float64 // (d), none of them 0; nil with Curves
	Shift  []float64 // (d)
	Curves []Curve   // (d), or nil
}

// Identity reports whether the map is the zero value.
func (u Units) Identity() bool { return u.Scale == nil && u.Curves == nil }

// Dim returns the number of coordinates, 0 for the identity.
func (u Units) Dim() int { return max(len(u.Scale), len(u.Curves)) }

// Apply returns the image of the points, (n, d), as a new batch.
func (u Units) Apply(x Batch) Batch {
	y := x.Clone()
	for i, v := range y.Data {
		switch j := i % y.Dim; {
		case u.Curves != nil:
			y.Data[i] = u.Curves[j].At(v)
		case u.Scale != nil:
			y.Data[i] = u.Scale[j]*v + u.Shift[j]
		}
	}
	return y
}

// Undo returns the points, (n, d), whose image is y, as a new batch.
func (u Units) Undo(y Batch) Batch {
	x := y.Clone()
	for i, v := range x.Data {
		switch j := i % x.Dim; {
		case u.Curves != nil:
			x.Data[i] = u.Curves[j].Inverse(v)
		case u.Scale != nil:
			x.Data[i] = (v - u.Shift[j]) / u.Scale[j]
		}
	}
	return x
}

// LogVolumes returns the logs of the factors by which the map changes volumes at the points x, (n, d), as (n): the sums of
// log |dy_j/dx_j|. The log density of y is that of x minus it.
func (u Units) LogVolumes(x Batch) []float64 {
	volumes := make([]float64, x.Len())
	same := 0.
	for _, s := range u.Scale {
		same += math.Log(math.Abs(s))
	}
	for i := range volumes {
		volumes[i] = same
		for j, c := range u.Curves {
			volumes[i] += math.Log(c.Slope[c.SegmentAt(x.Row(i)[j])])
		}
	}
	return volumes
}
