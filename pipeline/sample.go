package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

type sampleFlags struct {
	run, model, target, path       string
	solver, steps, tolerance, grid string
	exact                          bool
	count                          int
	seed                           uint64
	noise, out                     string
}

func (a *app) sampleCommand() *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:   "sample (--run KEY | --model FILE.onnx | --exact --target T) --out FILE",
		Short: "Draw samples from a run's net, an ONNX file or the exact velocity of a target",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.sample(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "the net of the run with this `key`, and its solver unless --solver is given")
	flags.StringVar(&f.model, "model", "", "any ONNX `file`: a velocity (t, x -> v) or a sampler (noise -> samples)")
	flags.BoolVar(&f.exact, "exact", false, "the exact velocity of a target")
	flags.StringVar(&f.target, "target", "", "the target of --exact: a name or inline YAML")
	flags.StringVar(&f.path, "path", "", "the `path` to sample along (default the net's own; condot for --exact)")
	flags.StringVar(&f.solver, "solver", "", "the solver (default midpoint)")
	flags.StringVar(&f.steps, "steps", "", "number of steps (default 8)")
	flags.StringVar(&f.tolerance, "tolerance", "", "error per step of adaptive solvers (default 1e-5)")
	flags.StringVar(&f.grid, "grid", "", "the time grid (default uniform)")
	flags.IntVar(&f.count, "count", 2000, "samples")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the noise")
	flags.StringVar(&f.noise, "noise", "", "start from the points in this .npy or .csv `file` instead of --count and --seed")
	flags.StringVar(&f.out, "out", "", "the `file` to write, .npy or .csv")
	cmd.MarkFlagsMutuallyExclusive("run", "model", "exact")
	cmd.MarkFlagsOneRequired("run", "model", "exact")
	cmd.MarkFlagsRequiredTogether("exact", "target")
	return cmd
}

// drawable is something to draw samples from: a velocity field or a whole sampler.
type drawable struct {
	name     string
	dim      int
	velocity job.Velocity
	sampler  func(x0 flow.Batch) (flow.Batch, error) // noise to samples; nil if there is a velocity
	source   experiments.Source
	sampling experiments.Sampling // recommended; zero if there is none
	units    flow.Units           // of the samples
	columns  []string
	close    func() error
}

