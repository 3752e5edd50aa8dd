package target

import (
	"math"
	"math/rand/v2"
)

// Pinwheel consists of equally likely arms: elongated Gaussians, bent by a rotation that grows with the distance from
// the origin (Johnson et al. 2016, arXiv 1603.06277):
//
//	(x, y) = Scale R(2 pi k / Arms + Rate exp(f)) (f, g),  f ~ N(1, Radial^2),  g ~ N(0, Tangential^2)
//
// Its law has no closed form.
type Pinwheel struct {
	Arms       int     `json:"arms" min:"1" doc:"number of arms"`
	Radial     float64 `json:"radial" min:"0" doc:"standard deviation along an arm"`
	Tangential float64 `json:"tangential" min:"0" doc:"standard deviation across an arm"`
	Rate       float64 `json:"rate" doc:"how strongly the arms bend"`
	Scale      float64 `json:"scale" above:"0" doc:"factor applied to arms at distance 1 from the origin"`
	Label      string  `json:"label,omitempty" oneof:"arm" doc:"classes that models are conditional on: the arms"`
}

// Make returns the pinwheel.
func (p Pinwheel) Make() (Target, error) {
	draw := func(r *rand.Rand, dst []float64) int {
		arm := r.IntN(p.Arms)
		f, g := 1+p.Radial*r.NormFloat64(), p.Tangential*r.NormFloat64()
		// Clockwise, as in the code of the paper.
		sin, cos := math.Sincos(2*math.Pi*float64(arm)/float64(p.Arms) + p.Rate*math.Exp(f))
		dst[0], dst[1] = p.Scale*(f*cos+g*sin), p.Scale*(g*cos-f*sin)
		return arm
	}
	t := Target{Name: "pinwheel", Params: p, Shape: []int{2}, Draw: draw, Atoms: p.Radial == 0 && p.Tangential == 0}
	if p.Label != "" {
		t.label(p.Label, ordinals(p.Arms), upTo(p.Arms), equal(p.Arms))
	}
	return t, nil
}
