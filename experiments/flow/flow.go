// Package flow defines the basic terms of flow matching: batches of points, velocity fields, probability paths,
// couplings and seeded randomness.
//
// Arguments come in the order (t, x); t = 0 is noise and t = 1 is data. An exact velocity, a trained net and an
// onnxruntime session are all Fields, and ode.Solve works with any of them.
package flow

import (
	"encoding/json"
	"fmt"
)

// Field is a velocity u(t, x) in units of x per unit of t. For points x, (n, d), it returns u, (n, d), as a new batch.
// It must not be called from several goroutines at once.
type Field func(t float64, x Batch) (Batch, error)

// RowField is a velocity with a separate time for every point: t is (n), x and u are (n, d). Adaptive solvers use it,
// since each sample has its own steps. It must not be called from several goroutines at once.
type RowField func(t []float64, x Batch) (Batch, error)

// Field returns the field with one time for all points.
func (f RowField) Field() Field {
	return func(t float64, x Batch) (Batch, error) {
		ts := make([]float64, x.Len())
		for i := range ts {
			ts[i] = t
		}
		return f(ts, x)
	}
}

// DivField is a velocity with its divergence, sum_i du_i/dx_i, (n), in units of 1/t, from which log densities are
// integrated. It must not be called from several goroutines at once.
type DivField func(t float64, x Batch) (u Batch, div []float64, err error)

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
