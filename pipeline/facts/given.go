package facts

import (
	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// Given is what is known of a target given what models of it are conditional on. Unknown facts are null.
type Given struct {
	Label     string              `json:"label,omitempty"`
	Numbers   []given.Number      `json:"numbers,omitempty"` // instead of classes
	Entropy   *experiments.Number `json:"entropy"`           // conditional, in nats
	EntropySE *experiments.Number `json:"entropy_se"`
	Floor     *experiments.Number `json:"cfm_floor"` // of velocities that depend on it
	FloorSE   *experiments.Number `json:"cfm_floor_se"`
	Classes   []Class             `json:"classes,omitempty"`
}

// Class is what is known of a class.
type Class struct {
	Name      string              `json:"class"`
	Share     experiments.Number  `json:"share"` // of the draws
	Entropy   *experiments.Number `json:"entropy"`
	EntropySE *experiments.Number `json:"entropy_se"`
	Floor     *experiments.Number `json:"cfm_floor"`
	FloorSE   *experiments.Number `json:"cfm_floor_se"`
}

// number returns a fact with its standard error.
func number(value, se float64) (v, e *experiments.Number) {
	v, e = new(experiments.Number), new(experiments.Number)
	*v, *e = experiments.Number(value), experiments.Number(se)
	return v, e
}

// givenOf returns what is known of a target from about so many draws; nil if models of it are conditional on nothing.
func givenOf(t target.Target, p flow.Path, draws int) *Given {
	if t.Given.Empty() {
		return nil
	}
	g := &Given{Label: t.Given.Label, Numbers: t.Given.Numbers}
	for k, name := range t.Given.Classes {
		g.Classes = append(g.Classes, Class{Name: name, Share: experiments.Number(t.Given.Shares[k])})
	}
	if t.LawGiven == nil {
		return g
	}
	o, all := oracle.NewConditional(t.LawGiven, p), t.Among()
	g.Entropy, g.EntropySE = number(o.Entropy(all, draws, 0))
	g.Floor, g.FloorSE = number(o.FloorOver(flow.Uniform, all, draws, 0))
	for k := range g.Classes {
		c, one := &g.Classes[k], oracle.Among{Rows: all.Rows[k : k+1], Shares: []float64{1}}
		n := max(minDraws, int(float64(c.Share)*float64(draws)))
		c.Entropy, c.EntropySE = number(o.Entropy(one, n, 0))
		c.Floor, c.FloorSE = number(o.FloorOver(flow.Uniform, one, n, 0))
	}
	return g
}

// maxClasses is how many classes are printed at most; JSON has all.
const maxClasses = 20

// print prints the facts, if there are any.
func (g *Given) print(line func(name, format string, args ...any)) {
	if g == nil {
		return
	}
	what := g.Label
	for i, n := range g.Numbers {
		if i > 0 {
			what += ", "
		}
		what += n.Name
	}
	line("given", "%s", what)
	if g.Entropy == nil {
		return
	}
	line("  entropy", "%s nats: the best possible negative log likelihood of points given that", withError(g.Entropy, g.EntropySE))
	line("  loss floor", "%s, the least loss of any net that is given that; with drop: p, 1 - p times this and p times the floor above", withError(g.Floor, g.FloorSE))
	for _, c := range g.Classes[:min(len(g.Classes), maxClasses)] {
		line("  "+c.Name, "share %.4g, entropy %s, loss floor %s", float64(c.Share), withError(c.Entropy, c.EntropySE), withError(c.Floor, c.FloorSE))
	}
	if more := len(g.Classes) - maxClasses; more > 0 {
		line("", "and %d more classes, which --json lists", more)
	}
}
