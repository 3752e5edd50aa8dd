package target

import (
	"math"
	"math/rand/v2"
	"strconv"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/oracle"
)

// Gaussian is one Gaussian N(m, s^2 I) in any dimension, with the same mean m on every axis. On the path condot its
// exact flow, x -> m + s x, and its floor, s pi/2, have a closed form.
type Gaussian struct {
	Dim  int     `json:"dim" min:"1" max:"10000" doc:"dimension"`
	Mean float64 `json:"mean" doc:"mean on every axis"`
	Std  float64 `json:"std" min:"0" doc:"standard deviation on every axis"`
}

// Make returns the Gaussian.
func (g Gaussian) Make() (Target, error) {
	mean := flow.NewBatch(1, g.Dim)
	for j := range mean.Data {
		mean.Data[j] = g.Mean
	}
	return ofLaw("gaussian", g, oracle.Mixture{Means: mean, Std: []float64{g.Std}}), nil
}

// LinearGaussian is a simulator whose posterior is known, the linear Gaussian of the tests of the package sbi: parameters theta with the
// prior N(0, I) in Dim dimensions, and an observation
//
//	x = theta + Shift + N(0, Variance I)
//
// that models are conditional on. The posterior is N((x - Shift) / (1 + Variance), Variance / (1 + Variance) I).
type LinearGaussian struct {
	Dim      int     `json:"dim" min:"1" doc:"dimension of parameters and observation"`
	Shift    float64 `json:"shift" doc:"what the simulator adds to the parameters"`
	Variance float64 `json:"variance" above:"0" doc:"variance of the noise that it adds to each"`
}

// Make returns the prior, given an observation.
func (l LinearGaussian) Make() (Target, error) {
	normal := func(mean []float64, variance float64) oracle.Law {
		return oracle.Mixture{Means: flow.Batch{Dim: l.Dim, Data: mean}, Std: []float64{math.Sqrt(variance)}}
	}
	t := ofLaw("linear-gaussian", l, normal(make([]float64, l.Dim), 1))
	for j := range l.Dim {
		name, parameter := "x", "theta"
		if l.Dim > 1 {
			name, parameter = name+strconv.Itoa(j+1), parameter+strconv.Itoa(j+1)
		}
		t.coordinates = append(t.coordinates, parameter)
		t.Given.Numbers = append(t.Given.Numbers, given.Number{Name: name, Mean: l.Shift, Std: math.Sqrt(1 + l.Variance)})
	}
	draw, noise := t.Draw, math.Sqrt(l.Variance)
	t.DrawGiven = func(r *rand.Rand, theta, row []float64) {
		draw(r, theta)
		x := make([]float64, l.Dim)
		for j, v := range theta {
			x[j] = v + l.Shift + noise*r.NormFloat64()
		}
		copy(row, t.Given.Row(x))
	}
	t.LawGiven = func(row []float64) oracle.Law {
		if row[0] == 0 {
			return t.Law
		}
		mean := t.Given.Values(row)
		for j := range mean {
			mean[j] = (mean[j] - l.Shift) / (1 + l.Variance)
		}
		return normal(mean, l.Variance/(1+l.Variance))
	}
	return t, nil
}
