package reports

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
)

// logAxis makes the axis logarithmic, from low to high.
func logAxis(a *plot.Axis, low, high float64) {
	a.Min, a.Max = low, high
	a.Scale = plot.LogScale{}
	a.Tick.Marker = logTicks{}
}

// logTicks marks a logarithmic axis at the decades. It also labels 2 and 5 if there are few decades, and uses evenly spaced
// ticks within a single one.
type logTicks struct{}

// Ticks returns the ticks between low and high.
func (logTicks) Ticks(low, high float64) []plot.Tick {
	decades := math.Log10(high) - math.Log10(low)
	if decades < .8 {
		return evenTicks{}.Ticks(low, high)
	}
	every := int(math.Ceil(decades / 7)) // label at most about seven decades
	var ticks []plot.Tick
	for e := int(math.Floor(math.Log10(low))); e <= int(math.Ceil(math.Log10(high))); e++ {
		for digit := 1.; digit < 10; digit++ {
			value := digit * math.Pow(10, float64(e))
			if value < low || value > high {
				continue
			}
			label := ""
			if digit == 1 && e%every == 0 || decades < 2.2 && (digit == 2 || digit == 5) {
				label = decadeLabel(value, low)
			}
			ticks = append(ticks, plot.Tick{Value: value, Label: label})
		}
	}
	return ticks
}

// decadeLabel returns the label of a tick. An axis that starts low enough to need powers of ten has only those.
func decadeLabel(x, low float64) string {
	if e := exponent(x); low < 1e-4 && x == math.Pow(10, float64(e)) && e != 0 {
		return timesTen(e)[len("×"):]
	}
	return tickLabel(x)
}

// evenTicks marks an axis at two to seven round numbers.
type evenTicks struct{}

// Ticks returns the ticks between low and high.
func (evenTicks) Ticks(low, high float64) []plot.Tick {
	decade := math.Pow(10, math.Floor(math.Log10((high-low)/6)))
	step := decade
	for _, factor := range []float64{2, 5, 10} {
		if (high-low)/step > 6 {
			step = factor * decade
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high && len(ticks) < 50; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: tickLabel(i * step)})
	}
	return ticks
}

// doublingTicks marks an axis of counts at the powers of two.
type doublingTicks struct{}

// Ticks returns the ticks between low and high. Over a wide range, it labels only every second one.
func (doublingTicks) Ticks(low, high float64) []plot.Tick {
	wide := math.Log2(high/low) > 9
	var ticks []plot.Tick
	for e := math.Ceil(math.Log2(low)); e <= math.Log2(high); e++ {
		label := ""
		if !wide || math.Mod(e, 2) == 0 {
			label = whole(int64(math.Exp2(e)))
		}
		ticks = append(ticks, plot.Tick{Value: math.Exp2(e), Label: label})
	}
	return ticks
}

// nonPositiveTicks are logTicks with one more tick at the lower end of the axis for all values that are not positive.
type nonPositiveTicks struct{ low float64 }

// Ticks returns the ticks between low and high.
func (n nonPositiveTicks) Ticks(low, high float64) []plot.Tick {
	ticks := []plot.Tick{{Value: n.low, Label: "≤ 0"}}
	for _, t := range (logTicks{}).Ticks(low, high) {
		// Keep labels from overlapping.
		if math.Log(t.Value)-math.Log(n.low) > .08*(math.Log(high)-math.Log(low)) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// tickLabel returns the shortest form of a round number.
func tickLabel(x float64) string {
	if text, ok := special(x); ok {
		return text
	}
	e := exponent(x)
	if e < -4 || e > 5 {
		m := fixed(x/math.Pow10(e), 0)
		if m == "1" {
			return timesTen(e)[len("×"):]
		}
		return m + timesTen(e)
	}
	for decimals := 0; ; decimals++ {
		rounded := math.Round(x*math.Pow10(decimals)) / math.Pow10(decimals)
		if math.Abs(rounded-x) <= 1e-9*math.Abs(x) || decimals > 8 {
			if decimals == 0 {
				return grouped(fixed(x, 0))
			}
			return fixed(x, decimals)
		}
	}
}

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
		list = slices.DeleteFunc(slices.Clone(list), func(x float64) bool { return !finite(x) || x <= 0 && !linear })
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
