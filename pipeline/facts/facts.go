// Package facts works out what is exactly known of a target under a path.
//
//	known := facts.Of(moons, flow.CondOT)
//	err := known.Print(os.Stdout)
package facts

import (
	"fmt"
	"io"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// factDraws is the approximate number of draws behind an estimated fact, which gives a standard error below 0.005 for the
// targets of the papers. A draw from data costs as much as all its rows, so large data get fewer: factWork in total, but at
// least minDraws.
const (
	factDraws = 100_000
	factWork  = 100_000_000
	minDraws  = 1000
)

// drawsFor returns the approximate number of draws to estimate a fact of the target from.
func drawsFor(t target.Target) int {
	m, ok := t.Law.(oracle.Mixture)
	if !ok {
		return factDraws
	}
	return min(factDraws, max(minDraws, factWork/m.Means.Len()))
}

// Facts is the JSON form of `flowsweep target`. Unknown facts are null; a standard error of 0 means exact.
type Facts struct {
	Target    any                 `json:"target"`
	Path      flow.Path           `json:"path"`
	Dim       int                 `json:"dim"`
	Columns   []string            `json:"columns,omitempty"`
	HeldOut   int                 `json:"held_out,omitempty"` // rows of data
	Scale     []float64           `json:"scale,omitempty"`    // data = scale x + shift; all facts are of x
	Shift     []float64           `json:"shift,omitempty"`
	Kinds     *kinds.Code         `json:"kinds,omitempty"`          // of columns; what is called data above is the codes of rows then
	Curves    []flow.Curve        `json:"quantile_knots,omitempty"` // data = the curve of x
	Mean      []float64           `json:"mean"`
	Cov       [][]float64         `json:"cov"`
	Entropy   *experiments.Number `json:"entropy"` // nats
	EntropySE *experiments.Number `json:"entropy_se"`
	Floor     *experiments.Number `json:"cfm_floor"` // mean over the dimensions
	FloorSE   *experiments.Number `json:"cfm_floor_se"`
	Energy    *experiments.Number `json:"kinetic_energy"` // sum over the dimensions
	EnergySE  *experiments.Number `json:"kinetic_energy_se"`
	EnergyWhy string              `json:"kinetic_energy_why,omitempty"` // it is infinite
	Given     *Given              `json:"given,omitempty"`              // of targets that models are conditional on something of
	Note      string              `json:"note"`
}

// Of returns the known facts of a target under a path.
func Of(t target.Target, p flow.Path) Facts {
	facts := Facts{
		Target: t, Path: p, Dim: t.Dim(), Columns: t.Columns, HeldOut: t.Held.Len(), Scale: t.Units.Scale, Shift: t.Units.Shift, Curves: t.Units.Curves,
	}
	if !t.Code.Identity() {
		facts.Kinds = &t.Code
	}
	draws := drawsFor(t)
	facts.Given = givenOf(t, p, draws)
	if t.Law == nil {
		facts.Note = withoutLaw(t)
		return facts
	}
	o := oracle.Oracle{Law: t.Law, Path: p}
	facts.Mean = t.Law.Mean()
	cov := t.Law.Cov()
	for i := range cov.Len() {
		facts.Cov = append(facts.Cov, cov.Row(i))
	}
	facts.Entropy, facts.EntropySE = number(t.Law.Entropy(draws, 0))
	facts.Floor, facts.FloorSE = number(o.Floor(draws, 0))
	facts.Energy, facts.EnergySE = number(o.KineticEnergy(draws, 0))
	facts.EnergyWhy = o.EnergyDiverges()
	facts.Note = "for independent pairs with noise N(0, I); other couplings and sources have other floors"
	if p.Clamp(0) > 0 || p.Clamp(1) < 1 {
		facts.Note += fmt.Sprintf("; the velocity of the path is infinite at an end: its floor is that of times from %g to 1 - %.2g, as nets are trained at",
			p.Clamp(0), 1-p.Clamp(1))
		if why := o.FloorDiverges(); why != "" {
			facts.Note += ", and over all times it is infinite: " + why
		}
	}
	if t.OfData() {
		facts.Note += "; they are those of the rows trained on: a net whose loss comes near the floor has learned these by heart"
	}
	return facts
}

// withoutLaw says why no exact facts are known of a target.
func withoutLaw(t target.Target) string {
	switch {
	case t.Code.Grains() != nil:
		return "of whole numbers with the noise of training no closed form is used: only samples are known"
	case t.OfData():
		return "of so many rows no closed form is used: only samples are known"
	default:
		return fmt.Sprintf("%s has no closed form: only samples of it are known", t.Name)
	}
}

// Print writes the facts as lines of text.
func (f Facts) Print(w io.Writer) error {
	var text strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&text, "%-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("target", "%s", experiments.Form(f.Target))
	line("path", "%s", f.Path)
	line("dimension", "%d", f.Dim)
	if f.HeldOut > 0 {
		line("held out", "%d rows, to measure against", f.HeldOut)
	}
	if f.Kinds != nil && f.Scale != nil {
		line("units", "codes of rows = scale x + shift, scale %.6g, shift %.6g; what follows is of x", f.Scale, f.Shift)
	} else if f.Scale != nil {
		line("units", "data = scale x + shift, scale %.6g, shift %.6g; what follows is of x", f.Scale, f.Shift)
	}
	if f.Curves != nil {
		line("units", "normal scores of ranks, piecewise linear between knots (--json lists them); what follows is of x")
	}
	if f.Mean != nil {
		line("mean", "%.4g", f.Mean)
		line("covariance", "%.4g", f.Cov)
		line("entropy", "%s nats: the best possible negative log likelihood", withError(f.Entropy, f.EntropySE))
		line("loss floor", "%s, the mean over dimensions: the least loss any net can have", withError(f.Floor, f.FloorSE))
		energy := withError(f.Energy, f.EnergySE)
		if f.EnergyWhy != "" {
			energy = "infinite: " + f.EnergyWhy
		}
		line("kinetic energy", "%s", energy)
	}
	f.Given.print(line)
	line("note", "%s", f.Note)
	_, err := io.WriteString(w, text.String())
	return err
}

func withError(value, se *experiments.Number) string {
	if *se == 0 {
		return fmt.Sprintf("%.6g", float64(*value))
	}
	return fmt.Sprintf("%.4f ± %.4f", float64(*value), float64(*se))
}
