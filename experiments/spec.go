// Package experiments defines a sweep: the Spec that a person writes, the Plan of its fits and runs, the Result of each
// run, and the Choice among them. It uses no clock, no files and no GoMLX.
//
//	spec, err := experiments.Parse("two-moons.yaml", text)
//	plan, err := spec.Plan()
package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"flowsweep/experiments/baseline"
	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
)

// Spec is a declared experiment: what is swept, over which seeds, how it is measured and how a setting is chosen.
type Spec struct {
	Name      string              `json:"name"`
	Settings  []Setting           `json:"-"` // the product of the lists, in the order of the file
	Seeds     []uint64            `json:"seeds"`
	Metrics   []metric.Metric     `json:"metrics"`
	Baselines []baseline.Baseline `json:"baselines"`
	Reference Reference           `json:"reference"`
	Choose    Choose              `json:"choose"`
	EarlyStop EarlyStop           `json:"early_stop,omitzero"`
	Engine    string              `json:"engine"`
	Text      string              `json:"-"` // of the file
	Files     []DataFile          `json:"-"` // data files that it names

	cautions []string // about its text
}

// CanonicalName returns the name of a sweep in the form that its Spec has, however its letters and marks were typed.
func CanonicalName(name string) string { return declare.CanonicalName(name) }

// IsName reports whether a text is the name of a spec, in its canonical form.
func IsName(text string) bool { return declare.IsName(text) }

// Setting is one cell of a sweep: everything except the seed.
type Setting struct {
	Recipe
	Sample Sampling `json:"sample"`
}

// Recipe determines, together with a seed, the weights of a net.
type Recipe struct {
	Target   target.Target `json:"target"`
	Source   Source        `json:"source"`
	Path     flow.Path     `json:"path"`
	Coupling flow.Coupling `json:"coupling"`
	Net      net.Spec      `json:"net"`
	Train    Train         `json:"train"`
}

// Source is the distribution at t = 0: standard normal noise, or a target of the same dimension as the target.
type Source struct {
	From target.Target // N(0, I) if it has no name
}

// Noise is N(0, I).
var Noise Source

// Gaussian reports whether the source is N(0, I), as the exact velocity, the score and the likelihood require.
func (s Source) Gaussian() bool { return s.From.Name == "" }

// MarshalJSON returns the form of the source in a spec: "noise", or a target.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Gaussian() {
		return json.Marshal(noiseName)
	}
	return json.Marshal(s.From)
}

// Fill draws one point into each row of dst, (n, d). Row i is the point with id first + i of the stream.
func (s Source) Fill(dst flow.Batch, stream *flow.Stream, first uint64) {
	if s.Gaussian() {
		stream.Normal(dst, first)
		return
	}
	s.From.Fill(dst, stream, first)
}

// check returns an error if the source cannot be used with a target and a path.
func (s Source) check(t target.Target, p flow.Path) error {
	switch {
	case s.Gaussian():
		return nil
	case s.From.Dim() != t.Dim():
		return fmt.Errorf("the source %s has dimension %d and the target %s %d: use the same for both", s.From.Name, s.From.Dim(), t.Name, t.Dim())
	case p.Gaussian:
		return fmt.Errorf("the path %s starts from Gaussian noise: leave source out, or use another path", p.Name)
	default:
		return nil
	}
}

// noiseName is the name of N(0, I) in a spec.
const noiseName = "noise"

// DataFile is the name and content of a data file.
type DataFile struct {
	Name    string // the path in the spec, or the role in a recipe
	Content []byte
	Large   *io.SectionReader // the content, instead, of a file whose rows are read as they are needed
}

// The names of the data files of a recipe.
const (
	TargetFile = "target.npy"
	SourceFile = "source.npy"
)

// Contents returns the data files of the recipe. Its JSON holds only their sha256.
func (r Recipe) Contents() []DataFile {
	var list []DataFile
	for _, of := range []struct {
		name string
		target.Target
	}{{TargetFile, r.Target}, {SourceFile, r.Source.From}} {
		if of.Content != nil || of.File != nil {
			list = append(list, DataFile{of.name, of.Content, of.File})
		}
	}
	return list
}

// DataErr returns a target.ReadError if rows of the recipe could not be read from their file at some time: see target.Target.Err.
func (r Recipe) DataErr() error { return errors.Join(r.Target.Err(), r.Source.From.Err()) }

