package flow

import (
	"fmt"
	"math"
)

// Reschedule converts a velocity from one path to another: it changes the schedule after training (arXiv 2412.06264,
// section 4.6.2). With rho = alpha/sigma, and primes for derivatives in r,
//
//	u_to(r, x) = (s'/s) x + s t' u_from(t, x/s),  t = rho_from^-1(rho_to(r)),  s = sigma_to(r) / sigma_from(t)
//
// Solved exactly, both fields move the same X0 to the same X1 if both paths have a ratio of 0 at t = 0, which only VP
// lacks. A ratio below VP's smallest is replaced by that, at t = 0. So from VP to another path, the solution is that of
// X0 sigma(0); a solution on VP starts at s times the point that the other path has reached by then.
//
// If t or r has an infinite derivative in the other at t = 0 or t = 1, times are kept at least 1e-5 away from there.
func Reschedule(u Field, from, to Path) Field {
	rows := RescheduleRows(func(t []float64, x Batch) (Batch, error) { return u(t[0], x) }, from, to)
	return func(t float64, x Batch) (Batch, error) {
		if x.Len() == 0 {
			return u(t, x)
		}
		return rows.Field()(t, x)
	}
}

// RescheduleRows is Reschedule for a field with a separate time for every point.
func RescheduleRows(u RowField, from, to Path) RowField {
	convert := PathConversion{from, to}
	return func(rs []float64, x Batch) (Batch, error) {
		at, ts, inner := make([]ScaleTime, len(rs)), make([]float64, len(rs)), x.Clone()
		for i, r := range rs {
			if i > 0 && r == rs[i-1] {
				at[i] = at[i-1]
			} else {
				at[i] = convert.At(r)
			}
			ts[i] = at[i].T
			for j := range inner.Row(i) {
				inner.Row(i)[j] /= at[i].Scale
			}
		}
		v, err := u(ts, inner)
		if err != nil {
			return Batch{}, err
		}
		if err := CheckLike(v, x); err != nil {
			return Batch{}, fmt.Errorf("reschedule a velocity: %w", err)
		}
		out := NewBatch(x.Len(), x.Dim)
		for i, at := range at {
			for j, vj := range v.Row(i) {
				out.Row(i)[j] = at.ScaleRate*x.Row(i)[j] + at.Scale*at.TimeRate*vj
			}
		}
		return out, nil
	}
}

// RescheduleDiv is Reschedule for a field with its divergence, which becomes
//
//	d s'/s + t' div u_from(t, x/s)
//
// in d dimensions.
func RescheduleDiv(u DivField, from, to Path) DivField {
	convert := PathConversion{from, to}
	return func(r float64, x Batch) (Batch, []float64, error) {
		var rates []float64
		at := convert.At(r)
		v, err := Reschedule(func(t float64, inner Batch) (v Batch, err error) {
			v, rates, err = u(t, inner)
			return v, err
		}, from, to)(r, x)
		if err != nil {
			return v, nil, err
		}
		div := make([]float64, len(rates))
		for i, rate := range rates {
			div[i] = float64(x.Dim)*at.ScaleRate + at.TimeRate*rate
		}
		return v, div, nil
	}
}

// PathConversion leads from the path that a velocity was learned on to another one, as Reschedule does.
type PathConversion struct{ From, To Path }

// At returns the conversion at time r of the path To.
func (p PathConversion) At(r float64) ScaleTime {
	return newScaleTime(p.From, p.To, keepClear(r, func(r float64) bool {
		at := newScaleTime(p.From, p.To, r)
		return Finite(at.Scale, at.ScaleRate, at.TimeRate)
	}))
}

// ScaleTime maps a point of one path to another path: it belongs to time T, divided by Scale.
type ScaleTime struct {
	T, TimeRate      float64 // and dt/dr
	Scale, ScaleRate float64 // and d(log scale)/dr
}

// newScaleTime returns the scale-time transformation at time r of the path to. Some of it is not finite if a derivative
// of a path is infinite or a ratio is stationary.
func newScaleTime(from, to Path, r float64) ScaleTime {
	snr := to.SNR(r)
	t := from.TimeOfSNR(snr)
	alpha, sigma, dAlpha, dSigma := from.Alpha(t), from.Sigma(t), from.DAlpha(t), from.DSigma(t)
	toAlpha, toSigma, toDAlpha, toDSigma := to.Alpha(r), to.Sigma(r), to.DAlpha(r), to.DSigma(r)
	wronskian, toWronskian := dAlpha*sigma-alpha*dSigma, toDAlpha*toSigma-toAlpha*toDSigma
	rateAt := func(scale float64) float64 {
		switch {
		case snr < from.SNR(0):
			return 0
		case math.IsInf(wronskian, 0):
			return math.NaN() // the rate may be 0, but the field must not be evaluated there
		default:
			// The derivative of alpha/sigma is wronskian/sigma^2.
			return toWronskian / wronskian / (scale * scale)
		}
	}
	// The scale is also the quotient of the alphas. Each half of the path uses the form that does not divide by a
	// number near 0.
	if snr < 1 {
		scale := toSigma / sigma
		rate := rateAt(scale)
		return ScaleTime{T: t, TimeRate: rate, Scale: scale, ScaleRate: toDSigma/toSigma - dSigma*rate/sigma}
	}
	scale := toAlpha / alpha
	rate := rateAt(scale)
	return ScaleTime{T: t, TimeRate: rate, Scale: scale, ScaleRate: toDAlpha/toAlpha - dAlpha*rate/alpha}
}
