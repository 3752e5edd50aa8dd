package target

import "math"

// SwissRoll is scikit-learn's make_swiss_roll seen from the side: the spiral
//
//	a (cos a, sin a),  3 pi/2 < a < 9 pi/2
//
// at 256 evenly spaced angles a, with Gaussian noise, all multiplied by Scale. The defaults are those of FFJORD
// (arXiv 1810.01367).
type SwissRoll struct {
	Noise float64 `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise, before scaling"`
	Scale float64 `json:"scale" above:"0" doc:"factor applied to a spiral with radii from 4.7 to 14.1"`
}

// Make returns the roll.
func (s SwissRoll) Make() (Target, error) {
	return ofLaw("swiss-roll", s, noisy(curvePoints, s.Scale*s.Noise, func(k int) (x, y float64) {
		a := 1.5 * math.Pi * (1 + 2*(float64(k)+.5)/curvePoints)
		sin, cos := math.Sincos(a)
		return s.Scale * a * cos, s.Scale * a * sin
	})), nil
}
