package flow

// Path is an affine conditional probability path (arXiv 2412.06264, section 4.8):
//
//	X_t = alpha(t) X1 + sigma(t) X0,  X0 ~ N(0, I),  (alpha, sigma) from (0, 1) at t = 0 to (1, 0) at t = 1
//
// with the derivatives of alpha and sigma in t.
type Path struct {
	Name           string
	Alpha, Sigma   func(t float64) float64
	DAlpha, DSigma func(t float64) float64
}

// CondOT is the linear path alpha = t, sigma = 1 - t, whose conditional velocity is X1 - X0 (arXiv 2210.02747).
var CondOT = Path{
	Name:   "condot",
	Alpha:  func(t float64) float64 { return t },
	Sigma:  func(t float64) float64 { return 1 - t },
	DAlpha: func(float64) float64 { return 1 },
	DSigma: func(float64) float64 { return -1 },
}

// Paths lists every path by name.
var Paths = []Path{CondOT}

// MarshalText returns the name of the path, its form in a spec.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.Name), nil }

// Interpolate writes X_t of each pair into xt and its conditional velocity alpha' X1 + sigma' X0 into u. The times t
// are (n); x0, x1, xt and u are (n, d).
func (p Path) Interpolate(xt, u Batch, t []float64, x0, x1 Batch) {
	for i, ti := range t {
		a, s, da, ds := p.Alpha(ti), p.Sigma(ti), p.DAlpha(ti), p.DSigma(ti)
		for j := i * xt.Dim; j < (i+1)*xt.Dim; j++ {
			xt.Data[j] = a*x1.Data[j] + s*x0.Data[j]
			u.Data[j] = da*x1.Data[j] + ds*x0.Data[j]
		}
	}
}
