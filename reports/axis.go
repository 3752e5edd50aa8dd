package reports

import (
	"math"

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
