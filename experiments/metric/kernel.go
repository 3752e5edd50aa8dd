package metric

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// bandwidths is the number of Gaussian kernels that mmd averages, with 1/4, 1/2, 1, 2 and 4 times the median distance.
const bandwidths = 5

// widest is the largest bandwidth as a multiple of the median distance.
const widest = 4

// gaussians returns the mean of five Gaussian kernels whose bandwidths double, the middle one being l. Each kernel is
// the fourth power of the next wider one, so all five cost one exponential.
func gaussians(l float64) kernel {
	rate := -1 / (2 * widest * widest * l * l)
	return func(values []float64) {
		for j, d2 := range values {
			values[j] = rate * d2
		}
		expNegative(values)
		for j, e1 := range values {
			// For small values the narrowest kernels underflow, which is slow on some processors.
			if e1 < 1./8 {
				values[j] = farGaussians(e1)
				continue
			}
			e2 := fourth(e1)
			e3 := fourth(e2)
			e4 := fourth(e3)
			values[j] = (e1 + e2 + e3 + e4 + fourth(e4)) * (1. / bandwidths)
		}
	}
}

func fourth(e float64) float64 { return (e * e) * (e * e) }

// farGaussians returns the mean of the powers 1, 4, 16, 64 and 256 of the widest kernel's value, ignoring those that
// are less than 1e-18 of another.
func farGaussians(e float64) float64 {
	total := e
	for range bandwidths - 1 {
		if e < 1e-6 {
			break
		}
		e = fourth(e)
		total += e
	}
	return total * (1. / bandwidths)
}

// medianPoints is the maximum number of points whose distances determine the bandwidth.
const medianPoints = 2000

// Bandwidth returns the median distance between two different points of the reference, (m, d), from which mmd derives
// the bandwidths of its kernels. It uses the first 2,000 points, so give more than that in random order (see Shuffled). It
// returns an error if the median is not positive and finite: for fewer than two points, if most points are equal, or if
// some are not finite.
func Bandwidth(reference flow.Batch) (float64, error) {
	if err := checkSizes(reference, reference); err != nil {
		return 0, err
	}
	l := medianDistance(reference)
	if !(l > 0) || math.IsInf(l, 0) || !reference.Finite() {
		return 0, fmt.Errorf("the median distance within the reference is %g, so mmd has no bandwidth: "+
			"use %s or %s, which need none, or a reference of mostly distinct, finite points", l, Energy.Name, SlicedW2.Name)
	}
	return l, nil
}

func medianDistance(x flow.Batch) float64 {
	c := columnsOf(x.Slice(0, min(x.Len(), medianPoints)))
	squares := make([]float64, c.n*(c.n-1)/2)
	from := 0
	for i := range c.n {
		c.squaredDistances(squares[from:from+i], c, i, 0)
		from += i
	}
	low, high := (len(squares)-1)/2, len(squares)/2
	middle := ranks(squares, low, high)
	return math.Sqrt((middle[0] + middle[1]) / 2)
}

// ranks returns the values at positions low and high (low <= high) in sorted order. All values must be at least 0. It
// sorts only values with the same leading bits as the results.
func ranks(values []float64, low, high int) [2]float64 {
	var counts [1 << 16]int
	for _, v := range values {
		counts[math.Float64bits(v)>>48]++
	}
	first, before := 0, 0
	for before+counts[first] <= low {
		before += counts[first]
		first++
	}
	last, until := first, before+counts[first]
	for until <= high {
		last++
		until += counts[last]
	}
	var near []float64
	for _, v := range values {
		if b := int(math.Float64bits(v) >> 48); first <= b && b <= last {
			near = append(near, v)
		}
	}
	slices.Sort(near)
	return [2]float64{near[low-before], near[high-before]}
}

// expNegative replaces each x <= 0 by e^x, with a relative error of about 1e-15, and by 0 below -708, where normal
// floats end. It is faster than math.Exp, on which kernels would spend most of their time:
//
//	e^x = 2^(k/256) e^r,  k = round(256 x / ln 2),  |r| <= ln 2 / 512
//
// The first factor is from a table, the second from its series up to r^4, whose remainder is below 4e-17 (Tang 1989,
// "Table-driven implementation of the exponential function in IEEE floating-point arithmetic").
func expNegative(xs []float64) {
	for i, x := range xs {
		if x < -708 {
			xs[i] = 0
			continue
		}
		t := x*(expSteps/math.Ln2) + roundShift
		k := t - roundShift
		r := (x - k*stepHigh) - k*stepLow
		// The last bits of t are k. The lowest 8 choose the fraction; the others are added to its exponent.
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
	// stepHigh and stepLow add up to ln 2 / 256. stepHigh has 29 bits, so its product with k is exact.
	stepHigh = 0x162e42fep-37
	stepLow  = math.Ln2/expSteps - stepHigh
)

// expFractions holds the bits of 2^(i/256), minus the bits of i that adding k to the exponent would add.
var expFractions = func() (bits [expSteps]uint64) {
	for i := range bits {
		bits[i] = math.Float64bits(math.Exp2(float64(i)/expSteps)) - uint64(i)<<44
	}
	return bits
}()
