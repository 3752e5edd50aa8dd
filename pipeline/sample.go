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

type drawFlags struct {
	run, model, target, path       string
	solver, steps, tolerance, grid string
	exact                          bool
	count                          int
	seed                           uint64
	noise, out                     string
}

func (a *app) sampleCommand() *cobra.Command {
	var f drawFlags
	cmd := &cobra.Command{
		Use:   "sample (--run KEY | --model FILE.onnx | --exact --target T) --out FILE",
		Short: "Draw samples from a run's net, an ONNX file or the exact velocity of a target",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.drawSamples(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "the net of the run of that `key`, and its solver where no other is given")
	flags.StringVar(&f.model, "model", "", "an ONNX `file` from anywhere: a velocity (t, x -> v), or a sampler (noise -> samples)")
	flags.BoolVar(&f.exact, "exact", false, "the exact velocity of a target")
	flags.StringVar(&f.target, "target", "", "the target of --exact: a name, or inline YAML")
	flags.StringVar(&f.path, "path", "", "the `path` to sample along (default the net's own, condot for --exact)")
	flags.StringVar(&f.solver, "solver", "", "the solver (default midpoint)")
	flags.StringVar(&f.steps, "steps", "", "its steps (default 8)")
	flags.StringVar(&f.tolerance, "tolerance", "", "error a step, for adaptive solvers (default 1e-5)")
	flags.StringVar(&f.grid, "grid", "", "the time grid (default uniform)")
	flags.IntVar(&f.count, "count", 2000, "samples")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the noise")
	flags.StringVar(&f.noise, "noise", "", "start from the points of this .npy or .csv `file`, instead of --count and --seed")
	flags.StringVar(&f.out, "out", "", "the `file` to write, .npy or .csv")
	cmd.MarkFlagsMutuallyExclusive("run", "model", "exact")
	cmd.MarkFlagsOneRequired("run", "model", "exact")
	cmd.MarkFlagsRequiredTogether("exact", "target")
	return cmd
}

// velocities is a velocity to sample from, whatever computes it.
type velocities struct {
	name     string
	dim      int
	path     flow.Path
	source   experiments.Source
	sampling experiments.Sampling // recommended; zero if none is
	units    flow.Affine          // of the samples
	columns  []string
	field    flow.Field
	rows     flow.RowField
	whole    func(x0 flow.Batch) (flow.Batch, error) // noise to samples; nil where there is a velocity
	close    func() error
}

func (a *app) drawSamples(ctx context.Context, f drawFlags) (err error) {
	if f.out == "" {
		return usage(errors.New("--out is missing: give the file to write, .npy or .csv"))
	}
	if !f.exact && f.run == "" && f.model == "" {
		return usage(errors.New("there is nothing to sample: give --run the key of a run, or --model a file"))
	}
	if _, err := pointsForm(f.out); err != nil {
		return err
	}
	v, err := a.velocities(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	x0, err := f.start(v)
	if err != nil {
		return err
	}
	if v.whole != nil {
		x, err := v.whole(x0)
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
	got, err := job.Draw(ctx, v.field, v.rows, v.path, s, x0)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s, %s: %.6g velocity calls a sample\n", v.name, experiments.Form(s), got.NFE)
	return a.writePoints(f.out, v.units.Apply(got.Points), v.columns)
}

// velocities opens what the flags name.
func (a *app) velocities(ctx context.Context, f drawFlags) (velocities, error) {
	switch {
	case f.exact:
		return exactVelocities(f)
	case f.run != "":
		var v velocities
		err := a.withStore(ctx, func(db *store.DB) (err error) {
			v, err = runVelocities(ctx, db, f.run)
			return err
		})
		return v, err
	default:
		content, err := os.ReadFile(f.model)
		if err != nil {
			return velocities{}, usage(fmt.Errorf("read the model: %w", err))
		}
		v, err := fileVelocities(f.model, content, f)
		return v, usage(err)
	}
}

// fileVelocities opens an ONNX file from anywhere.
func fileVelocities(name string, content []byte, f drawFlags) (velocities, error) {
	o, err := export.Open(content, runtime.GOMAXPROCS(0))
	if err != nil {
		return velocities{}, fmt.Errorf("%s: %w", name, err)
	}
	v := velocities{name: name, dim: o.Dim, path: flow.CondOT, columns: o.Columns, units: o.Units, whole: o.Sampler, close: o.Close}
	if o.Velocity != nil {
		v.rows, v.field = o.Velocity, o.Velocity.Field()
		return v, nil
	}
	for _, flag := range []struct{ name, value string }{{"solver", f.solver}, {"steps", f.steps}, {"tolerance", f.tolerance}, {"grid", f.grid}, {"path", f.path}} {
		if flag.value != "" {
			return velocities{}, errors.Join(fmt.Errorf("%s: it is a sampler, which holds its solver and steps: leave --%s out, or sample velocity.onnx",
				name, flag.name), o.Close())
		}
	}
	return v, nil
}

func exactVelocities(f drawFlags) (velocities, error) {
	t, err := experiments.Parser{Open: dataIn(".")}.Target(f.target)
	if err != nil {
		return velocities{}, usage(err)
	}
	if t.Law == nil {
		return velocities{}, errNoLaw(t)
	}
	path := flow.CondOT
	if f.path != "" {
		if path, err = experiments.ParsePath(f.path); err != nil {
			return velocities{}, usage(err)
		}
	}
	o := oracle.Oracle{Law: t.Law, Path: path}
	return velocities{
		name: "exact velocity of " + t.Name, dim: t.Dim, path: path, field: o.Field(), rows: o.RowField(),
		units: t.Units, columns: t.Columns,
		close: func() error { return nil },
	}, nil
}

func runVelocities(ctx context.Context, db *store.DB, prefix string) (velocities, error) {
	key, err := findRun(ctx, db, prefix)
	if err != nil {
		return velocities{}, err
	}
	r, err := saved.Run(ctx, db, key)
	if err != nil {
		return velocities{}, err
	}
	net, err := job.NetOf(r.Setting.Recipe)
	if err != nil {
		return velocities{}, err
	}
	weights, err := saved.Weights(ctx, db, net, r.Fit)
	if err != nil {
		return velocities{}, err
	}
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return velocities{}, err
	}
	model, err := velocity.Compile(e, net, weights)
	if err != nil {
		return velocities{}, err
	}
	recipe := r.Setting.Recipe
	return velocities{
		name: "run " + key, dim: net.Dim, path: recipe.Path, source: recipe.Source, sampling: r.Setting.Sample,
		units: recipe.Target.Units, columns: recipe.Target.Columns,
		field: model.Field(), rows: model.RowField(), close: model.Close,
	}, nil
}

// sampling returns how to sample: as the flags say, and for the rest as the run did or as a spec does by default.
func (f drawFlags) sampling(v velocities) (experiments.Sampling, error) {
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
	if s.Path.String() == v.path.String() {
		s.Path = flow.Path{}
	}
	return s, nil
}

// start returns the points to start from.
func (f drawFlags) start(v velocities) (flow.Batch, error) {
	if f.noise == "" {
		if f.count < 1 {
			return flow.Batch{}, usage(fmt.Errorf("--count %d: ask for at least 1 sample", f.count))
		}
		x0 := flow.NewBatch(f.count, v.dim)
		v.source.Fill(x0, flow.NewStream(f.seed, "noise"), 0)
		return x0, nil
	}
	x0, err := readPoints(f.noise)
	if err == nil && x0.Dim != v.dim {
		err = usage(fmt.Errorf("%s holds points of dimension %d, and the %s takes %d", f.noise, x0.Dim, v.name, v.dim))
	}
	return x0, err
}
