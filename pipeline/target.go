package pipeline

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// factDraws is about how many draws an estimated fact of a target is made of: its standard error is below 0.005 for the
// targets that the papers use. Of data of many rows they are fewer, since a draw costs as much as all rows: factWork in
// all, and no fewer than leastDraws.
const (
	factDraws  = 100_000
	factWork   = 100_000_000
	leastDraws = 1000
)

// drawsFor returns about how many draws to estimate a fact of a target from.
func drawsFor(t target.Target) int {
	m, ok := t.Law.(oracle.Mixture)
	if !ok {
		return factDraws
	}
	return min(factDraws, max(leastDraws, factWork/m.Means.Len()))
}

// targetFacts is the form of `flowsweep target --json`. What is not known is null; a standard error of 0 means exact.
type targetFacts struct {
	Target    any                 `json:"target"`
	Path      flow.Path           `json:"path"`
	Dim       int                 `json:"dim"`
	Columns   []string            `json:"columns,omitempty"`
	HeldOut   int                 `json:"held_out,omitempty"` // rows of data
	Scale     []float64           `json:"scale,omitempty"`    // data = scale x + shift; all facts are of x
	Shift     []float64           `json:"shift,omitempty"`
	Mean      []float64           `json:"mean"`
	Cov       [][]float64         `json:"cov"`
	Entropy   *experiments.Number `json:"entropy"` // nats
	EntropySE *experiments.Number `json:"entropy_se"`
	Floor     *experiments.Number `json:"cfm_floor"` // mean over the dimensions
	FloorSE   *experiments.Number `json:"cfm_floor_se"`
	Energy    *experiments.Number `json:"kinetic_energy"` // sum over the dimensions
	EnergySE  *experiments.Number `json:"kinetic_energy_se"`
	Note      string              `json:"note"`
}

func (a *app) targetCommand() *cobra.Command {
	var path, out string
	var seed uint64
	var count int
	asJSON := false
	cmd := &cobra.Command{
		Use:   "target T",
		Short: "The exact facts of a target under a path, or a sample of it",
		Long: "The exact facts of a target, a name or inline YAML such as '{name: moons, noise: 0.1}': mean, covariance, entropy, and under\n" +
			"a path the least flow-matching loss that any net can have and the kinetic energy of the flow. They hold for independent\n" +
			"pairs of data with noise N(0, I). With --out it draws a sample instead.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := experiments.Parser{Open: dataIn(".")}.Target(args[0])
			if err != nil {
				return usage(err)
			}
			p, err := experiments.ParsePath(path)
			if err != nil {
				return usage(err)
			}
			if out != "" {
				return a.writeTarget(t, count, seed, out)
			}
			facts := factsOf(t, p)
			if asJSON {
				return printJSON(a.stdout, facts)
			}
			a.printFacts(facts)
			return nil
		},
	}
	cmd.Flags().StringVar(&path, "path", "condot", "the `path` from noise to the target")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&out, "out", "", "write a sample into this `file`, .npy or .csv")
	cmd.Flags().IntVar(&count, "count", 2000, "points of the sample")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the sample")
	return cmd
}

func (a *app) writeTarget(t target.Target, count int, seed uint64, out string) error {
	if count < 1 {
		return usage(fmt.Errorf("--count %d: ask for at least 1 point", count))
	}
	return a.writePoints(out, t.Units.Apply(t.Sample(count, flow.NewStream(seed, "target"))), t.Columns)
}

// factsOf returns what is known of a target.
func factsOf(t target.Target, p flow.Path) targetFacts {
	facts := targetFacts{
		Target: t, Path: p, Dim: t.Dim, Columns: t.Columns, HeldOut: t.Held.Len(), Scale: t.Units.Scale, Shift: t.Units.Shift,
	}
	if t.Law == nil {
		facts.Note = fmt.Sprintf("%s has no closed form: only samples of it are known", t.Name)
		if t.Content != nil {
			facts.Note = "of so many rows no closed form is used: only samples are known"
		}
		return facts
	}
	number := func(value, se float64) (v, e *experiments.Number) {
		v, e = new(experiments.Number), new(experiments.Number)
		*v, *e = experiments.Number(value), experiments.Number(se)
		return v, e
	}
	o := oracle.Oracle{Law: t.Law, Path: p}
	facts.Mean = t.Law.Mean()
	cov := t.Law.Cov()
	for i := range cov.Len() {
		facts.Cov = append(facts.Cov, cov.Row(i))
	}
	draws := drawsFor(t)
	facts.Entropy, facts.EntropySE = number(t.Law.Entropy(draws, 0))
	facts.Floor, facts.FloorSE = number(o.Floor(draws, 0))
	facts.Energy, facts.EnergySE = number(o.KineticEnergy(draws, 0))
	facts.Note = "for independent pairs with noise N(0, I); other couplings and sources have other floors"
	if p.Clamp(0) > 0 || p.Clamp(1) < 1 {
		facts.Note += fmt.Sprintf("; the velocity of the path is infinite at an end: its floor is that of times from %g to 1 - %.2g, as nets are "+
			"trained at, and floor and energy may have no limit beyond", p.Clamp(0), 1-p.Clamp(1))
	}
	if t.Content != nil {
		facts.Note += "; they are those of the rows trained on: a net whose loss comes near the floor has learned these by heart"
	}
	if math.IsInf(float64(*facts.Floor), 1) {
		facts.Note += "; the floor is infinite because sigma' grows without bound towards t = 1: losses on this path cannot be compared"
	}
	return facts
}

func (a *app) printFacts(f targetFacts) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(a.stdout, "%-15s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("target", "%s", experiments.Form(f.Target))
	line("path", "%s", f.Path)
	line("dimension", "%d", f.Dim)
	if f.HeldOut > 0 {
		line("held out", "%d rows, to measure against", f.HeldOut)
	}
	if f.Scale != nil {
		line("units", "data = scale x + shift, scale %.6g, shift %.6g; what follows is of x", f.Scale, f.Shift)
	}
	if f.Mean != nil {
		line("mean", "%.4g", f.Mean)
		line("covariance", "%.4g", f.Cov)
		line("entropy", "%s nats: the best possible negative log likelihood", withError(f.Entropy, f.EntropySE))
		line("loss floor", "%s, the mean over dimensions: the least loss any net can have", withError(f.Floor, f.FloorSE))
		line("kinetic energy", "%s", withError(f.Energy, f.EnergySE))
	}
	line("note", "%s", f.Note)
}

func withError(value, se *experiments.Number) string {
	if *se == 0 {
		return fmt.Sprintf("%.6g", float64(*value))
	}
	return fmt.Sprintf("%.4f ± %.4f", float64(*value), float64(*se))
}

// errNoLaw is the error of asking for the exact velocity of a target that has none.
func errNoLaw(t target.Target) error {
	return usage(errors.New("the exact velocity of " + t.Name + " is not known: it has no closed form"))
}
