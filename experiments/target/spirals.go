package target

import "math"

// Spirals consists of two Archimedean spirals around the origin, which are reflections of each other through it, with
// Gaussian noise. Each has 128 points, whose angles grow like a square root, so that they are about equally spaced.
type Spirals struct {
	Turns  float64 `json:"turns" above:"0" doc:"number of turns of each spiral"`
	Radius float64 `json:"radius" above:"0" doc:"distance of the outer ends from the origin"`
	Noise  float64 `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise"`
	Label  string  `json:"label,omitempty" oneof:"spiral" doc:"classes that models are conditional on: the spirals"`
}

// Make returns the spirals.
func (s Spirals) Make() (Target, error) {
	const half = curvePoints / 2
	t := ofLaw("spirals", s, noisy(curvePoints, s.Noise, func(k int) (x, y float64) {
		part := math.Sqrt((float64(k%half) + .5) / half)
		sin, cos := math.Sincos(2 * math.Pi * s.Turns * part)
		r := s.Radius * part
		if k >= half {
			r = -r
		}
		return -r * cos, r * sin
	}))
	if s.Label != "" {
		t.label(s.Label, []string{"first", "second"}, halvesOf(curvePoints), equal(2))
	}
	return t, nil
}