// VelocityNet returns the net of the recipe, for points of its target and what they are given.
func (r Recipe) VelocityNet() net.Net {
	n := r.Net.On(r.Target.Shape...)
	n.Given = r.Target.Given.Width()
	return n
}

// Train says how a net is trained: in Steps steps, each on a new batch of Batch pairs at Times.
type Train struct {
	Steps     int        `json:"steps" min:"1" max:"1000000000" doc:"optimiser steps"`
	Batch     int        `json:"batch" min:"1" max:"1000000" doc:"number of new pairs per step"`
	Times     flow.Times `json:"times" doc:"distribution of the training times; times that are drawn more often have more weight in the loss"`
	Optimizer string     `json:"optimizer" oneof:"adam adamw" doc:"optimiser"`
	Rate      float64    `json:"rate" above:"0" doc:"learning rate"`
	Schedule  string     `json:"schedule" oneof:"constant cosine" doc:"schedule of the learning rate: constant, or decreasing to 0 along half a cosine"`
	Decay     float64    `json:"decay" min:"0" doc:"decoupled weight decay of adamw"`
	Drop      float64    `json:"drop,omitzero" min:"0" below:"1" doc:"share of the pairs whose label or condition is left out, so that the net also learns the whole distribution, which guidance needs"`
	Clip      float64    `json:"clip" min:"0" doc:"maximum norm of the gradient; 0 means no limit"`
	EMA       float64    `json:"ema" min:"0" below:"1" doc:"decay per step of the moving average of the weights, which then replaces the weights; it warms up as (1 + k) / (10 + k); 0 means no average"`
}

// Sampling says how samples are drawn from a trained net: Solver moves Count points in Steps steps over Grid or, if it
// is adaptive, in steps that it chooses by Tolerance. Fields that do not apply are zero.
type Sampling struct {
	Solver    ode.Solver    `json:"solver" doc:"what follows the flow from t = 0 to t = 1"`
	Steps     int           `json:"steps,omitzero" min:"1" max:"1000000" doc:"steps from t = 0 to t = 1, for solvers that are not adaptive"`
	Tolerance ode.Tolerance `json:"tolerance,omitzero" doc:"error per step of adaptive solvers: one number for both atol and rtol, or a mapping"`
	Grid      ode.Grid      `json:"grid,omitzero" doc:"spacing of the steps in time"`
	Path      flow.Path     `json:"path,omitzero" doc:"path to sample along; default: the path of the training"`
	Guidance  flow.Guidance `json:"guidance,omitzero" doc:"weight w of u_w = u_none + w (u_c - u_none), for targets with a label or condition: 0 samples the whole distribution, 1 that of the condition, more sharpens"`
	Label     string        `json:"label,omitzero" text:"scalar" doc:"the class to sample, or all for every class in its share"`
	SDE       ode.SDE       `json:"sde,omitzero" doc:"noise that is added on the way from noise to data; default: none"`
	Count     int           `json:"count" min:"2" max:"10000000" doc:"number of samples"`
}

// Reference is the fixed sample of the target that runs are compared with.
type Reference struct {
	Count int    `json:"count" min:"2" max:"10000000" doc:"number of points from the target"`
	Seed  uint64 `json:"seed" doc:"seed of the reference sample and of the noise that all runs start from"`
}

