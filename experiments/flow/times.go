package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Times says at which times a net is trained. Against uniform times, times of density p(t) weight the loss at t by p(t),
// so losses under different times cannot be compared.
type Times struct {
	Name    string
	Params  any                        // the parameters it was made from, a LogitNormal for example; nil if there are none
	Draw    func(r *rand.Rand) float64 // one time in [0, 1)
	Density func(t float64) float64    // p(t), whose integral over [0, 1] is 1; 0 elsewhere
	Doc     string                     // which times are favoured, in a sentence for the report
}

// Fill draws one time into each place of dst; number i is that of id first + i of the stream.
func (t Times) Fill(dst []float64, stream *Stream, first uint64) {
	for i := range dst {
		dst[i] = t.Draw(stream.At(first + uint64(i)))
	}
}

// MarshalJSON returns the form of the times in a spec: their name, beside their parameters if they have any.
func (t Times) MarshalJSON() ([]byte, error) { return Form(t.Name, t.Params) }

// MarshalText returns the form of the times in a spec: their bare name, or a mapping in JSON.
func (t Times) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// String returns what MarshalText does.
func (t Times) String() string { return word(t.Name, t.Params) }

// TimesFamilies lists every family by name.
var TimesFamilies = []Family[Times]{
	{"uniform", fixedUniform{}},
	{"logit-normal", LogitNormal{Mean: 0, Std: 1}},
	{"mode", Mode{Scale: 1.29}},
	{"cosmap", fixedCosMap{}},
	{"shift", Shift{Factor: 3}},
}

// The makers of the times that have no parameters.
type (
	fixedUniform struct{}
	fixedCosMap  struct{}
)

func (fixedUniform) Make() (Times, error) { return Uniform, nil }
func (fixedCosMap) Make() (Times, error)  { return CosMap, nil }

// Uniform times are those of the flow-matching loss as it is written down: p(t) = 1.
var Uniform = Times{
	Name:    "uniform",
	Draw:    func(r *rand.Rand) float64 { return r.Float64() },
	Density: within(func(float64) float64 { return 1 }),
	Doc:     "Times are uniform.",
}

// CosMap times have the density of the cosine schedule of diffusion models (arXiv 2403.03206, section 3.1), for u uniform:
//
//	t = 1 - 1/(tan(pi u / 2) + 1),  p(t) = 2 / (pi - 2 pi t + 2 pi t^2)
var CosMap = Times{
	Name: "cosmap",
	Draw: func(r *rand.Rand) float64 {
		sin, cos := math.Sincos(math.Pi / 2 * r.Float64())
		return belowOne(sin / (sin + cos))
	},
	Density: within(func(t float64) float64 { return 2 / (math.Pi * (1 - 2*t*(1-t))) }),
	Doc:     "Times favour the middle, by 2 to 1 over the ends.",
}

// LogitNormal times have a normal logit (arXiv 2403.03206, equation 19):
//
//	log(t / (1 - t)) ~ N(Mean, Std^2)
//	p(t) = exp(-(log(t / (1 - t)) - Mean)^2 / (2 Std^2)) / (Std sqrt(2 pi) t (1 - t))
//
// A Mean above 0 favours times near the data, t = 1; where t = 1 is noise, as in that article, it has the other sign.
// Mean 1.2 and Std 1.2 are the noise levels of EDM (arXiv 2206.00364), which are known as skewed times too.
type LogitNormal struct {
	Mean float64 `json:"mean" min:"-20" max:"20" doc:"mean of the logit; above 0 favours times near the data"`
	Std  float64 `json:"std" above:"0" max:"20" doc:"standard deviation of the logit"`
}

