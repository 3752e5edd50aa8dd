package flow

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// PathFamilies lists every family of paths.
var PathFamilies = []Family[Path]{
	{"condot", fixedCondOT{}},
	{"polynomial", Polynomial{Power: 2}},
	{"vp", VP{BetaMin: 0.1, BetaMax: 20}},
	{"linear-vp", fixedLinearVP{}},
	{"cosine", fixedCosine{}},
	{"custom", Custom{Alpha: "sine", Sigma: "linear"}},
}

// ParsePath returns the path of a text that Path.String returned.
func ParsePath(text string) (Path, error) {
	form := struct {
		Name string `json:"name"`
	}{Name: text}
	if strings.HasPrefix(text, "{") {
		if err := json.Unmarshal([]byte(text), &form); err != nil {
			return Path{}, fmt.Errorf("parse the path %q: %w", text, err)
		}
	}
	for _, f := range PathFamilies {
		if f.Name != form.Name {
			continue
		}
		params := reflect.New(reflect.TypeOf(f.Default))
		params.Elem().Set(reflect.ValueOf(f.Default))
		if form.Name != text {
			if err := json.Unmarshal([]byte(text), params.Interface()); err != nil {
				return Path{}, fmt.Errorf("parse the path %q: %w", text, err)
			}
		}
		return params.Elem().Interface().(Maker[Path]).Make()
	}
	return Path{}, fmt.Errorf("unknown path %q", text)
}

// fixedCondOT, fixedLinearVP and fixedCosine make the paths without parameters.
type (
	fixedCondOT   struct{}
	fixedLinearVP struct{}
	fixedCosine   struct{}
)

func (fixedCondOT) Make() (Path, error)   { return CondOT, nil }
func (fixedLinearVP) Make() (Path, error) { return LinearVP, nil }
func (fixedCosine) Make() (Path, error)   { return Cosine, nil }

// CondOT is the linear path alpha = t, sigma = 1 - t, whose conditional velocity is X1 - X0 (arXiv 2210.02747).
var CondOT = Path{
	Name:   "condot",
	Alpha:  func(t float64) float64 { return t },
	Sigma:  func(t float64) float64 { return 1 - t },
	DAlpha: func(float64) float64 { return 1 },
	DSigma: func(float64) float64 { return -1 },
}

// LinearVP is the linear variance-preserving path (arXiv 2412.06264, section 4.8.3):
//
//	alpha = t,  sigma = sqrt(1 - t^2)
//
// Its sigma' = -t / sigma is infinite at t = 1, and the mean of the squared conditional velocity over t diverges, like
// a logarithm.
var LinearVP = Path{
	Name:     "linear-vp",
	Gaussian: true,
	Alpha:    func(t float64) float64 { return t },
	Sigma:    func(t float64) float64 { return math.Sqrt((1 - t) * (1 + t)) },
	DAlpha:   func(float64) float64 { return 1 },
	DSigma:   func(t float64) float64 { return -t / math.Sqrt((1-t)*(1+t)) },
	SigmaEnd: .5,
}

// Cosine is the variance-preserving path along a quarter circle, also called trigonometric (arXiv 2209.15571) or
// generalised variance-preserving (arXiv 2401.08740):
//
//	alpha = sin(pi t / 2),  sigma = cos(pi t / 2)
var Cosine = Path{
	Name:   "cosine",
	Alpha:  sine.at,
	Sigma:  sine.mirrored,
	DAlpha: sine.slope,
	DSigma: sine.mirroredSlope,
}

// Polynomial is the path alpha = t^n, sigma = 1 - t^n, where n need not be an integer (arXiv 2412.06264, section
// 4.8.2). At t = 0 the derivatives are infinite for n below 1, and vanish for n above 1.
type Polynomial struct {
	Power float64 `json:"power" above:"0" max:"100" doc:"power n of alpha = t^n and sigma = 1 - t^n"`
}

// Make returns the path, or an error unless the power is positive.
func (c Polynomial) Make() (Path, error) {
	n := c.Power
	if !(n > 0) || math.IsInf(n, 0) {
		return Path{}, fmt.Errorf("power: %g: must be positive and finite", n)
	}
	start := 0.
	if n < 1 {
		start = n
	}
	return Path{
		Name: "polynomial", Params: c, AlphaStart: start, SigmaStart: start,
		Alpha:  func(t float64) float64 { return math.Pow(t, n) },
		Sigma:  func(t float64) float64 { return 1 - math.Pow(t, n) },
		DAlpha: func(t float64) float64 { return n * math.Pow(t, n-1) },
		DSigma: func(t float64) float64 { return -n * math.Pow(t, n-1) },
	}, nil
}

// VP is the variance-preserving path of diffusion models whose noise rate falls linearly from BetaMax at t = 0 to
// BetaMin at t = 1 (arXiv 2011.13456, equation 33, with time reversed):
//
//	alpha = exp(-T/2),  sigma = sqrt(1 - exp(-T)),  T(t) = (1 - t)^2 (BetaMax - BetaMin) / 2 + (1 - t) BetaMin
//
// It starts near noise, but not at it: alpha(0) = exp(-(BetaMin + BetaMax)/4), 0.0066 for the usual rates. As for
// LinearVP, sigma' is infinite at t = 1.
type VP struct {
	BetaMin float64 `json:"beta_min" above:"0" max:"1000" doc:"noise rate at t = 1, the data"`
	BetaMax float64 `json:"beta_max" above:"0" max:"1000" doc:"noise rate at t = 0, the noise"`
}

// Make returns the path, or an error unless 0 < BetaMin <= BetaMax.
func (c VP) Make() (Path, error) {
	low, high := c.BetaMin, c.BetaMax
	if !(low > 0) || math.IsInf(low, 0) {
		return Path{}, fmt.Errorf("beta_min: %g: must be positive and finite", low)
	}
	if !(high >= low) || math.IsInf(high, 0) {
		return Path{}, fmt.Errorf("beta_max: %g: must be finite and at least beta_min, %g", high, low)
	}
	integral := func(t float64) float64 { return (1 - t) * ((1-t)*(high-low)/2 + low) }
	rate := func(t float64) float64 { return (1-t)*(high-low) + low } // -dT/dt
	sigma := func(t float64) float64 { return math.Sqrt(-math.Expm1(-integral(t))) }
	return Path{
		Name: "vp", Params: c, Gaussian: true, SigmaEnd: .5,
		Alpha:  func(t float64) float64 { return math.Exp(-integral(t) / 2) },
		Sigma:  sigma,
		DAlpha: func(t float64) float64 { return rate(t) / 2 * math.Exp(-integral(t)/2) },
		DSigma: func(t float64) float64 { return -rate(t) / 2 * math.Exp(-integral(t)) / sigma(t) },
	}, nil
}
