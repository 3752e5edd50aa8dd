package target

import (
	"math"
	"math/rand/v2"
)

// moonsAngles is the number of evenly spaced angles on each crescent, so that moons without noise have 2 moonsAngles
// points: scikit-learn's make_moons with n_samples = 256. Fixed angles make the noisy target an exact mixture of
// Gaussians.
const moonsAngles = 128

// Moons is scikit-learn's make_moons: two interleaved half circles of radius 1, the upper one centred at the origin
// and the lower one at (1, 0.5), with Gaussian noise.
type Moons struct {
	Noise float64 `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise"`
}

// Target returns the moons.
func (m Moons) Target() (Target, error) {
	draw := func(r *rand.Rand, dst []float64) {
		k := r.IntN(2 * moonsAngles)
		sin, cos := math.Sincos(math.Pi * float64(k%moonsAngles) / (moonsAngles - 1))
		dst[0], dst[1] = cos, sin
		if k >= moonsAngles {
			dst[0], dst[1] = 1-cos, .5-sin
		}
		for i := range dst {
			dst[i] += m.Noise * r.NormFloat64()
		}
	}
	return Target{Name: "moons", Params: m, Dim: 2, Draw: draw}, nil
}
