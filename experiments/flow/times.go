package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Times is the distribution of the times at which a net is trained. Compared with uniform times, a density p(t) weights
// the loss at t by p(t), so losses under different times cannot be compared.
type Times struct {
	Name    string
	Params  any                        // the parameters it was made from, for example a LogitNormal; nil if there are none
	Draw    func(r *rand.Rand) float64 // draws a time in [0, 1)
	Density func(t float64) float64    // p(t), which integrates to 1 over [0, 1] and is 0 elsewhere
	Doc     string                     // which times are favoured, as a sentence for the report
}

// Fill fills dst with times. Number i is drawn from id first + i of the stream.
func (t Times) Fill(dst []float64, stream *Stream, first uint64) {
	for i := range dst {
		dst[i] = t.Draw(stream.At(first + uint64(i)))
	}
}

// MarshalJSON returns the times as written in a spec: their name, with their parameters if they have any.
func (t Times) MarshalJSON() ([]byte, error) { return Form(t.Name, t.Params) }

// MarshalText returns the times as written in a spec: their bare name, or a mapping in JSON.
func (t Times) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// String returns the same as MarshalText.
func (t Times) String() string { return formText(t.Name, t.Params) }

// TimesFamilies lists every family of times.
var TimesFamilies = []Family[Times]{
	{"uniform", fixedUniform{}},
	{"logit-normal", LogitNormal{Mean: 0, Std: 1}},
	{"mode", Mode{Scale: 1.29}},
	{"cosmap", fixedCosMap{}},
	{"shift", Shift{Factor: 3}},
}

// fixedUniform and fixedCosMap make the times without parameters.
type (
	fixedUniform struct{}
	fixedCosMap  struct{}
)

func (fixedUniform) Make() (Times, error) { return Uniform, nil }
func (fixedCosMap) Make() (Times, error)  { return CosMap, nil }

// Uniform is the uniform distribution of times, p(t) = 1, as in the definition of the flow-matching loss.
var Uniform = Times{
	Name:    "uniform",
	Draw:    func(r *rand.Rand) float64 { return r.Float64() },
	Density: within(func(float64) float64 { return 1 }),
	Doc:     "Times are uniform.",
}

// CosMap has the density of the cosine schedule of diffusion models (arXiv 2403.03206, section 3.1). For u uniform,
//
//	t = 1 - 1/(tan(pi u / 2) + 1),  p(t) = 2 / (pi - 2 pi t + 2 pi t^2)
var CosMap = Times{
	Name: "cosmap",
	Draw: func(r *rand.Rand) float64 {
		sin, cos := math.Sincos(math.Pi / 2 * r.Float64())
		return belowOne(sin / (sin + cos))
	},
	Density: within(func(t float64) float64 { return 2 / (math.Pi * (1 - 2*t*(1-t))) }),
	Doc:     "Times favour the middle over the ends, by 2 to 1.",
}

// LogitNormal is the distribution of times with a normal logit (arXiv 2403.03206, equation 19):
//
//	log(t / (1 - t)) ~ N(Mean, Std^2)
//	p(t) = exp(-(log(t / (1 - t)) - Mean)^2 / (2 Std^2)) / (Std sqrt(2 pi) t (1 - t))
//
// A positive Mean favours times near the data, t = 1. In that article t = 1 is noise, so the sign is reversed. Mean 1.2
// and Std 1.2 give the noise levels of EDM (arXiv 2206.00364), also known as skewed times.
type LogitNormal struct {
	Mean float64 `json:"mean" min:"-20" max:"20" doc:"mean of the logit; a positive mean favours times near the data"`
	Std  float64 `json:"std" above:"0" max:"20" doc:"standard deviation of the logit"`
}

// Make returns the times, or an error unless Mean is finite and Std positive.
func (c LogitNormal) Make() (Times, error) {
	if !Finite(c.Mean) {
		return Times{}, fmt.Errorf("mean: %g: must be finite", c.Mean)
	}
	if !(c.Std > 0) || !Finite(c.Std) {
		return Times{}, fmt.Errorf("std: %g: must be positive and finite", c.Std)
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
		Doc: fmt.Sprintf("The logit of a time is normal with mean %g and standard deviation %g, so the loss is weighted by that density.",
			c.Mean, c.Std),
	}, nil
}

// Mode favours the middle for a positive Scale and the ends for a negative one. Its density vanishes nowhere (arXiv
// 2403.03206, equation 20). For u uniform,
//
//	t = u + Scale (cos^2(pi u / 2) - 1 + u),  p(t) = 1 / (1 + Scale (1 - pi/2 sin(pi u)))
type Mode struct {
	Scale float64 `json:"scale" above:"-1" max:"1.75" doc:"positive values favour the middle, negative ones the ends"`
}

// Make returns the times, or an error unless -1 < Scale < 2/(pi - 2), where the density is finite.
func (c Mode) Make() (Times, error) {
	if !(c.Scale > -1 && c.Scale < 2/(math.Pi-2)) {
		return Times{}, fmt.Errorf("scale: %g: must be above -1 and at most 1.75", c.Scale)
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
		Doc: fmt.Sprintf("Times favour the middle for a positive scale and the ends for a negative one; here it is %g.", c.Scale),
	}, nil
}

// Shift moves uniform times towards the noise, t = 0, if Factor is above 1, and towards the data if it is below 1. It
// is the resolution-dependent shift of arXiv 2403.03206, section 5.3.2. For u uniform,
//
//	t = u / (Factor - (Factor - 1) u),  p(t) = Factor / (1 + (Factor - 1) t)^2
type Shift struct {
	Factor float64 `json:"factor" above:"0" max:"1000" doc:"above 1 favours times near the noise, below 1 near the data"`
}

// Make returns the times, or an error unless Factor is positive.
func (c Shift) Make() (Times, error) {
	k := c.Factor
	if !(k > 0) || !Finite(k) {
		return Times{}, fmt.Errorf("factor: %g: must be positive and finite", k)
	}
	return Times{
		Name: "shift", Params: c,
		Draw: func(r *rand.Rand) float64 {
			u := r.Float64()
			return belowOne(u / (k*(1-u) + u))
		},
		Density: within(func(t float64) float64 { return k / ((1 + (k-1)*t) * (1 + (k-1)*t)) }),
		Doc:     fmt.Sprintf("Times are shifted towards the noise for a factor above 1; here it is %g.", k),
	}, nil
}

// within returns the density, set to 0 outside [0, 1].
func within(density func(t float64) float64) func(float64) float64 {
	return func(t float64) float64 {
		if t < 0 || t > 1 {
			return 0
		}
		return density(t)
	}
}

// belowOne returns t limited to [0, 1), which rounding may have left.
func belowOne(t float64) float64 { return min(max(t, 0), 1-0x1p-53) }
