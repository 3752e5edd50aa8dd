package experiments

import (
	"encoding/json"
	"fmt"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/query"
)

// setting returns the cell of a sweep that an alternative of a document stands for, without what does not apply to it.
func (doc document) setting() Setting {
	s := Setting{
		Recipe: Recipe{Target: doc.Target, Source: doc.Source, Path: doc.Path, Coupling: doc.Coupling, Net: doc.Net, Train: doc.Train},
		Sample: doc.Sample,
	}
	if !s.Net.Architecture.Heads {
		s.Net.Heads = 0
	}
	if s.Sample.Solver.Adaptive() {
		s.Sample.Steps, s.Sample.Grid = 0, ode.Grid{}
	} else {
		s.Sample.Tolerance = ode.Tolerance{}
		if n := s.Sample.Grid.Steps; n > 0 {
			s.Sample.Steps = n
		}
	}
	if s.Sample.Path.String() == s.Path.String() {
		s.Sample.Path = flow.Path{}
	}
	return s
}

// Form returns the canonical text of a setting or of a part of one, its JSON form: equal ones have equal texts. Everything
// in a setting came through the decoder, and so has one.
func Form(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		panic("experiments: a part of a setting without a JSON form: " + err.Error())
	}
	return string(text)
}

// Form returns the canonical text of the setting, which settings are grouped by.
func (s Setting) Form() string { return Form(s) }

// fields returns the fields of the canonical text.
func (s Setting) fields() []query.Field {
	fields, err := query.Flatten(json.RawMessage(s.Form()))
	if err != nil {
		panic("experiments: a setting whose JSON form is no object: " + err.Error())
	}
	return fields
}

// Times returns the times that a solver with steps steps between, from 0 to 1.
func (s Sampling) Times() []float64 { return s.Grid.Times(s.Steps) }

// agree notes where parts of the documents that are sound by themselves do not go together.
func agree(t *declare.Text, docs []*document) {
	root := t.Root()
	net, sample := root.Key("net"), root.Key("sample")
	adaptive, fixed, heads := false, false, false
	for _, doc := range docs {
		if doc.Train.Optimizer == "adam" && doc.Train.Decay > 0 {
			t.Problem(root.Key("train").Key("decay"), "the optimizer adam has no decay: use adamw, or leave decay out")
		}
		if doc.Net.Architecture.Heads {
			heads = true
			if doc.Net.Width%doc.Net.Heads != 0 {
				t.Problem(net.Key("heads"), "%d heads do not divide the width, %d: give a divisor of it", doc.Net.Heads, doc.Net.Width)
			}
		}
		if err := doc.Source.check(doc.Target, doc.Path); err != nil {
			t.Problem(root.Key("source"), "%v", err)
		}
		for i, m := range doc.Metrics {
			if err := doc.measurable(m); err != nil {
				t.Problem(root.Key("metrics").Entry(i), "%v", err)
			}
		}
		adaptive = adaptive || doc.Sample.Solver.Adaptive()
		fixed = fixed || !doc.Sample.Solver.Adaptive()
	}
	if net.Has("heads") && !heads {
		t.Problem(net.Key("heads"), "no net here has heads: use the architecture attention, or leave heads out")
	}
	idle(t, sample, adaptive, fixed)
}

// idle notes the keys of a sampling that none of its solvers, of which some are adaptive or take fixed steps, goes by.
func idle(t *declare.Text, sample declare.Place, adaptive, fixed bool) {
	if sample.Has("tolerance") && !adaptive {
		t.Problem(sample.Key("tolerance"), "no solver here takes a tolerance: add an adaptive one, dopri5 for example, or leave tolerance out")
	}
	for _, key := range []string{"steps", "grid"} {
		if sample.Has(key) && !fixed {
			t.Problem(sample.Key(key), "adaptive solvers choose their own steps: give tolerance instead, or leave %s out", key)
		}
	}
}

// measurable returns an error where a metric needs what the net of a document does not have.
func (doc document) measurable(m metric.Metric) error {
	_, mixture := doc.Target.Mixture()
	switch {
	case m.JudgeMixture != nil && !mixture:
		return fmt.Errorf("%s needs a mixture of Gaussians, which %s is not: take %s", m.Name, doc.Target.Name, m.Instead)
	case m.FromNoise && !doc.Source.Gaussian():
		return fmt.Errorf("%s starts from noise: leave it out, or the source", m.Name)
	case m.ExactVelocity && doc.Target.Law == nil:
		return fmt.Errorf("%s needs the exact velocity, which %s does not have: leave it out", m.Name, doc.Target.Name)
	case m.ExactVelocity && doc.Coupling.Name != flow.Independent.Name:
		return fmt.Errorf("%s needs the exact velocity, which is not known under the coupling %s: leave it out", m.Name, doc.Coupling.Name)
	default:
		return nil
	}
}
