package flow

import "math"

// Path is an affine conditional probability path (arXiv 2412.06264, section 4.8):
//
//	X_t = alpha(t) X1 + sigma(t) X0,  X0 ~ N(0, I),  (alpha, sigma) from (0, 1) at t = 0 to (1, 0) at t = 1
//
// with the derivatives of alpha and sigma in t. In between, alpha rises and sigma falls. A derivative may be infinite
// at t = 0 or t = 1; Clamp avoids such times. Only VP starts with alpha slightly above 0.
type Path struct {
	Name           string
	Params         any  // the parameters it was made from, for example a Polynomial; nil if there are none
	Gaussian       bool // the path of a diffusion model, which requires Gaussian noise
	Alpha, Sigma   func(t float64) float64
	DAlpha, DSigma func(t float64) float64

	// The powers p < 1 with which alpha and sigma leave an end, where their derivatives are infinite; 0 where they are finite:
	// alpha ~ t^AlphaStart and 1 - sigma ~ t^SigmaStart near t = 0, sigma ~ (1 - t)^SigmaEnd near t = 1. The square of a
	// derivative has an integral if p > 1/2.
	AlphaStart, SigmaStart, SigmaEnd float64
}

// MarshalJSON returns the path as written in a spec: its name, with its parameters if it has any.
func (p Path) MarshalJSON() ([]byte, error) { return Form(p.Name, p.Params) }

// MarshalText returns the path as written in a spec: its bare name, or a mapping in JSON.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// String returns the same as MarshalText.
func (p Path) String() string { return formText(p.Name, p.Params) }

// clampMargin is the smallest distance from a singular end: the smallest time at which score-based models are trained
// (arXiv 2011.13456, appendix C). A derivative that grows like 1/sqrt(1 - t) is about 200 there.
const clampMargin = 1e-5

// Clamp returns t, kept at least 1e-5 away from an end of [0, 1] where a derivative is infinite.
func (p Path) Clamp(t float64) float64 {
	return keepClear(t, func(t float64) bool { return Finite(p.DAlpha(t), p.DSigma(t)) })
}

// NoiseWeights returns the weights with which a point and its velocity give the mean of the noise behind it:
//
//	E[X0 | X_t = x] = ofX x + ofU u(t, x),  ofX = -alpha' / w,  ofU = alpha / w,  w = alpha sigma' - alpha' sigma
//
// It solves x = alpha X1 + sigma X0 and u = alpha' X1 + sigma' X0. For independent pairs from N(0, I) noise it is minus sigma
// times the score grad log p_t(x) (arXiv 2401.08740, section 2). Nothing divides by alpha or sigma, so the weights are
// finite at both ends; where they are 0/0, as at t = 0 if alpha' vanishes there, t is kept at least 1e-5 away.
func (p Path) NoiseWeights(t float64) (ofX, ofU float64) {
	at := func(t float64) (ofX, ofU float64) {
		alpha, dAlpha := p.Alpha(t), p.DAlpha(t)
		w := alpha*p.DSigma(t) - dAlpha*p.Sigma(t)
		return -dAlpha / w, alpha / w
	}
	return at(keepClear(t, func(t float64) bool { return Finite(at(t)) }))
}

// keepClear returns t, kept at least clampMargin away from an end of [0, 1] that is not fit for use.
func keepClear(t float64, fit func(t float64) bool) float64 {
	switch {
	case t < clampMargin && !fit(0):
		return clampMargin
	case t > 1-clampMargin && !fit(1):
		return 1 - clampMargin
	default:
		return t
	}
}

// Interpolate writes X_t of each pair into xt and its conditional velocity alpha' X1 + sigma' X0 into u. The times t
// are (n); x0, x1, xt and u are (n, d). Both are evaluated at Clamp(t), so that u is always finite.
func (p Path) Interpolate(xt, u Batch, t []float64, x0, x1 Batch) {
	for i, ti := range t {
		ti = p.Clamp(ti)
		a, s, da, ds := p.Alpha(ti), p.Sigma(ti), p.DAlpha(ti), p.DSigma(ti)
		for j := i * xt.Dim; j < (i+1)*xt.Dim; j++ {
			xt.Data[j] = a*x1.Data[j] + s*x0.Data[j]
			u.Data[j] = da*x1.Data[j] + ds*x0.Data[j]
		}
	}
}

// SNR returns the signal-to-noise ratio of arXiv 2412.06264, section 4.6.2, which rises from 0 to infinity:
//
//	alpha(t) / sigma(t)
//
// It is the square root of the SNR of arXiv 2107.00630, which is a ratio of powers.
func (p Path) SNR(t float64) float64 { return p.Alpha(t) / p.Sigma(t) }

// LogSNR returns log(alpha(t) / sigma(t)), half of the log-SNR of arXiv 2107.00630. It is infinite at the ends.
func (p Path) LogSNR(t float64) float64 { return math.Log(p.Alpha(t)) - math.Log(p.Sigma(t)) }

// TimeOfSNR returns the time in [0, 1] at which SNR is snr, by bisection to the last bit. A ratio outside the path's
// range gives the nearer end, and NaN gives NaN.
func (p Path) TimeOfSNR(snr float64) float64 {
	switch {
	case math.IsNaN(snr):
		return snr
	case snr <= p.SNR(0):
		return 0
	case snr >= p.SNR(1):
		return 1
	}
	return bisect(func(t float64) bool { return p.Alpha(t) < snr*p.Sigma(t) })
}

// bisect returns the number in [0, 1], to the last bit, below which the condition holds.
func bisect(below func(x float64) bool) float64 {
	low, high := 0., 1.
	for {
		x := low + (high-low)/2
		if x <= low || x >= high {
			return high
		}
		if below(x) {
			low = x
		} else {
			high = x
		}
	}
}
