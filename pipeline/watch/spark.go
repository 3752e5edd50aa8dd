package watch

import (
	"math"
	"strings"
)

// bars are the characters of a sparkline, from the lowest value to the highest.
var bars = []rune("▁▂▃▄▅▆▇█")

// broken stands for values that are not finite: a training that diverges shows.
const broken = '×'

// sparkline draws values in at most so many columns. Each column has the mean of its part of the values, between the lowest and the
// highest mean, or × if one of them is not finite. Equal values are all in the middle.
func sparkline(values []float64, width int) string {
	if width <= 0 || len(values) == 0 {
		return ""
	}
	means := parts(values, min(width, len(values)))
	low, high := math.Inf(1), math.Inf(-1)
	for _, m := range means {
		if finite(m) {
			low, high = min(low, m), max(high, m)
		}
	}
	var b strings.Builder
	for _, m := range means {
		switch {
		case !finite(m):
			b.WriteRune(broken)
		case low == high:
			b.WriteRune(bars[len(bars)/2-1])
		default: // halves, as the difference of two large numbers may be infinite
			share := (m/2 - low/2) / (high/2 - low/2)
			b.WriteRune(bars[min(int(share*float64(len(bars))), len(bars)-1)])
		}
	}
	return b.String()
}

// parts returns the means of n equal parts of the values, of which there are at least as many. A mean is not finite if a value is not.
func parts(values []float64, n int) []float64 {
	means := make([]float64, n)
	for i := range means {
		part := values[i*len(values)/n : (i+1)*len(values)/n]
		for _, v := range part {
			means[i] += v / float64(len(part))
		}
	}
	return means
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
