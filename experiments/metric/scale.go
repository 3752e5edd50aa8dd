package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// Scale is a monotone scale on which the noise of a metric is about even, so that intervals and comparisons can be worked
// out on it. The zero Scale is the metric's own.
//
// The noise of a distance grows with it, and a distance is at least 0, so its scale is ln v. An unbiased metric is about a
// squared distance minus its mean for the truth, b, and so its scale is ln(v + b), with b from its null. Near the floor
// these are the scales of one and the same noise: ln(v + b) is twice the logarithm of a distance. Other metrics that may
// be negative, and unbiased ones without a null, have
//
//	asinh(v / unit),   which is v / unit near 0 and sign(v) ln(2 |v| / unit) far from it
//
// (Burbidge et al. 1988, "Alternative transformations to handle extreme values of the dependent variable"). A share has
//
//	2 arcsin(sqrt(v))
//
// on which its sampling noise is even, and which ends at 0 and 1 (Freeman and Tukey 1950, "Transformations related to the
// angular and the square root").
type Scale struct {
	log         bool
	share       bool
	shift       float64 // b, in ln(v + b)
	unit        float64 // of asinh, if that is the scale
	nonNegative bool    // values may be negative, but not their mean over samples and references
}

// Scale returns the scale of the metric, given its null, if that is known, and other sizes of its noise near 0, such as
// the standard deviation over seeds. The unit, for metrics that have one, is ten times the largest of these that is finite,
// so that noise around 0 stays even.
func (m Metric) Scale(null NullNoise, noise ...float64) Scale {
	if m.Share {
		return Scale{share: true}
	}
	if !m.Signed && !m.Unbiased {
		return Scale{log: true}
	}
	if shift := null.shift(); m.Unbiased && shift > 0 {
		return Scale{log: true, shift: shift, nonNegative: true}
	}
	s := Scale{nonNegative: m.Unbiased}
	for _, sd := range noise {
		if 10*sd > s.unit && flow.Finite(10*sd) {
			s.unit = 10 * sd
		}
	}
	return s
}

// at returns the scale to use around a value: the metric's own if it has no logarithm.
func (s Scale) at(value float64) Scale {
	if s.log && !(value+s.shift > 0) {
		return Scale{nonNegative: s.nonNegative}
	}
	return s
}

// To maps a value to the scale. Values that have no logarithm become that of the smallest positive number.
func (s Scale) To(v float64) float64 {
	switch {
	case s.log:
		return math.Log(max(v+s.shift, math.SmallestNonzeroFloat64))
	case s.share:
		return 2 * math.Asin(math.Sqrt(min(max(v, 0), 1)))
	case s.unit > 0:
		return math.Asinh(v / s.unit)
	default:
		return v
	}
}

// Back is the inverse of To.
func (s Scale) Back(y float64) float64 {
	switch {
	case s.log:
		return math.Exp(y) - s.shift
	case s.share:
		sin := math.Sin(min(max(y, 0), math.Pi) / 2)
		return sin * sin
	case s.unit > 0:
		return s.unit * math.Sinh(y)
	default:
		return y
	}
}

// slope returns the derivative of to.
func (s Scale) slope(v float64) float64 {
	switch {
	case s.log:
		return 1 / (v + s.shift)
	case s.share:
		return 1 / math.Sqrt(max(v*(1-v), leastShare))
	case s.unit > 0:
		return 1 / math.Hypot(v, s.unit)
	default:
		return 1
	}
}

// leastShare limits the slope of the scale of shares, which has none at 0 and 1.
const leastShare = 1e-4

// over returns the scale for comparing settings with these means. If one has no logarithm, the shift is increased: to the
// smallest positive mean for distances, of which only the exact one is 0.
func (s Scale) over(means []float64) Scale {
	lowest, positive := slices.Min(means), math.Inf(1)
	if !s.log || lowest+s.shift > 0 {
		return s
	}
	for _, m := range means {
		if m > 0 {
			positive = min(positive, m)
		}
	}
	switch {
	case lowest < 0:
		s.shift = -2 * lowest
	case math.IsInf(positive, 0): // all are 0
		return Scale{}
	default:
		s.shift = positive
	}
	return s
}

// influences returns, for every value v of a row with mean m, to(m) + slope(m) (v - m).
func (s Scale) influences(values [][]float64, means []float64) [][]float64 {
	if s == (Scale{nonNegative: s.nonNegative}) {
		return values
	}
	even := make([][]float64, len(values))
	for k, row := range values {
		centre, slope := s.To(means[k]), s.slope(means[k])
		for _, v := range row {
			even[k] = append(even[k], centre+slope*(v-means[k]))
		}
	}
	return even
}

// add returns by how much a value changes if d is added to it on the scale. It has the sign of d.
func (s Scale) add(value, d float64) float64 {
	switch {
	case s.log:
		return (value + s.shift) * math.Expm1(d)
	case s.share:
		return s.Back(s.To(value)+d) - value
	case s.unit > 0:
		return 2 * s.unit * math.Cosh(math.Asinh(value/s.unit)+d/2) * math.Sinh(d/2)
	default:
		return d
	}
}

// reach returns the logarithm of a hundred on scales that are logarithmic far from 0, and otherwise infinity.
func (s Scale) reach() float64 {
	if s.log || s.unit > 0 {
		return math.Log(100)
	}
	return math.Inf(1)
}

// Possible reports whether the metric can have the value x. NaN and infinite values can come of samples that diverged.
func (m Metric) Possible(x float64) bool {
	return !(x < 0 && !m.Signed && !m.Unbiased) && !(x > 1 && m.Share)
}
