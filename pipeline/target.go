package pipeline

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/problem"
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

// targetFacts is the JSON form of `flowsweep target`. Unknown facts are null; a standard error of 0 means exact.
type targetFacts struct {
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
	Note      string              `json:"note"`
}

func (a *app) targetCommand() *cobra.Command {
	var path string
	var f drawFlags
	cmd := &cobra.Command{
		Use:         "target T",
		Annotations: keepsNothing,
		Short:       "Print the exact facts of a target under a path, or draw a sample",
		Long: "Print the exact facts of a target, given as a name or as inline YAML such as '{name: moons, noise: 0.1}': its mean,\n" +
			"covariance and entropy, and under a path the lowest flow-matching loss of any net and the kinetic energy of the flow.\n" +
			"They hold for independent pairs of data and noise N(0, I). With --out, draw a sample instead.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := parserIn(".").Target(args[0])
			if err != nil {
				return usage(err)
			}
			for _, note := range t.Notes {
				fmt.Fprintln(a.stderr, "data:", problem.Printable(note))
			}
			if f.out == "" && (cmd.Flags().Changed("count") || cmd.Flags().Changed("seed")) {
				return usage(errors.New("--count and --seed are of a sample: give the file to draw it into, too, with --out"))
			}
			if f.out != "" {
				return a.writeTarget(t, f)
			}
			p, err := experiments.ParsePath(path)
			if err != nil {
				return usage(err)
			}
			facts := factsOf(t, p)
			if f.asJSON {
				return printJSON(a.stdout, facts)
			}
			a.printFacts(facts)
			return nil
		},
	}
	cmd.Flags().StringVar(&path, "path", "condot", "the `path` from noise to the target")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON: the facts, or which sample was written")
	cmd.Flags().StringVar(&f.out, "out", "", "draw a sample into this .npy, .csv or .parquet `file`")
	cmd.Flags().IntVar(&f.count, "count", 2000, "number of points in the sample of --out")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the sample of --out")
	return cmd
}

// drawFlags say what sample of a target to draw, if any.
type drawFlags struct {
	out    string // nothing is drawn if it is empty
	count  int
	seed   uint64
	asJSON bool
}

// drawn is the form of `flowsweep target --out FILE --json`.
type drawn struct {
	File    string   `json:"file"`
	Count   int      `json:"count"`
	Dim     int      `json:"dim"`
	Columns []string `json:"columns,omitempty"`
	Seed    uint64   `json:"seed"`
}

func (a *app) writeTarget(t target.Target, f drawFlags) error {
	if f.count < 1 {
		return usage(fmt.Errorf("--count %d: must be at least 1", f.count))
	}
	stream := flow.NewStream(f.seed, "target")
	err := savePoints(f.out, f.count, t.Columns, t.Units, t.Code, func(each func(part flow.Batch) error) error {
		return flow.InParts(f.count, t.Dim(), func(part flow.Batch, first int) error {
			t.Fill(part, stream, uint64(first))
			if err := t.Err(); err != nil {
				return err
			}
			return each(t.Decode(part))
		})
	})
	if err != nil {
		return err
	}
	if f.asJSON {
		return printJSON(a.stdout, drawn{f.out, f.count, t.Width(), t.Columns, f.seed})
	}
	return a.printSaved(f.out, f.count, t.Width())
}

// factsOf returns the known facts of a target.
func factsOf(t target.Target, p flow.Path) targetFacts {
	facts := targetFacts{
		Target: t, Path: p, Dim: t.Dim(), Columns: t.Columns, HeldOut: t.Held.Len(), Scale: t.Units.Scale, Shift: t.Units.Shift, Curves: t.Units.Curves,
	}
	if !t.Code.Identity() {
		facts.Kinds = &t.Code
	}
	if t.Law == nil {
		facts.Note = withoutLaw(t)
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
	line("note", "%s", f.Note)
}

func withError(value, se *experiments.Number) string {
	if *se == 0 {
		return fmt.Sprintf("%.6g", float64(*value))
	}
	return fmt.Sprintf("%.4f ± %.4f", float64(*value), float64(*se))
}

// errNoLaw says that a target has no exact velocity.
func errNoLaw(t target.Target) error {
	if t.Code.Grains() != nil {
		return usage(errors.New("the exact velocity of rows with the noise of integer columns is not known: declare these real, as in columns: {age: real}"))
	}
	return usage(errors.New("the exact velocity of " + t.Name + " is not known: it has no closed form"))
}
