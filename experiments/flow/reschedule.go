package flow

import (
	"fmt"
	"math"
)

// Reschedule returns the velocity that a field made for one path has on another: a change of schedule after training
// (arXiv 2412.06264, section 4.6.2). With rho = alpha/sigma, the time t at which from has the ratio that to has at r, and
// primes for derivatives in r,
//
//	u_to(r, x) = (s'/s) x + s t' u_from(t, x/s),  t = rho_from^-1(rho_to(r)),  s = sigma_to(r) / sigma_from(t)
//
// Solved exactly, both fields carry the same X0 to the same X1. This needs what every path but VP has, a ratio of 0 at
// t = 0. A ratio below VP's least counts as its least, at t = 0: towards another path the solution is then that of
// X0 sigma(0), and a solution on VP begins at s times the point that the other path has reached by then.
//
// Where a time has no derivative in the other, at t = 0 or t = 1, a time nearer to it than 1e-5 counts as 1e-5 from it.
func Reschedule(u Field, from, to Path) Field {
	rows := RescheduleRows(func(t []float64, x Batch) (Batch, error) { return u(t[0], x) }, from, to)
	return func(t float64, x Batch) (Batch, error) {
		if x.Len() == 0 {
			return u(t, x)
		}
		return rows.Field()(t, x)
	}
}

// RescheduleRows is Reschedule for a field where every point has its own time.
func RescheduleRows(u RowField, from, to Path) RowField {
	fit := func(r float64) bool {
		at := newScaleTime(from, to, r)
		return Finite(at.scale, at.scaleRate, at.timeRate)
	}
	return func(rs []float64, x Batch) (Batch, error) {
		at, ts, inner := make([]scaleTime, len(rs)), make([]float64, len(rs)), x.Clone()
		for i, r := range rs {
			if i > 0 && r == rs[i-1] {
				at[i] = at[i-1]
			} else {
				at[i] = newScaleTime(from, to, keepClear(r, fit))
			}
			ts[i] = at[i].t
			for j := range inner.Row(i) {
				inner.Row(i)[j] /= at[i].scale
			}
		}
		v, err := u(ts, inner)
		if err != nil {
			return Batch{}, err
		}
		if err := CheckLike(v, x); err != nil {
			return Batch{}, fmt.Errorf("change the schedule of a velocity: %w", err)
		}
		out := NewBatch(x.Len(), x.Dim)
		for i, at := range at {
			for j, vj := range v.Row(i) {
				out.Row(i)[j] = at.scaleRate*x.Row(i)[j] + at.scale*at.timeRate*vj
			}
		}
		return out, nil
	}
}

// scaleTime is where a point on one path lies on another: at time t, divided by scale.
type scaleTime struct {
	t, timeRate      float64 // and dt/dr
	scale, scaleRate float64 // and d(log scale)/dr
}

// newScaleTime returns the scale-time transformation at time r of the path to. Where one path has an infinite derivative
// or one ratio stands still, some of it is not finite.
func newScaleTime(from, to Path, r float64) scaleTime {
	snr := to.SNR(r)
	t := from.TimeOfSNR(snr)
	alpha, sigma, dAlpha, dSigma := from.Alpha(t), from.Sigma(t), from.DAlpha(t), from.DSigma(t)
	toAlpha, toSigma, toDAlpha, toDSigma := to.Alpha(r), to.Sigma(r), to.DAlpha(r), to.DSigma(r)
	turn, toTurn := dAlpha*sigma-alpha*dSigma, toDAlpha*toSigma-toAlpha*toDSigma
	rateAt := func(scale float64) float64 {
		switch {
		case snr < from.SNR(0):
			return 0
		case math.IsInf(turn, 0):
			return math.NaN() // the rate may be 0, but the field is not to be asked there
		default:
			// The derivative of alpha/sigma is turn/sigma^2.
			return toTurn / turn / (scale * scale)
		}
	}
	// The scale is also the quotient of the alphas: of the two forms each half of the path takes the one that divides by
	// nothing near 0.
	if snr < 1 {
		scale := toSigma / sigma
		rate := rateAt(scale)
		return scaleTime{t: t, timeRate: rate, scale: scale, scaleRate: toDSigma/toSigma - dSigma*rate/sigma}
	}
	scale := toAlpha / alpha
	rate := rateAt(scale)
	return scaleTime{t: t, timeRate: rate, scale: scale, scaleRate: toDAlpha/toAlpha - dAlpha*rate/alpha}
}
