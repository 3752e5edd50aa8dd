package conditional

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments/given"
	"flowsweep/reports/number"
)

// Only returns the rows that are given a class.
func (x Points) Only(class int) (rows [][]float64) {
	for i, k := range x.Class {
		if k == class {
			rows = append(rows, x.Rows[i])
		}
	}
	return rows
}

// Quantile returns the q-quantile of sorted values.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// Bins returns how many bins show a condition along its order: ten, or fewer if those of the truth or the samples would have few points.
func (c Conditions) Bins() int {
	const most, fewest, points = 10, 3, 25
	return max(fewest, min(most, len(c.Truth.Rows)/points, len(c.Samples.Rows)/points))
}

// Bin is a part of the points in the order of a number that they are given.
type Bin struct {
	Low, Middle, High float64    // of the number
	Quantiles         [3]float64 // 10 %, the median and 90 % of a coordinate
}

// Running returns n bins of as many points of coordinate j along number k.
func (x Points) Running(j, k, n int) (bins []Bin) {
	var order []int
	for i := range x.Rows {
		if number.Finite(x.Numbers[i][k]) && number.Finite(x.Rows[i][j]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.Numbers[a][k], x.Numbers[b][k]) })
	for b := range n {
		own := order[b*len(order)/n : (b+1)*len(order)/n]
		if len(own) == 0 {
			continue
		}
		values := make([]float64, len(own))
		for i, at := range own {
			values[i] = x.Rows[at][j]
		}
		slices.Sort(values)
		bins = append(bins, Bin{x.Numbers[own[0]][k], x.Numbers[own[len(own)/2]][k], x.Numbers[own[len(own)-1]][k], [3]float64{Quantile(values, .1), Quantile(values, .5), Quantile(values, .9)}})
	}
	return bins
}

// Thirds returns the conditions with three classes in place of the numbers: the thirds of the truth in the order of the first number.
func (c Conditions) Thirds() Conditions {
	values := make([]float64, len(c.Truth.Numbers))
	for i, z := range c.Truth.Numbers {
		values[i] = z[0]
	}
	slices.Sort(values)
	low, high := Quantile(values, 1./3), Quantile(values, 2./3)
	name := c.Given.Numbers[0].Name
	c.Given = given.Classes(name, []string{"up to " + number.Text(low), "to " + number.Text(high), "above"}, nil)
	c.Classes = make([]ClassRow, 3)
	third := func(x Points) []int {
		classes := make([]int, len(x.Numbers))
		for i, z := range x.Numbers {
			switch v := z[0]; {
			case !(v <= high):
				classes[i] = 2
			case v > low:
				classes[i] = 1
			}
		}
		return classes
	}
	c.Truth.Class, c.Samples.Class = third(c.Truth), third(c.Samples)
	for _, k := range c.Samples.Class {
		c.Classes[k].N++
	}
	return c
}
