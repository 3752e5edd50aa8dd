package points

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/draw"
	"flowsweep/store"
)

type sampleFlags struct {
	run, model, target, path       string
	solver, steps, tolerance, grid string
	sdeNoise                       string
	exact                          bool
	count                          int
	seed                           uint64
	noise, out                     string
	label, guidance                string
	condition                      []string
	inputs                         []string
}

func (a *app) sampleCommand() *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:         "sample (--run KEY | --model FILE.onnx | --exact --target T) --out FILE",
		Annotations: command.KeepsNothing,
		Short:       "Draw samples from a run's net, an ONNX file or the exact velocity of a target",
		Long: "Draw samples from a run's net, an ONNX file or the exact velocity of a target. Runs, and the files that flowsweep writes, say\n" +
			"how they are sampled: source, path, solver, steps and grid. A flag changes what it names, and nothing else. ONNX files from\n" +
			"elsewhere may take times as [batch, 1], [batch], [1] or a scalar, in floats of 16 to 64 bits; t = 0 is noise and t = 1 data.\n" +
			"Weights in other files are read from beside the model, never from elsewhere. An interrupted command writes nothing.",
		Example: "  flowsweep sample --run 5c07f6 --count 50000 --out samples.npy\n  flowsweep sample --run 5c07f6 --steps 4 --out fast.csv\n" +
			"  flowsweep sample --model out/ring/sampler.onnx --out samples.parquet\n  flowsweep sample --exact --target moons --seed 1 --out moons.csv",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.sample(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "the net of the run with this `key`, sampled as the run is, but for what flags name")
	flags.StringVar(&f.model, "model", "", "any ONNX `file`: a velocity (t, x -> v) or a sampler (noise -> samples)")
	flags.StringSliceVar(&f.inputs, "inputs", nil, "the `names` of the file's times and points, as t=NAME,x=NAME, where it cannot tell them")
	flags.BoolVar(&f.exact, "exact", false, "the exact velocity of a target")
	flags.StringVar(&f.target, "target", "", "the target of --exact: a name or inline YAML")
	flags.StringVar(&f.path, "path", "", "the `path` to sample along (default as for --solver, or the net's own; condot for --exact)")
	flags.StringVar(&f.solver, "solver", "", "the solver (default that of the run or the file, or midpoint)")
	flags.StringVar(&f.steps, "steps", "", "number of steps (default as for --solver, or 8)")
	flags.StringVar(&f.tolerance, "tolerance", "", "error per step of adaptive solvers (default as for --solver, or 1e-5)")
	flags.StringVar(&f.grid, "grid", "", "the time grid (default as for --solver, or uniform); edm is worse than uniform at few calls")
	flags.StringVar(&f.sdeNoise, "sde-noise", "", "noise added on the way, c of eps(t) = c sigma(t), with euler or heun (default as for --solver, or 0)")
	flags.StringVar(&f.label, "label", "", "the `class` to sample, or all (default as the run, or all), of models with a label")
	flags.StringSliceVar(&f.condition, "condition", nil, "the numbers that samples are given, as `NAME=VALUE`, of models with a condition (default those of draws of the data)")
	flags.StringVar(&f.guidance, "guidance", "", "the weight w of "+flow.GuidanceFormula+" (default as the run, or 1)")
	flags.IntVar(&f.count, "count", 2000, "samples")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the noise, and of that added on the way")
	flags.StringVar(&f.noise, "noise", "", "start from the points in this data `file` instead of --count and --seed")
	flags.StringVar(&f.out, "out", "", "the `file` to write, .npy, .csv or .parquet")
	cmd.MarkFlagsMutuallyExclusive("run", "model", "exact")
	cmd.MarkFlagsOneRequired("run", "model", "exact")
	cmd.MarkFlagsRequiredTogether("exact", "target")
	return cmd
}

