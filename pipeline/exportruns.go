package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/leave"
	"flowsweep/store"
)

func (a *app) exportRunsCommand() *cobra.Command {
	var to, out string
	var sweeps, where []string
	cmd := &cobra.Command{
		Use:   "export-runs --to FORM",
		Short: "Write sweeps for other programs: MLflow, TensorBoard, Optuna, Parquet, CSV",
		Long: "Write sweeps for other programs, with parameters, metrics, losses by step, notes, tags and files: all that are in the\n" +
			"store, or those that are named. mlflow is a tracking store, tensorboard event files, optuna an SQLite file of studies,\n" +
			"parquet and csv are tables of runs, settings and losses. The output is a folder of its own, which must not exist: nothing\n" +
			"is ever added to what another program may have changed.",
		Example: "  flowsweep export-runs --to mlflow\n  flowsweep export-runs --to optuna --sweep ring\n" +
			"  flowsweep export-runs --to tensorboard --where 'nfe <= 16' --out few",
		Args:        cobra.NoArgs,
		Annotations: command.KeepsNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			form, err := leave.FormNamed(to)
			if err != nil {
				return command.Usage(fmt.Errorf("--to: %w", err))
			}
			if out == "" {
				out = filepath.Join("out", form.Name)
			}
			if err := leave.Check(out); err != nil {
				return command.Usage(err)
			}
			return a.WithStore(cmd.Context(), func(db *store.DB) error { return a.exportRuns(cmd.Context(), db, form, out, sweeps, where) })
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the `form`: "+strings.Join(leave.Names(), ", "))
	cmd.Flags().StringArrayVar(&sweeps, "sweep", nil, "the sweep's `name` (default all); may be repeated")
	cmd.Flags().StringArrayVar(&where, "where", nil, "only runs that meet this `condition`, as in runs; may be repeated, and all must be met")
	cmd.Flags().StringVar(&out, "out", "", "the output `folder` (default out/<form>)")
	return cmd
}

func (a *app) exportRuns(ctx context.Context, db *store.DB, form leave.Form, out string, names, where []string) error {
	sweeps, err := leave.Load(ctx, db, names, where)
	if err != nil {
		return command.Usage(err)
	}
	if len(sweeps) == 0 {
		return command.Usage(errors.New("no run meets --where: see flowsweep runs"))
	}
	if err := form.Write(ctx, out, sweeps); err != nil {
		return err
	}
	runs := 0
	for _, s := range sweeps {
		for _, setting := range s.Settings {
			runs += len(setting.Runs)
		}
	}
	fmt.Fprintf(a.Stdout, "%d runs of %d sweeps in %s\n", runs, len(sweeps), problem.Printable(out))
	if form.Open == "" {
		return nil
	}
	_, err = fmt.Fprintf(a.Stdout, "open it   "+form.Open+"\n", problem.Printable(out))
	return err
}
