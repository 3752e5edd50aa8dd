package points

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/facts"
)

func (a *app) targetCommand() *cobra.Command {
	var path string
	var f drawFlags
	cmd := &cobra.Command{
		Use:         "target T",
		Annotations: command.KeepsNothing,
		Short:       "Print the exact facts of a target under a path, or draw a sample",
		Long: "Print the exact facts of a target, given as a name or as inline YAML such as '{name: moons, noise: 0.1}': its mean,\n" +
			"covariance and entropy, and under a path the lowest flow-matching loss of any net and the kinetic energy of the flow.\n" +
			"They hold for independent pairs of data and noise N(0, I). With --out, draw a sample instead: of a target with a label or\n" +
			"condition, with what each point is given as further columns.",
		Example: "  flowsweep target gaussians --path cosine\n  flowsweep target '{name: gaussian, dim: 3}'\n  flowsweep target moons --count 500 --out moons.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := command.ParserIn(".").Target(args[0])
			if err != nil {
				return command.Usage(err)
			}
			for _, note := range t.Notes {
				fmt.Fprintln(a.Stderr, "data:", problem.Printable(note))
			}
			if f.out == "" && (cmd.Flags().Changed("count") || cmd.Flags().Changed("seed")) {
				return command.Usage(errors.New("--count and --seed are of a sample: give the file to draw it into, too, with --out"))
			}
			if f.out != "" {
				return a.writeTarget(t, f)
			}
			p, err := experiments.ParsePath(path)
			if err != nil {
				return command.Usage(err)
			}
			known := facts.Of(t, p)
			if f.asJSON {
				return command.PrintJSON(a.Stdout, known)
			}
			return known.Print(a.Stdout)
		},
	}
	cmd.Flags().StringVar(&path, "path", "condot", "the `path` from noise to the target")
	command.JSONFlag(cmd, &f.asJSON, command.Form{Name: "target", Of: facts.Facts{}}, command.Form{Name: "target-out", Of: drawn{}})
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
		return command.Usage(fmt.Errorf("--count %d: must be at least 1", f.count))
	}
	stream := flow.NewStream(f.seed, "target")
	columns, code := t.Drawn()
	err := savePoints(f.out, f.count, columns, t.Units, code, func(each func(part flow.Batch) error) error {
		return flow.InParts(f.count, t.Dim(), func(part flow.Batch, first int) error {
			if m := t.Given.Width(); m > 0 {
				part.Given = make([]float64, part.Len()*m)
			}
			t.Fill(part, stream, uint64(first))
			if err := t.Err(); err != nil {
				return err
			}
			return each(t.DecodeDrawn(part))
		})
	})
	if err != nil {
		return err
	}
	width := max(t.Width(), len(columns))
	if f.asJSON {
		return command.PrintJSON(a.Stdout, drawn{f.out, f.count, width, columns, f.seed})
	}
	if !t.Given.Empty() {
		_, err := fmt.Fprintf(a.Stdout, "samples   %s: %d rows of %s\n", f.out, f.count, strings.Join(columns, ", "))
		return err
	}
	return a.printSaved(f.out, f.count, width)
}

// errNoLaw says that a target has no exact velocity.
func errNoLaw(t target.Target) error {
	if t.Code.Grains() != nil {
		return command.Usage(errors.New("the exact velocity of rows with the noise of integer columns is not known: declare these real, as in columns: {age: real}"))
	}
	return command.Usage(errors.New("the exact velocity of " + t.Name + " is not known: it has no closed form"))
}
