package flow

import (
	"encoding/json"
	"fmt"
)

// Guidance is the weight w of classifier-free guidance (Ho and Salimans 2022, arXiv 2207.12598; for flows Zheng et al. 2023,
// arXiv 2311.13443),
//
//	u_w = u_none + w (u_c - u_none)
//
// where u_c is the velocity given c and u_none that given nothing. With w = 0 samples are those of the whole distribution, with
// w = 1 those given c, and larger weights sharpen. Their law is not that of a density p^w: it is where u_w carries the noise.
// Others count w from -1, as u_c + w (u_c - u_none).
//
// The zero value is for velocities that are conditional on nothing.
type Guidance struct {
	weight float64
	on     bool
}

// GuidanceFormula is how a weight is to be read, for wherever one stands.
const GuidanceFormula = "u_w = u_none + w (u_c - u_none)"

// Guided returns the guidance of a weight.
func Guided(w float64) Guidance { return Guidance{w, true} }

// Weight returns w.
func (g Guidance) Weight() float64 { return g.weight }

// IsZero reports whether there is no guidance, which is not that of weight 0.
func (g Guidance) IsZero() bool { return !g.on }

// Calls returns how many velocities of the net a velocity takes: two, unless the weight is 0 or 1.
func (g Guidance) Calls() int {
	if !g.on || g.weight == 0 || g.weight == 1 {
		return 1
	}
	return 2
}

// MarshalJSON returns the weight.
func (g Guidance) MarshalJSON() ([]byte, error) { return json.Marshal(g.weight) }

// String returns the weight.
func (g Guidance) String() string { return fmt.Sprintf("%g", g.weight) }

// Guide returns the velocity u_w of a field, given u_c by what the points are given and u_none by the same points given nothing.
func (f RowField) Guide(g Guidance) RowField {
	switch {
	case !g.on || g.weight == 1:
		return f
	case g.weight == 0:
		return func(t []float64, x Batch) (Batch, error) { return f(t, x.Unconditional()) }
	}
	return func(t []float64, x Batch) (Batch, error) {
		none, err := f(t, x.Unconditional())
		if err != nil {
			return none, err
		}
		u, err := f(t, x)
		if err != nil {
			return u, err
		}
		for i, v := range none.Data {
			u.Data[i] = v + float64(g.weight*(u.Data[i]-v))
		}
		return u, nil
	}
}

// Unconditional returns the points given nothing.
func (b Batch) Unconditional() Batch {
	if b.Given != nil {
		b.Given = make([]float64, len(b.Given))
	}
	return b
}
