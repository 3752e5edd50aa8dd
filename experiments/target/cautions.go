package target

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
)

// farZ is the distance of a value from the mean of the other values of its column, in their standard deviations, above
// which it deserves a caution. That of normal numbers never gets there.
const farZ = 20

// Cautions returns what makes nets and metrics blind to most rows, (n, d), as sentences: columns with a value that is
// far from all others. The mean and standard deviation of such a column are mostly those of that value. The z of a value
// is taken with the mean and the standard deviation of the others, since a value can lift its own standard deviation so
// much that its z stays below sqrt(n).
func Cautions(names []string, rows flow.Batch) []string {
	var list []string
	for j, name := range names {
		if i, z := farthest(rows, j); z > farZ {
			list = append(list, fmt.Sprintf("column %q: row %d, from 0, is %.4g, %.3g standard deviations from the mean of the others: "+
				"it outweighs them in the mean, the standard deviation and most metrics: remove it if it is an error", name, i, rows.Row(i)[j], z))
		}
	}
	return list
}

// farthest returns the row with the largest z in column j, and that z, which is 0 if the column has fewer than three
// different values or one that is not finite.
func farthest(rows flow.Batch, j int) (row int, z float64) {
	values := make([]float64, rows.Len())
	for i := range values {
		if values[i] = rows.Row(i)[j]; !flow.Finite(values[i]) {
			return 0, 0
		}
	}
	least, most := slices.Min(values), slices.Max(values)
	if !slices.ContainsFunc(values, func(v float64) bool { return v != least && v != most }) {
		return 0, 0 // two values, such as a rare yes among many no
	}
	for _, i := range []int{slices.Index(values, least), slices.Index(values, most)} {
		if zi := zOfOthers(values, i); zi > z {
			row, z = i, zi
		}
	}
	return row, z
}

// zOfOthers returns |v_i - mean| / sd, with mean and sd over the other values; 0 if those are all equal.
func zOfOthers(values []float64, i int) float64 {
	others := slices.Delete(slices.Clone(values), i, i+1)
	if len(others) < 2 || slices.Min(others) == slices.Max(others) {
		return 0
	}
	mean, sd := flow.Batch{Dim: 1, Data: others}.Moments()
	return math.Abs(values[i]-mean[0]) / sd[0]
}

// scaleRatio is the ratio of the standard deviations of two columns above which distances do not see the smaller one.
const scaleRatio = 100

// scaleAdvice is what to do about them.
const scaleAdvice = ": use standardise: true"

// ScaleCautions returns a caution if the standard deviations of the columns of rows, (n, d), differ by two orders of
// magnitude or more: a distance between points is then one between the larger ones.
func ScaleCautions(names []string, rows flow.Batch) []string {
	_, sd := rows.Moments()
	flat := make([]bool, rows.Dim)
	for j := range flat {
		flat[j] = constant(rows, j)
	}
	return scaleCautions(names, sd, flat)
}

// scaleCautions is ScaleCautions for columns of these standard deviations, of which some are constant.
func scaleCautions(names []string, sd []float64, flat []bool) []string {
	large, small := -1, -1
	for j, s := range sd {
		if !flow.Finite(s) || flat[j] {
			continue
		}
		if large < 0 || s > sd[large] {
			large = j
		}
		if small < 0 || s < sd[small] {
			small = j
		}
	}
	if large < 0 || !(sd[large] >= scaleRatio*sd[small]) {
		return nil
	}
	var unseen []string
	for j, s := range sd {
		if !flat[j] && sd[large] >= scaleRatio*s {
			unseen = append(unseen, fmt.Sprintf("%q (%.3g)", names[j], s))
		}
	}
	return []string{fmt.Sprintf("the standard deviation of %q is %.3g: beside it, distances barely see %s",
		names[large], sd[large], strings.Join(unseen, ", "))}
}

// coordinates returns the names of the coordinates of codes.
func (d Data) coordinates(code kinds.Code) []string {
	if code.Identity() {
		return d.Columns
	}
	return code.Coordinates()
}

// coarse returns a caution for each column that the ONNX sampler could not return.
func (d Data) coarse(code kinds.Code, units flow.Units) (list []string) {
	names := d.coordinates(code)
	for _, j := range units.Coarse() {
		size, middle := units.Size(j)
		list = append(list, fmt.Sprintf("column %q is %.6g with a scale of %.3g, which 32-bit floats barely tell apart: there will be no sampler.onnx, but "+
			"flowsweep sample writes 64-bit floats: subtract a constant from the column to have one", names[j], middle, size))
	}
	return list
}

// cautions returns what makes nets and metrics blind to most of the codes of the drawn rows.
func (d Data) cautions(code kinds.Code, codes flow.Batch) (list []string) {
	names, codes := d.judged(code, codes)
	if len(names) == 0 {
		return nil
	}
	list = d.outliers(names, codes)
	if d.Standardise.units == nil {
		for _, c := range ScaleCautions(names, codes) {
			list = append(list, c+scaleAdvice)
		}
	}
	return list
}

// judged returns the coordinates that cautions are of, with their names. On an even scale nothing needs caution, and categories are never on
// another one.
func (d Data) judged(code kinds.Code, codes flow.Batch) ([]string, flow.Batch) {
	if d.Standardise.even || d.Shape != nil {
		return nil, codes
	}
	names := d.coordinates(code)
	if oneHot := code.OneHot(); slices.Contains(oneHot, true) {
		return without(oneHot, names, codes)
	}
	return names, codes
}

// outliers returns the cautions on values far from all others.
func (d Data) outliers(names []string, codes flow.Batch) (list []string) {
	for _, c := range Cautions(names, codes) {
		list = append(list, c+d.Standardise.advice)
	}
	return list
}
