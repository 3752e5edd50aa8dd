package target

import "math"

// SCurve is scikit-learn's make_s_curve seen from the side, as torchcfm uses it: the points
//
//	(sin a, sign(a) (cos a - 1)),  -3 pi/2 < a < 3 pi/2
//
// at 256 evenly spaced angles a, with Gaussian noise, all multiplied by Scale.
type SCurve struct {
	Noise float64 `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise, before scaling"`
	Scale float64 `json:"scale" above:"0" doc:"factor applied to a curve from -1 to 1 and from -2 to 2"`
}

// Make returns the curve.
func (s SCurve) Make() (Target, error) {
	return ofLaw("s-curve", s, noisy(curvePoints, s.Scale*s.Noise, func(k int) (x, y float64) {
		a := 3 * math.Pi * ((float64(k)+.5)/curvePoints - .5)
		sin, cos := math.Sincos(a)
		return s.Scale * sin, s.Scale * math.Copysign(1-cos, -a)
	})), nil
}
