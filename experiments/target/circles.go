package target

import "math"

// Circles is scikit-learn's make_circles with n_samples = 256: two equally likely circles of radius 1 and Factor around
// the origin, with Gaussian noise. Each has 128 evenly spaced angles.
type Circles struct {
	Factor float64 `json:"factor" min:"0" below:"1" doc:"radius of the inner circle; the outer one has radius 1"`
	Noise  float64 `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise"`
	Label  string  `json:"label,omitempty" oneof:"circle" doc:"classes that models are conditional on: the circles"`
}

// Make returns the circles.
func (c Circles) Make() (Target, error) {
	const half = curvePoints / 2
	t := ofLaw("circles", c, noisy(curvePoints, c.Noise, func(k int) (x, y float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(k%half) / half)
		if k >= half {
			return c.Factor * cos, c.Factor * sin
		}
		return cos, sin
	}))
	if c.Label != "" {
		t.label(c.Label, []string{"outer", "inner"}, halvesOf(curvePoints), equal(2))
	}
	return t, nil
}
