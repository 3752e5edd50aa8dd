// Package experiments holds the words of a sweep: the Spec a person writes, the Plan of fits and runs it stands for,
// the Result of each run, and the choice among them. It keeps no clock, touches no file and knows no GoMLX.
//
//	spec, err := experiments.Parse("two-moons.yaml", text)
//	plan, err := spec.Plan()
package experiments

import (
	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
)

// Spec is a declared experiment: what is swept, over which seeds, how it is measured and what is chosen.
type Spec struct {
	Name      string          `json:"name"`
	Settings  []Setting       `json:"-"` // the product of the lists, in the order they were written
	Seeds     []uint64        `json:"seeds"`
	Metrics   []metric.Metric `json:"metrics"`
	Reference Reference       `json:"reference"`
	Choose    Choose          `json:"choose"`
	Engine    string          `json:"engine"`
	Text      string          `json:"-"` // the file as it was read
	Files     []DataFile      `json:"-"` // of data that it names
}

// Setting is one cell of a sweep: everything but the seed.
type Setting struct {
	Recipe
	Sample Sampling `json:"sample"`
}

// Recipe is what, with a seed, determines the weights of a net.
type Recipe struct {
	Target   target.Target `json:"target"`
	Source   Source        `json:"source"`
	Path     flow.Path     `json:"path"`
	Coupling flow.Coupling `json:"coupling"`
	Net      net.Spec      `json:"net"`
	Train    Train         `json:"train"`
}

// VelocityNet returns the net of the recipe, on points of its target.
func (r Recipe) VelocityNet() net.Net { return r.Net.On(r.Target.Dim) }

// Train says how a net is trained: Steps steps, each on a fresh batch of Batch pairs at Times.
type Train struct {
	Steps     int        `json:"steps" min:"1" max:"1000000000" doc:"optimiser steps"`
	Batch     int        `json:"batch" min:"1" max:"1000000" doc:"fresh pairs a step"`
	Times     flow.Times `json:"times" doc:"the times trained at; those that are drawn more often weigh more in the loss"`
	Optimizer string     `json:"optimizer" oneof:"adam adamw" doc:"optimiser"`
	Rate      float64    `json:"rate" above:"0" doc:"learning rate"`
	Schedule  string     `json:"schedule" oneof:"constant cosine" doc:"course of the learning rate: constant, or down to 0 along half a cosine"`
	Decay     float64    `json:"decay" min:"0" doc:"decoupled weight decay of adamw"`
	Clip      float64    `json:"clip" min:"0" doc:"largest norm of a gradient; 0 means none"`
	EMA       float64    `json:"ema" min:"0" below:"1" doc:"decay a step of the moving average of the weights, which is the net then; 0 means none"`
}

// Sampling says how samples are drawn from a trained net: Count points, carried by Solver in Steps steps over Grid, or,
// where the solver is adaptive, in steps of its own under Tolerance. What does not apply is zero.
type Sampling struct {
	Solver    ode.Solver    `json:"solver"`
	Steps     int           `json:"steps,omitzero" min:"1" max:"1000000" doc:"steps from t = 0 to t = 1 of the solvers that take steps"`
	Tolerance ode.Tolerance `json:"tolerance,omitzero" doc:"error a step of the adaptive solvers: one number for atol and rtol, or both"`
	Grid      ode.Grid      `json:"grid,omitzero" doc:"the times that steps are taken between"`
	Path      flow.Path     `json:"path,omitzero" doc:"the path to sample along, whatever path was trained; the same one if left out"`
	Count     int           `json:"count" min:"2" max:"10000000" doc:"samples"`
}

// Reference is the fixed sample of the target that every run is measured against.
type Reference struct {
	Count int    `json:"count" min:"2" max:"10000000" doc:"points of the true distribution"`
	Seed  uint64 `json:"seed" doc:"seed of the reference sample and of the noise that every run starts from"`
}

// document is the shape of a spec file. Fields tagged swept take a list of alternatives wherever they take a value.
type document struct {
	Name      string          `json:"name" required:"yes" doc:"name of the sweep: letters, digits, dot, dash and underscore"`
	Target    target.Target   `json:"target" required:"yes" swept:"yes" doc:"the distribution to reach"`
	Source    Source          `json:"source" swept:"yes" doc:"the distribution to start from: noise, which is N(0, I), or a target of the same dimension"`
	Path      flow.Path       `json:"path" swept:"yes" doc:"the probability path"`
	Coupling  flow.Coupling   `json:"coupling" swept:"yes" doc:"which noise goes with which data in training"`
	Net       net.Spec        `json:"net" swept:"yes" doc:"the velocity net on (t, x)"`
	Train     Train           `json:"train" swept:"yes" doc:"training"`
	Zip       declare.Zip     `json:"zip" example:"[{net: {width: 32}}, {net: {width: 64}, train: {rate: 1e-3}}]" doc:"variants of the swept keys, laid over the rest one after the other, in place of a product"`
	Random    declare.Random  `json:"random" doc:"variants of the swept keys, drawn: of each list one entry, of {uniform: [a, b]}, {log: [a, b]} and {whole: [a, b]} one number"`
	Seeds     []uint64        `json:"seeds" repeats:"yes" doc:"how many seeds (0, 1, ...), or a list of them"`
	Sample    Sampling        `json:"sample" swept:"yes" doc:"sampling"`
	Metrics   []metric.Metric `json:"metrics" doc:"the metrics to measure"`
	Reference Reference       `json:"reference" doc:"the true sample that runs are measured against"`
	Choose    Choose          `json:"choose" doc:"which setting to choose and export"`
	Engine    string          `json:"engine" oneof:"auto onnxruntime xla go" doc:"what runs the nets; it does not change what is cached"`
}

// defaults is a spec with nothing written in it: the net, batch and solver of the standalone notebook of arXiv
// 2412.06264, over a single seed.
func defaults() document {
	return document{
		Source:    Noise,
		Path:      flow.CondOT,
		Coupling:  flow.Independent,
		Net:       net.Spec{Architecture: net.MLP, Width: 64, Depth: 3, Heads: 4, Activation: net.ELU},
		Train:     Train{Steps: 10000, Batch: 256, Times: flow.Uniform, Optimizer: "adam", Rate: 1e-3, Schedule: "constant"},
		Seeds:     []uint64{0},
		Sample:    Sampling{Solver: ode.Midpoint, Steps: 8, Tolerance: ode.Tolerance{Atol: 1e-5, Rtol: 1e-5}, Grid: ode.UniformGrid, Count: 2000},
		Metrics:   []metric.Metric{metric.MMD, metric.SlicedW2},
		Reference: Reference{Count: 2000},
		Choose:    Choose{Rule: ruleCheapestTied, Confidence: .95},
		Engine:    "auto",
	}
}
