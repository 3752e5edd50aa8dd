package flow

import (
	"fmt"
	"math"
	"strings"
)

// schedule is a function that rises from 0 at t = 0 to 1 at t = 1, with its derivative. Mirrored in time it is a sigma:
// sigma(t) = at(1 - t).
type schedule struct {
	alpha, sigma string // names as an alpha and, mirrored, as a sigma
	at, slope    func(t float64) float64
	start        float64 // the power below 1 with which it leaves 0, where its slope is infinite; 0 if that is finite
}

func (s schedule) mirrored(t float64) float64      { return s.at(1 - t) }
func (s schedule) mirroredSlope(t float64) float64 { return -s.slope(1 - t) }

var sine = schedule{
	"sine", "cosine",
	func(t float64) float64 { return math.Sin(math.Pi / 2 * t) },
	func(t float64) float64 { return math.Pi / 2 * math.Cos(math.Pi/2*t) },
	0,
}

// schedules lists every schedule of a custom path.
var schedules = []schedule{
	{"linear", "linear", func(t float64) float64 { return t }, func(float64) float64 { return 1 }, 0},
	{"quadratic", "quadratic", func(t float64) float64 { return t * t }, func(t float64) float64 { return 2 * t }, 0},
	{"cubic", "cubic", func(t float64) float64 { return t * t * t }, func(t float64) float64 { return 3 * t * t }, 0},
	sine,
	{
		"circular", "circular",
		func(t float64) float64 { return math.Sqrt(t * (2 - t)) },
		func(t float64) float64 { return (1 - t) / math.Sqrt(t*(2-t)) },
		.5,
	},
	{
		"smoothstep", "smoothstep",
		func(t float64) float64 { return t * t * (3 - 2*t) },
		func(t float64) float64 { return 6 * t * (1 - t) },
		0,
	},
}

// Custom is a path of a named alpha and a named sigma:
//
//	alpha: linear t, quadratic t^2, cubic t^3, sine sin(pi t / 2), circular sqrt(1 - (1-t)^2), smoothstep t^2 (3 - 2t)
//	sigma: linear 1-t, quadratic (1-t)^2, cubic (1-t)^3, cosine cos(pi t / 2), circular sqrt(1 - t^2),
//	       smoothstep (1-t)^2 (1 + 2t)
//
// Linear and linear are CondOT, sine and cosine are Cosine, and linear and circular are LinearVP. The derivative of the
// circular alpha is infinite at t = 0, that of the circular sigma at t = 1.
type Custom struct {
	Alpha string `json:"alpha" oneof:"linear quadratic cubic sine circular smoothstep" doc:"factor of the data, rising from 0 to 1"`
	Sigma string `json:"sigma" oneof:"linear quadratic cubic cosine circular smoothstep" doc:"factor of the noise, falling from 1 to 0"`
}

// Make returns the path, or an error if a schedule is unknown.
func (c Custom) Make() (Path, error) {
	alpha, err := scheduleNamed("alpha", c.Alpha, func(s schedule) string { return s.alpha })
	if err != nil {
		return Path{}, err
	}
	sigma, err := scheduleNamed("sigma", c.Sigma, func(s schedule) string { return s.sigma })
	if err != nil {
		return Path{}, err
	}
	return Path{
		Name: "custom", Params: c,
		Alpha: alpha.at, DAlpha: alpha.slope,
		Sigma: sigma.mirrored, DSigma: sigma.mirroredSlope,
		AlphaStart: alpha.start, SigmaEnd: sigma.start,
	}, nil
}

func scheduleNamed(kind, name string, nameOf func(schedule) string) (schedule, error) {
	var known []string
	for _, s := range schedules {
		if nameOf(s) == name {
			return s, nil
		}
		known = append(known, nameOf(s))
	}
	return schedule{}, fmt.Errorf("%s: unknown schedule %q (have %s)", kind, name, strings.Join(known, ", "))
}
