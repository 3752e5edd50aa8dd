package target

import "math"

// Moons is scikit-learn's make_moons with n_samples = 256: two interleaved half circles of radius 1, the upper one
// centred at the origin and the lower one at (1, 0.5), with Gaussian noise. Each has 128 evenly spaced angles,
// including the ends.
type Moons struct {
	Noise float64 `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise"`
	Label string  `json:"label,omitempty" oneof:"crescent" doc:"classes that models are conditional on: the crescents"`
}

// Make returns the moons.
func (m Moons) Make() (Target, error) {
	const half = curvePoints / 2
	t := ofLaw("moons", m, noisy(curvePoints, m.Noise, func(k int) (x, y float64) {
		sin, cos := math.Sincos(math.Pi * float64(k%half) / (half - 1))
		if k >= half {
			return 1 - cos, .5 - sin
		}
		return cos, sin
	}))
	if m.Label != "" {
		t.label(m.Label, []string{"upper", "lower"}, halvesOf(curvePoints), equal(2))
	}
	return t, nil
}
