package flow

import (
	"errors"
	"fmt"
	"sort"
)

// Curve is an increasing, continuous, piecewise linear function from the reals onto the reals: between the knots (X_i, Y_i), i
// = 0 to k - 1, it is linear, and beyond them it goes on with slopes of its own. Segment i ends at knot i, and segment k has
// no end.
type Curve struct {
	X     []float64 `json:"x" null:"never"`     // (k), increasing
	Y     []float64 `json:"y" null:"never"`     // (k), increasing
	Slope []float64 `json:"slope" null:"never"` // (k + 1), of the segments, positive
}

// NewCurve returns the curve through the knots, both (k) and strictly increasing, k >= 1, with the given slope beyond them.
func NewCurve(x, y []float64, tail float64) (Curve, error) {
	if len(x) == 0 || len(x) != len(y) {
		return Curve{}, fmt.Errorf("a curve has %d numbers x and %d numbers y: must have as many, and one at least", len(x), len(y))
	}
	c := Curve{X: x, Y: y, Slope: make([]float64, len(x)+1)}
	c.Slope[0], c.Slope[len(x)] = tail, tail
	for i := 1; i < len(x); i++ {
		c.Slope[i] = (y[i] - y[i-1]) / (x[i] - x[i-1])
	}
	return c, c.Check()
}

// Check returns an error unless the curve is complete, finite and increasing.
func (c Curve) Check() error {
	if len(c.X) == 0 || len(c.Y) != len(c.X) || len(c.Slope) != len(c.X)+1 {
		return fmt.Errorf("a curve of %d numbers x has %d numbers y and %d slopes: must have as many and one more", len(c.X), len(c.Y), len(c.Slope))
	}
	for i := range c.X {
		if i > 0 && !(c.X[i] > c.X[i-1] && c.Y[i] > c.Y[i-1]) {
			return fmt.Errorf("knot %d of a curve, (%g, %g), does not lie above (%g, %g) in both coordinates", i, c.X[i], c.Y[i], c.X[i-1], c.Y[i-1])
		}
	}
	for i, s := range c.Slope {
		if !(s > 0) || !Finite(s) {
			return fmt.Errorf("slope %d of a curve is %g: must be positive and finite", i, s)
		}
	}
	if !Finite(c.X...) || !Finite(c.Y...) {
		return errors.New("a knot of a curve is not finite")
	}
	return nil
}

// SegmentAt returns the segment of x: the number of knots before it.
func (c Curve) SegmentAt(x float64) int { return sort.SearchFloat64s(c.X, x) }

// Base returns the knot from which a segment is reckoned: that at its start, and for the first one that at its end.
func (c Curve) Base(segment int) (x, y float64) {
	i := max(0, segment-1)
	return c.X[i], c.Y[i]
}

// At returns y at x.
func (c Curve) At(x float64) float64 {
	i := c.SegmentAt(x)
	from, y := c.Base(i)
	return y + c.Slope[i]*(x-from)
}

// Inverse returns the x at which the curve is y.
func (c Curve) Inverse(y float64) float64 {
	i := sort.SearchFloat64s(c.Y, y)
	x, from := c.Base(i)
	return x + (y-from)/c.Slope[i]
}
