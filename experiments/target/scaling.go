package target

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// Scaling says on which scale the columns of data are trained. The zero value is Unscaled.
type Scaling struct {
	Name   string
	units  func(rows flow.Batch) flow.Units // from the scale back to the rows; nil if they stay as they are
	flat   string                           // why the scale of a column may be 0
	advice string                           // what to do about an outlier
	even   bool                             // an outlier comes as near as its rank
}

// The scalings. Robust uses the median and the quartiles, which a few outliers do not move: for normal numbers the range
// between the quartiles is 1.349 standard deviations. Quantile uses ranks, so every column becomes normal.
var (
	Unscaled     = Scaling{Name: "false"}
	Standardised = Scaling{Name: "true", units: byMoments, flat: "constant over the training rows", advice: ", or use standardise: robust or quantile"}
	Robust       = Scaling{Name: "robust", units: byQuartiles, flat: "its quartiles over the training rows are equal"}
	Quantile     = Scaling{Name: "quantile", units: byRanks, flat: "fewer than three different values over the training rows", even: true}
)

// Scalings lists every scaling.
var Scalings = []Scaling{Unscaled, Standardised, Robust, Quantile}

// MarshalJSON returns the scaling as written in a spec: true, false or a word.
func (s Scaling) MarshalJSON() ([]byte, error) {
	name := cmp.Or(s.Name, Unscaled.Name)
	if json.Valid([]byte(name)) {
		return []byte(name), nil
	}
	return json.Marshal(name)
}

// unscale leaves coordinates as they are.
func unscale(u flow.Units, coordinates []bool) {
	for j, out := range coordinates {
		switch {
		case !out:
		case u.Curves != nil:
			u.Curves[j] = flow.Curve{X: []float64{0}, Y: []float64{0}, Slope: []float64{1, 1}}
		default:
			u.Scale[j], u.Shift[j] = 1, 0
		}
	}
}

// normalIQR is the interquartile range of a standard normal distribution.
const normalIQR = 1.349

// byMoments returns the map x -> std x + mean of each column.
func byMoments(rows flow.Batch) flow.Units {
	mean, std := rows.Moments()
	for j := range std {
		if constant(rows, j) {
			std[j] = 0 // without rounding errors
		}
	}
	return flow.Units{Scale: std, Shift: mean}
}

// byQuartiles returns the map x -> s x + median of each column, where s is the range between its quartiles divided by
// normalIQR.
func byQuartiles(rows flow.Batch) flow.Units {
	units := flow.Units{Scale: make([]float64, rows.Dim), Shift: make([]float64, rows.Dim)}
	for j := range rows.Dim {
		sorted := columnOf(rows, j)
		units.Shift[j] = quantile(sorted, .5)
		units.Scale[j] = spread(sorted)
	}
	return units
}

// quantile returns the p-quantile of sorted values, interpolated linearly (Hyndman and Fan 1996, "Sample quantiles in
// statistical packages", definition 7, as in NumPy).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low := math.Floor(at)
	i := int(low)
	if i+1 >= len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-low)*(sorted[i+1]-sorted[i])
}

// columnOf returns column j of the rows, sorted.
func columnOf(rows flow.Batch, j int) []float64 {
	values := make([]float64, rows.Len())
	for i := range values {
		values[i] = rows.Row(i)[j]
	}
	slices.Sort(values)
	return values
}
