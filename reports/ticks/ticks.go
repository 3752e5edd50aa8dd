// Package ticks marks the axes of figures: logarithmic ones, even ones, and those of counts that double.
package ticks

import (
	"math"

	"gonum.org/v1/plot"

	"flowsweep/reports/number"
)

// SetLog makes the axis logarithmic, from low to high.
func SetLog(a *plot.Axis, low, high float64) {
	a.Min, a.Max = low, high
	a.Scale = plot.LogScale{}
	a.Tick.Marker = Log{}
}

// Log marks a logarithmic axis at the decades. It also labels 2 and 5 if there are few decades, and uses evenly spaced
// ticks within a single one.
type Log struct{}

// Ticks returns the ticks between low and high.
func (Log) Ticks(low, high float64) []plot.Tick {
	decades := math.Log10(high) - math.Log10(low)
	if decades < .8 {
		return Even{}.Ticks(low, high)
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

// Even marks an axis at two to seven round numbers.
type Even struct{}

// Ticks returns the ticks between low and high.
func (Even) Ticks(low, high float64) []plot.Tick {
	decade := math.Pow(10, math.Floor(math.Log10((high-low)/6)))
	step := decade
	for _, factor := range []float64{2, 5, 10} {
		if (high-low)/step > 6 {
			step = factor * decade
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high && len(ticks) < 50; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: number.Round(i * step)})
	}
	return ticks
}

// Doubling marks an axis of counts at the powers of two.
type Doubling struct{}

// Ticks returns the ticks between low and high. Over a wide range, it labels only every second one.
func (Doubling) Ticks(low, high float64) []plot.Tick {
	wide := math.Log2(high/low) > 9
	var ticks []plot.Tick
	for e := math.Ceil(math.Log2(low)); e <= math.Log2(high); e++ {
		label := ""
		if !wide || math.Mod(e, 2) == 0 {
			label = number.Whole(int64(math.Exp2(e)))
		}
		ticks = append(ticks, plot.Tick{Value: math.Exp2(e), Label: label})
	}
	return ticks
}

// NonPositive are Log with one more tick at the lower end of the axis for all values that are not positive.
type NonPositive struct{ Low float64 } // the lower end

// Ticks returns the ticks between low and high.
func (n NonPositive) Ticks(low, high float64) []plot.Tick {
	ticks := []plot.Tick{{Value: n.Low, Label: "≤ 0"}}
	for _, t := range (Log{}).Ticks(low, high) {
		// Keep labels from overlapping.
		if math.Log(t.Value)-math.Log(n.Low) > .08*(math.Log(high)-math.Log(low)) {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// decadeLabel returns the label of a tick. An axis that starts low enough to need powers of ten has only those.
func decadeLabel(x, low float64) string {
	if e := number.Exponent(x); low < 1e-4 && x == math.Pow(10, float64(e)) && e != 0 {
		return number.PowerOfTen(e)
	}
	return number.Round(x)
}