// document is the structure of a spec file. Fields tagged swept take a list of alternatives wherever they take a value.
type document struct {
	Name      string              `json:"name" required:"yes" text:"name" doc:"name of the sweep: letters and digits of any script, dots, dashes and underscores"`
	Target    target.Target       `json:"target" required:"yes" swept:"yes" doc:"the distribution to learn"`
	Source    Source              `json:"source" swept:"yes" doc:"the distribution to start from: noise, N(0, I), which is the default, or a target of the same dimension"`
	Path      flow.Path           `json:"path" swept:"yes" doc:"the probability path"`
	Coupling  flow.Coupling       `json:"coupling" swept:"yes" doc:"how noise and data are paired in training"`
	Net       net.Spec            `json:"net" swept:"yes" doc:"the velocity net on (t, x)"`
	Train     Train               `json:"train" swept:"yes" doc:"training"`
	Zip       declare.Zip         `json:"zip" example:"[{net: {width: 32}}, {net: {width: 64}, train: {rate: 1e-3}}]" doc:"variants of the swept keys, each applied to the rest of the spec, instead of a product"`
	Random    declare.Random      `json:"random" doc:"random variants of the swept keys: one entry of each list, one number of each {uniform: [a, b]}, {log: [a, b]}, {whole: [a, b]} and {log-whole: [a, b]}, both ends included"`
	When      declare.When        `json:"when" example:"[{if: {coupling: ot}, then: {train: {batch: [64, 256]}}}]" doc:"conditions: where a setting has the values of if, those of then take the place of its own, and lists in then are swept there only"`
	Seeds     []uint64            `json:"seeds" repeats:"yes" doc:"number of seeds (0, 1, ...), or a list of seeds"`
	Sample    Sampling            `json:"sample" swept:"yes" doc:"sampling"`
	Metrics   []metric.Metric     `json:"metrics" doc:"the metrics to measure"`
	Baselines []baseline.Baseline `json:"baselines" empty:"yes" doc:"samples that come from no net, measured like those of runs; default: all where a target is a data file, else none"`
	Reference Reference           `json:"reference" doc:"the sample of the target that runs are compared with"`
	Choose    Choose              `json:"choose" doc:"which setting to choose and export"`
	EarlyStop EarlyStop           `json:"early_stop" doc:"when settings that do worse than others stop before the end of their training; default: none does. It does not affect caching"`
	Engine    string              `json:"engine" oneof:"auto onnxruntime xla go" doc:"engine that runs the nets; it does not affect caching"`
}

// defaults returns the default values of a spec: the net, batch and solver of the standalone notebook of arXiv
// 2412.06264, and a single seed.
func defaults() document {
	return document{
		Source:    Noise,
		Path:      flow.CondOT,
		Coupling:  flow.Independent,
		Net:       net.Spec{Architecture: net.MLP, Width: 64, Depth: 3, Heads: 4, Activation: net.ELU},
		Train:     Train{Steps: 10000, Batch: 256, Times: flow.Uniform, Optimizer: "adam", Rate: 1e-3, Schedule: "constant"},
		Seeds:     []uint64{0},
		Sample:    Sampling{Solver: ode.Midpoint, Steps: 8, Tolerance: ode.Tolerance{Atol: 1e-5, Rtol: 1e-5}, Grid: ode.UniformGrid, Guidance: flow.Guided(1), Count: 2000},
		Metrics:   []metric.Metric{metric.MMD, metric.SlicedW2},
		Reference: Reference{Count: 2000},
		Choose:    Choose{Rule: ruleCheapestTied, Confidence: .95},
		EarlyStop: defaultEarlyStop,
		Engine:    "auto",
	}
}

// sourceFile is a data file used as a source. It is not rescaled, so that noise is in the units of the file, and no
// rows are held out.
type sourceFile struct {
	File      string       `json:"file" text:"any" required:"yes" doc:"path of a data file as for a target, relative to the folder of the spec"`
	Columns   []string     `json:"columns" doc:"names of the columns, or their numbers from 0 if the file has no names; default: all numeric columns"`
	Noise     float64      `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise added to every draw"`
	Exclude   []string     `json:"exclude" doc:"as for a target"`
	Missing   string       `json:"missing" oneof:"error drop" doc:"as for a target"`
	Header    table.Header `json:"header" doc:"as for a target"`
	Separator string       `json:"separator" text:"any" doc:"as for a target"`
	Decimal   string       `json:"decimal" text:"any" doc:"as for a target"`
	Array     string       `json:"array" text:"any" doc:"as for a target"`
}

// refusedOfSource are keys of a file that a source does not take, and why.
var refusedOfSource = map[string]string{
	"label":     "a source has no classes: give the target a label",
	"condition": "models are conditional on columns of the target: give it the condition",
}

// fileSources returns the family of sources from data files.
func fileSources(data *dataFiles) declare.Family[Source] {
	return declare.Family[Source]{
		Name: target.FileName, Default: sourceFile{Missing: target.DefaultFile.Missing, Header: target.DefaultFile.Header}, Refused: refusedOfSource,
		Make: func(params any, at declare.Place) (Source, error) {
			f := params.(sourceFile)
			var choices []kinds.Choice
			for _, name := range f.Columns {
				choices = append(choices, kinds.Choice{Column: name, Kind: kinds.Real})
			}
			from, err := data.take(target.File{
				File: f.File, Columns: choices, Noise: f.Noise, Exclude: f.Exclude, Missing: f.Missing,
				Header: f.Header, Separator: f.Separator, Decimal: f.Decimal, Array: f.Array,
			}, nil, true, at)
			return Source{From: from}, err
		},
	}
}
