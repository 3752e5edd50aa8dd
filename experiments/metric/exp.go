package metric

import "math"

// expNegative replaces each x <= 0 by e^x, to about 1 in 10^15 of its value, and by 0 below -708, where the numbers of
// full precision end. It does in a few operations what a kernel spends most of its time on:
//
//	e^x = 2^(k/256) e^r,  k = round(256 x / ln 2),  |r| <= ln 2 / 512
//
// with the first factor from a table and the second from its series up to r^4, whose remainder is below 4e-17 (Tang
// 1989, "Table-driven implementation of the exponential function in IEEE floating-point arithmetic").
func expNegative(xs []float64) {
	for i, x := range xs {
		if x < -708 {
			xs[i] = 0
			continue
		}
		t := x*(expSteps/math.Ln2) + roundShift
		k := t - roundShift
		r := (x - k*stepHigh) - k*stepLow
		// The last bits of t are k: those below 256 choose the fraction, the others are added to its exponent.
		bits := math.Float64bits(t)
		scale := math.Float64frombits(expFractions[bits%expSteps] + bits<<44)
		r2 := r * r
		xs[i] = scale + scale*(r+r2*(.5+r*(1./6)+r2*(1./24)))
	}
}

const (
	expSteps = 256
	// roundShift is 1.5 2^52: adding it to a number below 2^51 leaves no bits for a fraction.
	roundShift = 3 << 51
	// stepHigh and stepLow add up to ln 2 / 256. The first has 29 bits, so that its product with k is exact.
	stepHigh = 0x162e42fep-37
	stepLow  = math.Ln2/expSteps - stepHigh
)

// expFractions holds the bits of 2^(i/256), less those of i that k puts into the exponent's place.
var expFractions = func() (bits [expSteps]uint64) {
	for i := range bits {
		bits[i] = math.Float64bits(math.Exp2(float64(i)/expSteps)) - uint64(i)<<44
	}
	return bits
}()
