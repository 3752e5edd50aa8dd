package reports

import (
	"math"
	"slices"

	"flowsweep/reports/number"
)

// Values this far above the reference of a drawing are not on its axis: on a logarithmic axis so many times as large, on a
// linear one above it by so many times the reference or the distance from the lowest value to it.
const (
	farTimes    = 1000
	farDistance = 30
)

// upperLimit returns the largest value that an axis shows, so that a few diverged settings do not hide the others. Its
// reference is the largest of those in always, which are never left out, and of the lower quartile of the values, which
// diverged settings do not move unless they are three of four. Those in chain, such as a Pareto front, raise it in rising order, each
// if it is within the limit so far. Values that are not finite, or not positive on a logarithmic axis, do not count.
func upperLimit(values, always, chain []float64, linear bool) float64 {
	shown := func(list []float64) []float64 {
		list = slices.DeleteFunc(slices.Clone(list), func(x float64) bool { return !number.Finite(x) || x <= 0 && !linear })
		slices.Sort(list)
		return list
	}
	values, always = shown(values), shown(always)
	var known []float64
	if len(values) > 0 {
		known = append(known, values[(len(values)-1)/4])
	}
	known = append(known, always...)
	if len(known) == 0 {
		return math.Inf(1)
	}
	lowest := slices.Min(append(known, values...))
	limit := func(reference float64) float64 {
		if linear {
			return reference + farDistance*max(math.Abs(reference), reference-lowest)
		}
		return farTimes * reference
	}
	reference := slices.Max(known)
	for _, x := range shown(chain) {
		if x <= limit(reference) {
			reference = max(reference, x)
		}
	}
	return limit(reference)
}

// trimmed returns the range of the values without those far outside the bulk: beyond its ends by several times its width.
// The bulk is what remains without a hundredth of the values, and at least one, at either end. If it is a single point, nothing is
// left out.
func trimmed(values []float64) span {
	sorted := slices.Sorted(slices.Values(values))
	cut := len(sorted)/100 + 1
	low, high := math.Inf(-1), math.Inf(1)
	if len(sorted) > 2*cut {
		bulk := span{sorted[cut], sorted[len(sorted)-1-cut]}
		if width := bulk.high - bulk.low; width > 0 {
			low, high = bulk.low-farDistance*width, bulk.high+farDistance*width
		}
	}
	s := span{math.Inf(1), math.Inf(-1)}
	for _, v := range values {
		if v >= low && v <= high {
			s.low, s.high = min(s.low, v), max(s.high, v)
		}
	}
	return s
}
