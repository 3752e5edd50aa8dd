package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/problem"
)

// planGiven is what a plan says of conditional models.
type planGiven struct {
	On       []string        `json:"on" null:"never"`   // for each target: classes with their shares, or numbers with their ranges
	Drop     []float64       `json:"drop" null:"never"` // the shares of the points of training that are given nothing
	Guidance []flow.Guidance `json:"guidance" null:"never"`
	Formula  string          `json:"formula"`
}

// planConditions returns what the models of a spec are conditional on; nil if that is nothing.
func planConditions(s experiments.Spec) *planGiven {
	p := &planGiven{Formula: flow.GuidanceFormula}
	for _, setting := range s.Settings {
		c := setting.Target.Given
		if c.Empty() {
			continue
		}
		if text := problem.Printable(c.Sentence(setting.Target.Ranges())); !slices.Contains(p.On, text) {
			p.On = append(p.On, text)
		}
		if d := setting.Train.Drop; !slices.Contains(p.Drop, d) {
			p.Drop = append(p.Drop, d)
		}
		if g := setting.Sample.Guidance; !slices.Contains(p.Guidance, g) {
			p.Guidance = append(p.Guidance, g)
		}
	}
	if p.On == nil {
		return nil
	}
	return p
}

// print prints a line for what models are conditional on, and one for the drop and the guidance. It may be called on nil.
func (p *planGiven) print(line func(name, format string, args ...any)) {
	if p == nil {
		return
	}
	for _, c := range p.On {
		line("given", "models are conditional on %s", c)
	}
	var shares []string
	for _, d := range p.Drop {
		shares = append(shares, given.Percent(d))
	}
	if slices.Max(p.Drop) == 0 {
		line("drop", "every point of training is given its own, so that guidance can only be 1")
	} else {
		line("drop", "%s of the points of training are given nothing", strings.Join(shares, " or "))
	}
	line("guidance", "%s", p.weights())
}

// weights lists the weights, with how they are to be read.
func (p *planGiven) weights() string {
	var weights []string
	for _, w := range p.Guidance {
		weights = append(weights, w.String())
	}
	return fmt.Sprintf("w = %s in %s", strings.Join(weights, ", "), p.Formula)
}