// Make returns the times.
func (c LogitNormal) Make() (Times, error) {
	if !Finite(c.Mean) {
		return Times{}, fmt.Errorf("mean: %g is no mean: give a finite number", c.Mean)
	}
	if !(c.Std > 0) || !Finite(c.Std) {
		return Times{}, fmt.Errorf("std: %g is no standard deviation of times: give a finite number above 0", c.Std)
	}
	return Times{
		Name: "logit-normal", Params: c,
		Draw: func(r *rand.Rand) float64 { return belowOne(1 / (1 + math.Exp(-c.Mean-c.Std*r.NormFloat64()))) },
		Density: within(func(t float64) float64 {
			if t == 0 || t == 1 {
				return 0
			}
			z := (math.Log(t) - math.Log1p(-t) - c.Mean) / c.Std
			return math.Exp(-z*z/2) / (c.Std * math.Sqrt(2*math.Pi) * t * (1 - t))
		}),
		Doc: fmt.Sprintf("The logit of a time is normal, of mean %g and standard deviation %g: a loss weighted by that density.",
			c.Mean, c.Std),
	}, nil
}

// Mode times favour the middle for a Scale above 0 and the ends for one below, without vanishing anywhere (arXiv
// 2403.03206, equation 20), for u uniform:
//
//	t = u + Scale (cos^2(pi u / 2) - 1 + u),  p(t) = 1 / (1 + Scale (1 - pi/2 sin(pi u)))
type Mode struct {
	Scale float64 `json:"scale" above:"-1" max:"1.75" doc:"above 0 favours the middle, below 0 the ends"`
}

// Make returns the times, or an error unless -1 < Scale < 2/(pi - 2), where the density is finite.
func (c Mode) Make() (Times, error) {
	if !(c.Scale > -1 && c.Scale < 2/(math.Pi-2)) {
		return Times{}, fmt.Errorf("scale: %g is not above -1 and at most 1.75, as the times of a mode need", c.Scale)
	}
	at := func(u float64) float64 {
		sin := math.Sin(math.Pi / 2 * u)
		return u + c.Scale*(u-sin*sin)
	}
	return Times{
		Name: "mode", Params: c,
		Draw: func(r *rand.Rand) float64 { return belowOne(at(r.Float64())) },
		Density: within(func(t float64) float64 {
			u := bisect(func(u float64) bool { return at(u) < t })
			return 1 / (1 + c.Scale*(1-math.Pi/2*math.Sin(math.Pi*u)))
		}),
		Doc: fmt.Sprintf("Times favour the middle for a scale above 0 and the ends below; it is %g here.", c.Scale),
	}, nil
}

// Shift times are uniform ones moved towards the noise, t = 0, by a Factor above 1, or towards the data by one below: the
// shift of resolutions of arXiv 2403.03206, section 5.3.2, for u uniform,
//
//	t = u / (Factor - (Factor - 1) u),  p(t) = Factor / (1 + (Factor - 1) t)^2
type Shift struct {
	Factor float64 `json:"factor" above:"0" max:"1000" doc:"above 1 favours times near the noise, below 1 near the data"`
}

// Make returns the times.
func (c Shift) Make() (Times, error) {
	k := c.Factor
	if !(k > 0) || !Finite(k) {
		return Times{}, fmt.Errorf("factor: %g moves no times: give a finite number above 0", k)
	}
	return Times{
		Name: "shift", Params: c,
		Draw: func(r *rand.Rand) float64 {
			u := r.Float64()
			return belowOne(u / (k*(1-u) + u))
		},
		Density: within(func(t float64) float64 { return k / ((1 + (k-1)*t) * (1 + (k-1)*t)) }),
		Doc:     fmt.Sprintf("Times are shifted towards the noise for a factor above 1; it is %g here.", k),
	}, nil
}

// within returns the density on [0, 1], and 0 elsewhere.
func within(density func(t float64) float64) func(float64) float64 {
	return func(t float64) float64 {
		if t < 0 || t > 1 {
			return 0
		}
		return density(t)
	}
}

// belowOne returns t, or the largest number below 1 where rounding has made it 1, and 0 where it fell below that.
func belowOne(t float64) float64 { return min(max(t, 0), 1-0x1p-53) }
