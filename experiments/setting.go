package experiments

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
)

// setting returns the cell of a sweep that an alternative of a document stands for, without what does not apply to it.
func (doc document) setting() Setting {
	s := Setting{
		Recipe: Recipe{Target: doc.Target, Source: doc.Source, Path: doc.Path, Coupling: doc.Coupling, Net: doc.Net, Train: doc.Train},
		Sample: doc.Sample,
	}
	if s.Net.Name != attention {
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

// attention is the one architecture that has heads.
const attention = "attention"

// Times returns the times that a solver with steps steps between, from 0 to 1.
func (s Sampling) Times() []float64 { return s.Grid.Times(s.Steps) }

// agree notes where parts of the documents that are sound by themselves do not go together.
func (d *decoder) agree(root *yaml.Node, docs []reflect.Value) {
	at := finder(root)
	adaptive, fixed, heads := false, false, false
	for _, v := range docs {
		doc := v.Interface().(document)
		if doc.Train.Optimizer == "adam" && doc.Train.Decay > 0 {
			d.problem(at("train", "decay"), "the optimizer adam has no decay: use adamw, or leave decay out")
		}
		if doc.Net.Name == attention {
			heads = true
			if doc.Net.Width%doc.Net.Heads != 0 {
				d.problem(at("net", "heads"), "%d heads do not divide the width, %d: give a divisor of it", doc.Net.Heads, doc.Net.Width)
			}
		}
		if err := doc.Source.check(doc.Target, doc.Path); err != nil {
			d.problem(at("source", ""), "%v", err)
		}
		for i, m := range doc.Metrics {
			if err := doc.measurable(m); err != nil {
				d.problem(entry(at("metrics", ""), i), "%v", err)
			}
		}
		adaptive = adaptive || doc.Sample.Solver.Adaptive()
		fixed = fixed || !doc.Sample.Solver.Adaptive()
	}
	if n := at("net", "heads"); n != at("net", "") && !heads {
		d.problem(n, "no net here has heads: use the architecture attention, or leave heads out")
	}
	d.idle(at("sample", ""), adaptive, fixed)
}

// idle notes the keys of a sampling that none of its solvers, of which some are adaptive or take fixed steps, goes by.
func (d *decoder) idle(sample *yaml.Node, adaptive, fixed bool) {
	if n := valueOf(sample, "tolerance"); n != sample && !adaptive {
		d.problem(n, "no solver here takes a tolerance: add an adaptive one, dopri5 for example, or leave tolerance out")
	}
	for _, key := range []string{"steps", "grid"} {
		if n := valueOf(sample, key); n != sample && !fixed {
			d.problem(n, "adaptive solvers choose their own steps: give tolerance instead, or leave %s out", key)
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

// entry returns entry i of a list, and anything else as it is.
func entry(n *yaml.Node, i int) *yaml.Node {
	if n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return follow(n.Content[i])
	}
	return n
}

// finder returns what finds the node of a key within a key; the outer one, or the root, where it is not written.
func finder(root *yaml.Node) func(outer, inner string) *yaml.Node {
	return func(outer, inner string) *yaml.Node { return valueOf(valueOf(root, outer), inner) }
}

// valueOf returns the value of a key of a mapping, and the node itself where it is not there.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode && key != "" {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if follow(n.Content[i]).Value == key {
				return follow(n.Content[i+1])
			}
		}
	}
	return n
}
