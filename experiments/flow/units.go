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

// MaxOffset is how far from 0 the values of a coordinate may lie, in standard deviations, for 32-bit floats to resolve a
// hundredth of one.
const MaxOffset = 1e5

// Coarse returns the coordinates whose values 32-bit floats barely tell apart, since they lie further from 0 than MaxOffset.
func (u Units) Coarse() (list []int) {
	if u.Curves == nil && len(u.Shift) != len(u.Scale) {
		return nil // not valid
	}
	for j := range u.Dim() {
		if size, middle := u.Size(j); size > 0 && math.Abs(middle) > MaxOffset*size {
			list = append(list, j)
		}
	}
	return list
}

// Size returns the scale of a coordinate and a value in its middle. The scale is 0 if a curve has no knots.
func (u Units) Size(j int) (scale, middle float64) {
	if u.Curves == nil {
		return math.Abs(u.Scale[j]), u.Shift[j]
	}
	c := u.Curves[j]
	if len(c.Y) == 0 {
		return 0, 0
	}
	return c.Slope[0], c.Y[len(c.Y)/2]
}

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
