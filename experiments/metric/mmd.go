package metric

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// MMD is the unbiased squared maximum mean discrepancy (Gretton et al. 2012, "A kernel two-sample test", equation 3):
//
//	mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j)
//
// where k is the mean of five Gaussian kernels exp(-|x - y|^2 / (2 l^2)), with l the median distance within the
// reference times 1/4, 1/2, 1, 2 and 4. It is about 0 for equal distributions, where half of its values are negative.
var MMD = Metric{
	Name: "mmd",
	Doc: "Unbiased squared maximum mean discrepancy (U-statistic; negative values are noise around 0) under the mean of " +
		"five Gaussian kernels, of bandwidth 1/4, 1/2, 1, 2 and 4 times the median distance within the reference.",
	Judge: judgeMMD,
}

func judgeMMD(reference flow.Batch) (Judge, error) {
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	l := medianDistance(reference)
	if !(l > 0) || math.IsInf(l, 0) {
		return nil, fmt.Errorf("the median distance within the reference is %g, which gives mmd no bandwidth: "+
			"use a reference of distinct, finite points", l)
	}
	k := kernel{rate: 1 / (2 * 16 * l * l)}
	within := k.meanWithin(reference)
	return func(samples flow.Batch) (float64, error) {
		if err := checkSizes(reference, samples); err != nil {
			return 0, err
		}
		if !finite(samples) {
			return math.NaN(), nil
		}
		return k.meanWithin(samples) + within - 2*k.meanBetween(samples, reference), nil
	}, nil
}

// kernel is the mean of five Gaussian kernels whose bandwidths double, so that each is the fourth power of the next
// wider one: exp(-rate d^2) with the rate of the widest, then powers 4, 16, 64 and 256.
type kernel struct{ rate float64 }

func (k kernel) at(squaredDistance float64) float64 {
	e := math.Exp(-k.rate * squaredDistance)
	sum := e
	for range 4 {
		e *= e
		e *= e
		sum += e
	}
	return sum / 5
}

// meanWithin returns the mean of k over all pairs of different points of x.
func (k kernel) meanWithin(x flow.Batch) float64 {
	n, sum := x.Len(), 0.
	for i := range n {
		row := 0.
		for j := range i {
			row += k.at(squaredDistance(x.Row(i), x.Row(j)))
		}
		sum += row
	}
	return 2 * sum / (float64(n) * float64(n-1))
}

// meanBetween returns the mean of k over all pairs of a point of x and a point of y.
func (k kernel) meanBetween(x, y flow.Batch) float64 {
	sum := 0.
	for i := range x.Len() {
		row := 0.
		for j := range y.Len() {
			row += k.at(squaredDistance(x.Row(i), y.Row(j)))
		}
		sum += row
	}
	return sum / (float64(x.Len()) * float64(y.Len()))
}

func squaredDistance(x, y []float64) float64 {
	sum := 0.
	for i, xi := range x {
		d := xi - y[i]
		sum += d * d
	}
	return sum
}

// medianDistance returns the median distance between two different points of x. Above 2,000 points it takes the first
// 2,000, which are as good a sample as any.
func medianDistance(x flow.Batch) float64 {
	x = x.Slice(0, min(x.Len(), 2000))
	squares := make([]float64, 0, x.Len()*(x.Len()-1)/2)
	for i := range x.Len() {
		for j := range i {
			squares = append(squares, squaredDistance(x.Row(i), x.Row(j)))
		}
	}
	slices.Sort(squares)
	return math.Sqrt((squares[(len(squares)-1)/2] + squares[len(squares)/2]) / 2)
}
