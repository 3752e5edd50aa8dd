package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/export"
	"flowsweep/export/signing"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// exportFlags say what to export, and where.
type exportFlags struct {
	run, out      string
	sign          string // file of a private key
	key           *signing.Key
	sweep         string
	pareto, force bool
	sampler       export.SamplerOptions
	precisions    []string
}

// exportLong explains --precision.
var exportLong = fmt.Sprintf(`Write the ONNX files of a run, and verify them in onnxruntime against Go.

--precision fp16 writes velocity-fp16.onnx and sampler-fp16.onnx beside them, with weights and arithmetic of the net in
16-bit floats; int8 computes the products with matrices of weights in 8-bit integers. Inputs, outputs and steps stay in
32-bit floats. The nets of all seeds of the setting are rounded, sampled and measured like runs, and compared with those in
32-bit floats by the paired test of the choice. The model card and precision.json say what was lost, and what the files
weigh and take. A precision does not pay, and is not written (exit code 1), if a file has more than %.0f %% of the bytes or
takes more than %.1f times as long on one thread, or if a metric that the setting was chosen by is worse by more than
%.0f %%. --force writes it all the same.`, 100*export.MaxWeight, export.MaxTime, 100*export.MaxLoss)

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	alias := ""
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Write and verify the ONNX files of the chosen run, of any run, or of the Pareto front",
		Example: "  flowsweep export\n  flowsweep export --run 5c07f6 --out net\n  flowsweep export --pareto",
		Long:    exportLong, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetContext(a.withProgress(cmd.Context()))
			if alias != "" {
				f.run = experiments.AliasMark + alias
			}
			if f.sign != "" {
				key, err := signing.ReadKey(f.sign)
				if err != nil {
					return command.Usage(err)
				}
				f.key = &key
			}
			return a.WithScratch(cmd.Context(), func(db *store.DB) error {
				switch {
				case f.run != "":
					return a.exportRun(cmd.Context(), db, f)
				case f.pareto:
					return a.exportFront(cmd.Context(), db, f)
				case f.sampler != export.SamplerOptions{}:
					return command.Usage(errors.New("the files of a sweep have no options: use --run or --pareto"))
				default:
					return a.exportChosen(cmd.Context(), db, f)
				}
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&alias, "alias", "", "the `alias` of the run, see flowsweep promote; the same as --run @ALIAS")
	cmd.MarkFlagsMutuallyExclusive("run", "alias", "pareto")
	cmd.MarkFlagsMutuallyExclusive("run", "alias", "sweep")
	return cmd
}

func (f *exportFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.run, "run", "", "`key` of the run, a unique prefix is enough (default the chosen run of the sweep)")
	flags.StringVar(&f.sweep, "sweep", "", "the sweep's `name` (default the latest)")
	flags.BoolVar(&f.pareto, "pareto", false, "the Pareto front of the sweep: every setting that no cheaper one beats, one folder each")
	flags.StringVar(&f.out, "out", "", "the output `folder` (default out/<sweep name>, out/<run key> or out/<sweep name>-front)")
	flags.StringVar(&f.sign, "sign", "", "sign the folder with this private `key`, a PEM file: writes "+signing.FileName+", which PyPI's model-signing verifies")
	flags.BoolVar(&f.force, "force", false, "replace the ONNX files of another export, and write a --precision that does not pay")
	flags.StringSliceVar(&f.precisions, "precision", nil, "also write velocity and sampler in this `precision`, fp16 or int8 (a comma lists both), with what it loses")
	flags.BoolVar(&f.sampler.Portable, "portable", false, "unroll the steps of sampler.onnx, for runtimes without Loop (with --run or --pareto)")
	flags.BoolVar(&f.sampler.Trajectory, "trajectory", false, "make sampler.onnx also return the points at every time (with --run or --pareto)")
	flags.BoolVar(&f.sampler.LogProb, "log-prob", false, "make sampler.onnx also return the log density of every sample, and write logp.onnx, for\nthe log densities of given points (with --run or --pareto)")
}

// exportRun writes the files of a run.
func (a *app) exportRun(ctx context.Context, db *store.DB, f exportFlags) error {
	key, err := command.FindRun(ctx, db, f.run)
	if err != nil {
		return err
	}
	r, err := saved.Run(ctx, db, key)
	if err != nil {
		return err
	}
	if r.State != experiments.Finished {
		return command.Usage(fmt.Errorf("run %s is %s: export a finished run", key, r.State))
	}
	out, err := ship.Folder(f.out, key)
	if err != nil {
		return err
	}
	w, err := a.exporter(f)
	if err != nil {
		return err
	}
	e, err := ship.ExportRun(ctx, db, w, r, out, f.sampler, f.force)
	if err != nil {
		return err
	}
	return errors.Join(a.finishExport(f, e.Folder, e.Checks, e.Absent), a.printFigures(e.Folder, e.Figures))
}

