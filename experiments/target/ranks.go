package target

import (
	"math"

	"flowsweep/experiments/flow"
)

const (
	maxKnots    = 200
	minDistinct = 3 // values: two have no shape
)

// byRanks returns the map from the normal scores of each column back to its values (Blom 1958, "Statistical estimates and
// transformed beta-variables"; Hazen's form): of n rows, the value of rank r has the score Phi^-1((r - 1/2) / n), and equal
// values have the mean of their ranks. At most maxKnots values are knots, and between them the map is linear. Beyond the
// outermost knots it goes on with the robust scale. A column of fewer than minDistinct values has no knots.
func byRanks(rows flow.Batch) flow.Units {
	units := flow.Units{Curves: make([]flow.Curve, rows.Dim)}
	for j := range units.Curves {
		sorted := columnOf(rows, j)
		scores, values := normalScores(sorted)
		if len(values) < minDistinct {
			continue
		}
		tail := spread(sorted)
		x, y := knots(scores, values)
		if tail == 0 { // most values are equal
			tail = (y[len(y)-1] - y[0]) / (x[len(x)-1] - x[0])
		}
		if c, err := flow.NewCurve(x, y, tail); err == nil {
			units.Curves[j] = c
		}
	}
	return units
}

// normalScores returns the different values of a sorted column and their normal scores, both increasing.
func normalScores(sorted []float64) (scores, values []float64) {
	n := float64(len(sorted))
	for i := 0; i < len(sorted); {
		end := i + 1
		for end < len(sorted) && sorted[end] == sorted[i] {
			end++
		}
		// The ranks i + 1 to end have the mean (i + 1 + end) / 2.
		scores = append(scores, 0-math.Sqrt2*math.Erfcinv(float64(i+end)/n))
		values = append(values, sorted[i])
		i = end
	}
	return scores, values
}

// knots returns at most maxKnots of the points, the outermost among them. They are as even as they can be in the sum of
// their rank among the different values and their score, each from 0 to 1. Even ranks alone would put an outlier into one
// segment with many of the values before it, and even scores a large part of the middle.
func knots(scores, values []float64) (x, y []float64) {
	if len(values) <= maxKnots {
		return scores, values
	}
	last := len(values) - 1
	place := func(i int) float64 {
		return float64(i)/float64(last) + (scores[i]-scores[0])/(scores[last]-scores[0])
	}
	for i, k := 0, 0; k < maxKnots; k++ {
		for i < last && place(i) < 2*float64(k)/(maxKnots-1) {
			i++
		}
		if k == maxKnots-1 {
			i = last
		}
		if len(y) == 0 || values[i] > y[len(y)-1] {
			x, y = append(x, scores[i]), append(y, values[i])
		}
	}
	return x, y
}

// spread returns the range between the quartiles of sorted values, divided by normalIQR: the robust scale.
func spread(sorted []float64) float64 {
	return (quantile(sorted, .75) - quantile(sorted, .25)) / normalIQR
}
