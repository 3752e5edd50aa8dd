package pipeline

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/compare"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

func (a *app) reportCommand() *cobra.Command {
	var sweep, out, baseline string
	cmd := &cobra.Command{
		Use:     "report",
		Short:   "Write the HTML report of a sweep again, from the store alone",
		Example: "  flowsweep report\n  flowsweep report --sweep ring --out page\n  flowsweep report --baseline 5c07f6",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error { return a.report(cmd.Context(), db, sweep, baseline, out) })
		},
	}
	cmd.Flags().StringVar(&sweep, "sweep", "", "the sweep's `name` (default the latest)")
	cmd.Flags().StringVar(&baseline, "baseline", "", "compare every setting with that of this run, of any sweep, by the beginning of its `key`")
	cmd.Flags().StringVar(&out, "out", "", "the output `folder` (default out/<sweep name>)")
	return cmd
}

func (a *app) report(ctx context.Context, db *store.DB, name, baseline, out string) error {
	outcome, err := ship.Load(ctx, db, name)
	if err != nil {
		return command.Usage(err)
	}
	if out, err = ship.SweepFolder(out, outcome.Sweep.Name); err != nil {
		return err
	}
	if baseline != "" {
		if outcome.Baseline, err = compare.Baseline(ctx, db, outcome, baseline); err != nil {
			return err
		}
	}
	page, err := outcome.Page(ctx, db)
	if err != nil {
		return err
	}
	path, err := ship.WriteReport(out, page)
	if err != nil {
		return err
	}
	if err := a.listSweeps(ctx, db, out, outcome.Sweep.Name); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "report    %s\n", path)
	return err
}