// exportFront writes the files of every setting on the Pareto front of a sweep.
func (a *app) exportFront(ctx context.Context, db *store.DB, f exportFlags) error {
	outcome, err := ship.Load(ctx, db, f.sweep)
	if err != nil {
		return command.Usage(err)
	}
	out, err := ship.FrontFolder(f.out, outcome.Sweep.Name)
	if err != nil {
		return err
	}
	w, err := a.exporter(f)
	if err != nil {
		return err
	}
	front, err := outcome.ExportFront(ctx, db, w, out, f.sampler, f.force)
	if err != nil {
		return err
	}
	metric := outcome.Sweep.Spec.Choose.Metric
	var refused error
	for _, e := range front {
		s := outcome.Summaries[e.Setting]
		st, _ := s.Stat(metric)
		fmt.Fprintf(a.Stdout, "front     %s (NFE %s): %s %s\n", outcome.Labels.Setting(e.Setting), s.NFE, metric, st.Interval())
		if err := a.finishExport(f, e.Folder, e.Checks, e.Absent); err != nil {
			return err
		}
		refused = errors.Join(refused, a.printFigures(e.Folder, e.Figures))
	}
	return refused
}

// exportChosen writes the output folder of a sweep again.
func (a *app) exportChosen(ctx context.Context, db *store.DB, f exportFlags) error {
	outcome, err := ship.Load(ctx, db, f.sweep)
	if err != nil {
		return command.Usage(err)
	}
	out, err := ship.SweepFolder(f.out, outcome.Sweep.Name)
	if err != nil {
		return err
	}
	w, err := a.exporter(f)
	if err != nil {
		return err
	}
	s, err := outcome.Ship(ctx, db, w, out, f.force)
	if err != nil {
		return err
	}
	if s.NoChoice != nil {
		return s.NoChoice
	}
	return errors.Join(a.finishExport(f, out, s.Checks, s.Absent), a.printFigures(out, s.Figures))
}

// finishExport prints the checks of a folder and signs it, if that is asked for.
func (a *app) finishExport(f exportFlags, folder string, checks []experiments.Check, absent []export.Absent) error {
	if err := a.printExported(folder, checks, absent); err != nil || f.key == nil {
		return err
	}
	if err := f.key.Sign(folder); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "signed    %s\n", filepath.Join(folder, signing.FileName))
	return nil
}

// worker returns what samples and measures for exports.
func (a *app) worker(e engine.Engine) ship.Worker {
	return ship.Worker{Engine: e, Environment: sweep.Environment(e.Name), Now: a.Now}
}

// pickWorker is worker with the fastest engine.
func (a *app) pickWorker() (ship.Worker, error) {
	e, _, err := engine.Pick(engine.Auto)
	return a.worker(e), err
}

// exporter is pickWorker with the precisions of the flags.
func (a *app) exporter(f exportFlags) (ship.Worker, error) {
	precisions, err := export.PrecisionsNamed(f.precisions)
	if err == nil && f.sampler.LogProb && len(precisions) > 0 {
		err = errors.New("log densities need 32-bit floats: use --precision without --log-prob")
	}
	if err != nil {
		return ship.Worker{}, command.Usage(err)
	}
	w, err := a.pickWorker()
	w.Precisions = precisions
	return w, err
}

// printExported prints that each file is verified, and which there are not. It stops with an error at the first that is not verified.
func (a *app) printExported(out string, checks []experiments.Check, absent []export.Absent) error {
	for _, c := range checks {
		if err := ship.CheckError(c); err != nil {
			return err
		}
		a.printCheck(filepath.Join(out, c.File), c)
	}
	a.printAbsent(out, absent)
	return nil
}

// printFigures prints what each precision saves and loses. It returns an error that names those that do not pay and were not
// written.
func (a *app) printFigures(out string, figures []export.Figures) (refused error) {
	for _, f := range figures {
		fmt.Fprintf(a.Stdout, "%-9s %s: %s\n", f.Precision, out, f.Summary())
		if !f.Written {
			refused = errors.Join(refused, fmt.Errorf("%s: %w", out, f.Refusal()))
		}
	}
	return refused
}

// printAbsent prints which files are not written, and why.
func (a *app) printAbsent(out string, absent []export.Absent) {
	for _, f := range absent {
		fmt.Fprintf(a.Stdout, "left out  %s: %s\n", filepath.Join(out, f.File), f.Why)
	}
}