func (a *app) sample(ctx context.Context, f sampleFlags) (err error) {
	if f.out == "" {
		return usage(errors.New("--out is missing: give a .npy or .csv file to write"))
	}
	if !f.exact && f.run == "" && f.model == "" {
		return usage(errors.New("nothing to sample: give --run a key or --model a file"))
	}
	if _, err := pointsForm(f.out); err != nil {
		return err
	}
	v, err := a.open(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	x0, err := a.start(f, v)
	if err != nil {
		return err
	}
	if v.sampler != nil {
		x, err := v.sampler(x0)
		if err != nil {
			return err
		}
		return a.writePoints(f.out, x, v.columns)
	}
	s, err := f.sampling(v)
	if err != nil {
		return err
	}
	s.Count = x0.Len()
	got, err := v.velocity.Sample(ctx, s, x0)
	if errors.Is(err, oracle.ErrNoLimit) {
		return fmt.Errorf("%w (noise: in --target), or use a solver that takes no velocity at t = 1, such as --solver euler or midpoint", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s, %s: %.6g velocity calls a sample\n", v.name, experiments.Form(s), got.NFE)
	return a.writePoints(f.out, v.units.Apply(got.Points), v.columns)
}

// open returns what the flags name.
func (a *app) open(ctx context.Context, f sampleFlags) (drawable, error) {
	switch {
	case f.exact:
		return openExact(f)
	case f.run != "":
		var v drawable
		err := a.withStore(ctx, func(db *store.DB) (err error) {
			v, err = openRun(ctx, db, f.run)
			return err
		})
		return v, err
	default:
		content, err := os.ReadFile(f.model)
		if err != nil {
			return drawable{}, usage(fmt.Errorf("read the model: %w", err))
		}
		v, err := openFile(f.model, content, f)
		return v, usage(err)
	}
}

// openFile opens an ONNX file from anywhere.
func openFile(name string, content []byte, f sampleFlags) (drawable, error) {
	o, err := export.Open(content, runtime.GOMAXPROCS(0))
	if err != nil {
		return drawable{}, fmt.Errorf("%s: %w", name, err)
	}
	v := drawable{name: name, dim: o.Dim, velocity: job.Velocity{Path: flow.CondOT}, columns: o.Columns, units: o.Units, sampler: o.Sampler, close: o.Close}
	if o.Velocity != nil {
		v.velocity.Rows, v.velocity.Field = o.Velocity, o.Velocity.Field()
		return v, nil
	}
	for _, flag := range []struct{ name, value string }{{"solver", f.solver}, {"steps", f.steps}, {"tolerance", f.tolerance}, {"grid", f.grid}, {"path", f.path}} {
		if flag.value != "" {
			return drawable{}, errors.Join(fmt.Errorf("%s: it is a sampler, with its own solver and steps: leave out --%s, or sample velocity.onnx",
				name, flag.name), o.Close())
		}
	}
	return v, nil
}

func openExact(f sampleFlags) (drawable, error) {
	t, err := experiments.Parser{Open: dataIn(".")}.Target(f.target)
	if err != nil {
		return drawable{}, usage(err)
	}
	if t.Law == nil {
		return drawable{}, errNoLaw(t)
	}
	path := flow.CondOT
	if f.path != "" {
		if path, err = experiments.ParsePath(f.path); err != nil {
			return drawable{}, usage(err)
		}
	}
	o := oracle.Oracle{Law: t.Law, Path: path}
	return drawable{
		name: "exact velocity of " + t.Name, dim: t.Dim(), velocity: job.Velocity{Path: path, Field: o.Field(), Rows: o.RowField()},
		units: t.Units, columns: t.Columns,
		close: func() error { return nil },
	}, nil
}

func openRun(ctx context.Context, db *store.DB, prefix string) (drawable, error) {
	key, err := findRun(ctx, db, prefix)
	if err != nil {
		return drawable{}, err
	}
	r, err := saved.Run(ctx, db, key)
	if err != nil {
		return drawable{}, err
	}
	recipe := r.Setting.Recipe
	weights, err := saved.Weights(ctx, db, recipe, r.Fit)
	if err != nil {
		return drawable{}, err
	}
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return drawable{}, err
	}
	model, err := velocity.Compile(e, recipe.VelocityNet(), weights)
	if err != nil {
		return drawable{}, err
	}
	return drawable{
		name: "run " + key, dim: model.Net.Dim(), source: recipe.Source, sampling: r.Setting.Sample,
		units: recipe.Target.Units, columns: recipe.Target.Columns,
		velocity: job.Velocity{Path: recipe.Path, Field: model.Field(), Rows: model.RowField()}, close: model.Close,
	}, nil
}

// sampling returns how to sample: the flags first, then the run's own sampling, then the defaults of a spec.
func (f sampleFlags) sampling(v drawable) (experiments.Sampling, error) {
	fields := []string{fmt.Sprintf("count: %d", max(f.count, 2))}
	for _, key := range []struct{ name, value string }{{"solver", f.solver}, {"steps", f.steps}, {"tolerance", f.tolerance}, {"grid", f.grid}} {
		if key.value != "" {
			fields = append(fields, key.name+": "+key.value)
		}
	}
	s := v.sampling
	if s.Solver.Name == "" || len(fields) > 1 {
		var err error
		if s, err = experiments.ParseSampling("{" + strings.Join(fields, ", ") + "}"); err != nil {
			return s, usage(err)
		}
	}
	if f.path != "" && !f.exact {
		path, err := experiments.ParsePath(f.path)
		if err != nil {
			return s, usage(err)
		}
		s.Path = path
	}
	if s.Path.String() == v.velocity.Path.String() {
		s.Path = flow.Path{}
	}
	return s, nil
}
