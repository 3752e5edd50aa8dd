package target

import (
	"flowsweep/experiments/flow"
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
