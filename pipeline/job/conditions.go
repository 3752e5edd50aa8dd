package job

import (
	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/target"
)

// drop leaves out what the share Train.Drop of the points of a training is given. Row i has the id first + i.
func drop(fit experiments.Fit, x flow.Batch, first uint64) {
	if fit.Recipe.Train.Drop == 0 || len(x.Given) == 0 {
		return
	}
	u := make([]float64, x.Len())
	flow.NewStream(fit.Seed, "training drop").Uniform(u, first)
	for i, v := range u {
		if v < fit.Recipe.Train.Drop {
			clear(x.GivenTo(i))
		}
	}
}

// conditions returns what samples are given, (count, m): the class of the label or, without one, what draws of the target are given,
// which has all classes in their shares. It is nil for a net that is conditional on nothing.
func conditions(r experiments.Recipe, label string, seed uint64, stream string, count int) []float64 {
	c := r.Target.Given
	switch k, err := c.Index(label); {
	case c.Empty():
		return nil
	case label != "" && err == nil:
		return given.Repeat(c.Class(k), count)
	default:
		return askedFor(r.Target, seed, stream, count)
	}
}

// askedFor returns what samples of all classes, or of all conditions, are given, (count, m). Row i does not depend on the count.
func askedFor(t target.Target, seed uint64, stream string, count int) []float64 {
	return t.Sample(count, flow.NewStream(seed, stream+" conditions")).Given
}

// Conditions returns what the samples of a run are given, (count, m), given the seed of the reference; nil for a net that is conditional on
// nothing.
func Conditions(s experiments.Setting, seed uint64) []float64 {
	return conditions(s.Recipe, s.Sample.Label, seed, runNoise, s.Sample.Count)
}

// whole is the part of a sampling that metrics of the net itself start from: everything that the net can draw, count points.
func (f *Fitted) whole(count int) experiments.Sampling {
	s := experiments.Sampling{Count: count}
	if !f.fit.Recipe.Target.Given.Empty() {
		s.Guidance = flow.Guided(1)
	}
	return s
}

// Velocity returns the velocity of the net with the guidance of a sampling. It is used like the net.
func (f *Fitted) Velocity(s experiments.Sampling) flow.RowField { return f.field(s) }

// field returns the velocity of the net with the guidance of a sampling.
func (f *Fitted) field(s experiments.Sampling) flow.RowField {
	return f.model.RowField().Guide(s.Guidance)
}