func (a *app) sample(ctx context.Context, f sampleFlags) (err error) {
	if f.out == "" {
		return command.Usage(errors.New("--out is missing: give a .npy, .csv or .parquet file to write"))
	}
	if !f.exact && f.run == "" && f.model == "" {
		return command.Usage(errors.New("nothing to sample: give --run a key or --model a file"))
	}
	if len(f.inputs) > 0 && f.model == "" {
		return command.Usage(errors.New("--inputs names the inputs of an ONNX file: give it with --model"))
	}
	if _, err := pointsForm(f.out); err != nil {
		return err
	}
	from, err := a.openToDraw(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	for _, c := range from.Cautions {
		fmt.Fprintf(a.Stderr, "caution: %s: %s\n", from.Name, c)
	}
	how, err := from.Settings(draw.Flags{
		Solver: f.solver, Steps: f.steps, Tolerance: f.tolerance, Grid: f.grid, Path: f.path, SDENoise: f.sdeNoise,
		Label: f.label, Guidance: f.guidance, Condition: f.condition,
	}, f.seed)
	if err != nil {
		return command.Usage(err)
	}
	start, err := a.start(f, from)
	if err != nil {
		return err
	}
	var nfe float64
	columns, code, rows := from.Written(how)
	err = savePoints(f.out, start.Count, columns, from.Units, code, func(each func(part flow.Batch) error) (err error) {
		nfe, err = from.Draw(ctx, how, start, func(part flow.Batch) error { return each(rows(part)) })
		return err
	})
	if err != nil {
		return err
	}
	how.Sampling.Count = start.Count
	a.printDrawn(f, from, how, nfe)
	return a.printSaved(f.out, start.Count, max(from.Width(), len(columns)))
}

// printDrawn says in a line how samples were drawn, and who said so.
func (a *app) printDrawn(f sampleFlags, from draw.From, how draw.Settings, nfe float64) {
	start := from.Source()
	if f.noise != "" {
		start = f.noise
	}
	if from.Sampler() {
		fmt.Fprintf(a.Stderr, "%s, from %s: %s\n", from.Name, start, how.Origin)
		return
	}
	origin := how.Origin
	if !how.Sampling.Guidance.IsZero() {
		origin += "; " + flow.GuidanceFormula
	}
	fmt.Fprintf(a.Stderr, "%s, from %s, %s: %.6g velocity calls a sample (%s)\n", from.Name, start, experiments.Form(how.Sampling), nfe, origin)
}

// openToDraw returns what the flags name.
func (a *app) openToDraw(ctx context.Context, f sampleFlags) (from draw.From, err error) {
	switch {
	case f.exact:
		return openExact(f)
	case f.run != "":
		err = a.WithStore(ctx, func(db *store.DB) error {
			key, err := command.FindRun(ctx, db, f.run)
			if err == nil {
				from, err = draw.Run(ctx, db, key)
			}
			return err
		})
		return from, err
	default:
		inputs, err := inputNames(f.inputs)
		if err != nil {
			return from, err
		}
		from, err = draw.File(f.model, inputs)
		return from, command.Usage(printable(err))
	}
}

// inputNames returns the names of --inputs, under t and x.
func inputNames(list []string) (map[string]string, error) {
	names := map[string]string{}
	for _, part := range list {
		role, name, _ := strings.Cut(part, "=")
		if role != "t" && role != "x" || name == "" || names[role] != "" {
			return nil, command.Usage(fmt.Errorf("--inputs %s: give the names of the times and of the points once, as t=NAME,x=NAME", part))
		}
		names[role] = name
	}
	return names, nil
}

// printable returns an error with the words of a file from elsewhere in it, as a terminal may show it.
func printable(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(problem.Printable(err.Error()))
}

func openExact(f sampleFlags) (from draw.From, err error) {
	t, err := command.ParserIn(".").Target(f.target)
	if err != nil {
		return from, command.Usage(err)
	}
	if t.Law == nil {
		return from, errNoLaw(t)
	}
	path := flow.CondOT
	if f.path != "" {
		if path, err = experiments.ParsePath(f.path); err != nil {
			return from, command.Usage(err)
		}
	}
	return draw.Exact(t, path), nil
}
