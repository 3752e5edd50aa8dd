package points

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
	"flowsweep/export"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

type logpFlags struct {
	run, model, out string
	label           string
	condition       []string
	columns         []string
	asJSON          bool
}

// density gives points their log densities, in the units of the points.
type density struct {
	name    string
	dim     int
	columns []string // names of the coordinates; nil if there are none
	of      func(x flow.Batch) ([]float64, error)
	note    string
	close   func() error
}

// logpReport is the form of `flowsweep logp --json`, in nats.
type logpReport struct {
	Of   string               `json:"of"`
	N    int                  `json:"n"`
	Mean experiments.Number   `json:"mean"`
	SE   experiments.Number   `json:"se"`
	LogP []experiments.Number `json:"log_prob" null:"never"`
}

func (a *app) logpCommand() *cobra.Command {
	var f logpFlags
	cmd := &cobra.Command{
		Use:         "logp (--run KEY | --model logp.onnx) FILE",
		Annotations: command.KeepsNothing,
		Short:       "Compute the log densities of the points in a file under a run's net",
		Long: "Compute the log densities of the points in a data file, one point per row, under the flow of a run's net, in nats\n" +
			"and in the units of the file. Columns are found by the names that the net was trained with. They are printed as CSV, or\n" +
			"written to --out.",
		Example: "  flowsweep logp --run 5c07f6 points.csv\n  flowsweep logp --run 5c07f6 points.csv --out logp.csv",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.logp(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "the net of the run with this `key`")
	flags.StringVar(&f.model, "model", "", "a logp.onnx `file`, which export --log-prob writes")
	flags.StringSliceVar(&f.columns, "columns", nil, "the `names` of the columns in the file, in the order of the net's, separated by commas")
	flags.StringVar(&f.label, "label", "", "the `class` that the points are given, of a net with a label")
	flags.StringSliceVar(&f.condition, "condition", nil, "the numbers that the points are given, as `NAME=VALUE`, of a net with a condition")
	flags.StringVar(&f.out, "out", "", "the `file` to write, .npy, .csv or .parquet")
	command.JSONFlag(cmd, &f.asJSON, command.Form{Name: "logp", Of: logpReport{}})
	cmd.MarkFlagsMutuallyExclusive("run", "model")
	cmd.MarkFlagsOneRequired("run", "model")
	return cmd
}

func (a *app) logp(ctx context.Context, path string, f logpFlags) (err error) {
	if f.out != "" {
		if _, err := pointsForm(f.out); err != nil {
			return err
		}
	}
	d, err := a.openDensity(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	x, err := a.readLike(path, d.columns, f.columns)
	if err != nil {
		return err
	}
	if x.Dim != d.dim {
		return command.Usage(fmt.Errorf("%s holds points of dimension %d, and the net of %s takes %d: choose columns with --columns", path, x.Dim, d.name, d.dim))
	}
	logp, err := d.of(x)
	if err != nil {
		return err
	}
	return errors.Join(a.printLogP(d, logp, f), finite(logp))
}

// finite returns an error if log densities are not finite: how many, and where the first is.
func finite(logp []float64) error {
	bad, first := 0, 0
	for i, l := range logp {
		if !flow.Finite(l) {
			if bad == 0 {
				first = i
			}
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d log densities are NaN or infinite, the first in row %d: the net diverges there", bad, len(logp), first+1)
}

// printLogP writes or prints the log densities and their mean.
func (a *app) printLogP(d density, logp []float64, f logpFlags) error {
	column := flow.Batch{Dim: 1, Data: logp}
	mean := metric.Mean(logp)
	summary := fmt.Sprintf("%s: log density %.6g ± %.2g nats, the mean over %d points", d.name, mean.Value, mean.SE, len(logp))
	if d.note != "" {
		summary += "; " + d.note
	}
	if f.out != "" {
		if err := saveLogP(f.out, column); err != nil {
			return err
		}
	}
	switch {
	case f.asJSON:
		r := logpReport{Of: d.name, N: len(logp), Mean: experiments.Number(mean.Value), SE: experiments.Number(mean.SE), LogP: []experiments.Number{}}
		for _, l := range logp {
			r.LogP = append(r.LogP, experiments.Number(l))
		}
		return command.PrintJSON(a.Stdout, r)
	case f.out != "":
		_, err := fmt.Fprintf(a.Stdout, "written   %s\n%s\n", f.out, summary)
		return err
	default:
		fmt.Fprintln(a.Stderr, summary)
		_, err := a.Stdout.Write(flow.EncodeCSV(column, []string{"log_prob"}))
		return err
	}
}

// saveLogP writes log densities as 64-bit floats.
func saveLogP(path string, column flow.Batch) error {
	names := []string{"log_prob"}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npy":
		return ship.WriteFile(path, flow.EncodeNPY64(column))
	case ".csv":
		return ship.WriteFile(path, flow.EncodeCSV(column, names))
	default:
		return savePoints(path, column.Len(), names, flow.Units{}, kinds.Code{}, func(each func(flow.Batch) error) error { return each(column) })
	}
}

// openDensity returns what the flags name.
func (a *app) openDensity(ctx context.Context, f logpFlags) (d density, err error) {
	if f.run == "" && f.model == "" {
		return d, command.Usage(errors.New("nothing to ask for log densities: give --run a key or --model a file"))
	}
	if f.model != "" && (f.label != "" || f.condition != nil) {
		return d, command.Usage(errors.New("--label and --condition are of a run's net: give --run"))
	}
	if f.run != "" {
		err = a.WithStore(ctx, func(db *store.DB) error {
			d, err = runDensity(ctx, db, f)
			return err
		})
		return d, err
	}
	o, err := export.OpenFile(f.model, export.OpenOptions{})
	if err != nil {
		return d, command.Usage(printable(fmt.Errorf("%s: %w", f.model, err)))
	}
	if o.Density == nil {
		err := fmt.Errorf("%s gives no log densities of points: use the logp.onnx that export --log-prob writes beside it, or --run", f.model)
		return d, command.Usage(errors.Join(err, o.Close()))
	}
	return density{name: f.model, dim: o.Dim, columns: o.Columns, of: o.Density, close: o.Close}, nil
}

// runDensity opens the net of a run.
func runDensity(ctx context.Context, db *store.DB, f logpFlags) (d density, err error) {
	key, err := command.FindRun(ctx, db, f.run)
	if err != nil {
		return d, err
	}
	r, err := saved.Run(ctx, db, key)
	if err != nil {
		return d, err
	}
	recipe := r.Setting.Recipe
	if !recipe.Source.Gaussian() {
		return d, command.Usage(fmt.Errorf("run %s starts from %s, whose density is not known: log densities need a run that starts from noise", key, recipe.Source.From.Name))
	}
	if column := recipe.Target.Code.Discrete(); column != "" {
		return d, command.Usage(fmt.Errorf("run %s has the column %q, whose values have probabilities and no density: log densities need a table of real, positive and bounded columns", key, column))
	}
	row, err := conditionOf(recipe, f)
	if err != nil {
		return d, command.Usage(fmt.Errorf("run %s: %w", key, err))
	}
	weights, err := saved.Weights(ctx, db, recipe, r.Fit)
	if err != nil {
		return d, err
	}
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return d, err
	}
	net, err := job.Open(e, experiments.Fit{Key: r.Fit, Recipe: recipe, Seed: r.Seed}, weights, 0)
	if err != nil {
		return d, err
	}
	return densityOf(net, r, row), nil
}

// densityOf returns the density of the net of a run, for points that are given a row.
func densityOf(net *job.Fitted, r experiments.Result, row []float64) density {
	recipe := r.Setting.Recipe
	d := density{name: "run " + r.Run, dim: recipe.Target.Width(), columns: recipe.Target.Columns, close: net.Close}
	if recipe.Target.Dim() > job.ExactDimensions {
		d.note = fmt.Sprintf("in more than %d dimensions they are estimates without bias, from random probes of the divergence", job.ExactDimensions)
	}
	if noise := r.Setting.Sample.SDE.Noise; noise > 0 {
		d.note = strings.TrimPrefix(fmt.Sprintf("%s; they are those of the net's flow, which the run's noise on the way (sde) leaves", d.note), "; ")
	}
	if row != nil {
		d.note = strings.TrimPrefix(d.note+"; given "+recipe.Target.Given.Words(row), "; ")
	}
	d.of = func(x flow.Batch) ([]float64, error) {
		x.Given = given.Repeat(row, x.Len())
		return rowDensities(net, recipe.Target, x)
	}
	return d
}

// conditionOf returns what points are given: as the flags say or, without any, nothing, which the net must have learnt. It is nil for a
// net that is conditional on nothing.
func conditionOf(r experiments.Recipe, f logpFlags) ([]float64, error) {
	c := r.Target.Given
	switch {
	case f.label != "":
		k, err := c.Index(f.label)
		if err != nil {
			return nil, fmt.Errorf("--label: %w", err)
		}
		return c.Class(k), nil
	case len(f.condition) > 0:
		row, err := c.Parse(f.condition)
		if err != nil {
			return nil, fmt.Errorf("--condition: %w", err)
		}
		return row, nil
	case c.Empty():
		return nil, nil
	case r.Train.Drop == 0:
		return nil, errors.New("the net was trained without drop, so it has not learnt the density of the whole distribution: say what the points are given, with --label or --condition")
	default:
		return c.Class(given.None), nil
	}
}

// rowDensities returns the log densities of rows, (n), in the units of the data.
func rowDensities(net *job.Fitted, t target.Target, x flow.Batch) ([]float64, error) {
	if err := t.Code.Check(x); err != nil {
		return nil, command.Usage(err)
	}
	z := t.Encode(x)
	z.Given = x.Given
	logp, err := net.LogDensities(z)
	volumes := t.LogVolumes(z)
	for i := range logp {
		logp[i] -= volumes[i]
	}
	return logp, err
}
