package target

import (
	"math"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// curvePoints is the number of fixed points that represent a curve.
const curvePoints = 256

// noisy returns the law of a random one of count fixed points in the plane, with Gaussian noise of standard deviation
// std.
func noisy(count int, std float64, point func(k int) (x, y float64)) oracle.Mixture {
	means := flow.NewBatch(count, 2)
	for k := range count {
		means.Data[2*k], means.Data[2*k+1] = point(k)
	}
	return oracle.Mixture{Means: means, Std: []float64{std}}
}

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
