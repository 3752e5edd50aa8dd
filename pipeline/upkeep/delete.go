package upkeep

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
	"flowsweep/store"
)

func (a *app) dbDeleteCommand() *cobra.Command {
	var yes, dryRun, asJSON, noWait bool
	cmd := &cobra.Command{
		Use:   "delete SWEEP",
		Short: "Delete a sweep; fits and runs that other sweeps plan stay",
		Long: "Delete a sweep, after saying what goes with it and what stays because other sweeps plan it. The file keeps its size until\n" +
			"`flowsweep db gc`.",
		Example: "  flowsweep db delete ring --dry-run\n  flowsweep db delete ring@1 --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.removing(ctx, "db delete "+args[0], noWait, dryRun, asJSON, func(db *store.DB) (store.Removed, error) {
				sweep, err := db.SweepName(ctx, args[0])
				if err != nil {
					return store.Removed{}, command.Usage(err)
				}
				would, err := db.WouldDelete(ctx, sweep)
				if err != nil || dryRun {
					return would, err
				}
				what := fmt.Sprintf("elete %s with %s?", sweep, removedText(would))
				if would.KeptRuns+would.KeptFits > 0 {
					what += fmt.Sprintf(" What stays: %s.", keptText(would))
				}
				if err := a.Confirm("D"+what, "d"+what+" Use --yes to confirm", "nothing was deleted", yes); err != nil {
					return store.Removed{}, err
				}
				return db.Delete(ctx, sweep)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be removed, and remove nothing")
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "db-delete", Of: store.Removed{}})
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "if a sweep is using the store, fail instead of waiting")
	return cmd
}

// removing removes something from the store and prints what; in a dry run it says what it would.
func (a *app) removing(ctx context.Context, name string, noWait, dryRun, asJSON bool, do func(db *store.DB) (store.Removed, error)) error {
	return a.WithStore(ctx, func(db *store.DB) error {
		if err := a.Lock(ctx, db, name, noWait); err != nil {
			return err
		}
		r, err := do(db)
		if err != nil {
			return err
		}
		if asJSON {
			return command.PrintJSON(a.Stdout, r)
		}
		verb := "removed"
		if dryRun {
			verb = "would go"
		}
		fmt.Fprintf(a.Stdout, "%-9s %s\n", verb, removedText(r))
		if r.KeptRuns+r.KeptFits > 0 {
			fmt.Fprintf(a.Stdout, "%-9s %s\n", "kept", keptText(r))
		}
		if !dryRun {
			_, err = fmt.Fprintf(a.Stdout, "%-9s %d bytes smaller\n", "file", r.Bytes)
		}
		if r.LargeFiles > 0 && err == nil {
			_, err = fmt.Fprintf(a.Stdout, "%-9s %d large files, %d bytes\n", "contents", r.LargeFiles, r.LargeBytes)
		}
		return err
	})
}

// removedText says what was or would be removed.
func removedText(r store.Removed) string {
	return fmt.Sprintf("%d runs, %d fits, %d losses, %d checkpoints, %d tunings, %d files; %d contents, %d bytes in all",
		r.Runs, r.Fits, r.Losses, r.Checkpoints, r.Tunings, r.Files, r.Contents, r.ContentBytes)
}

// keptText says what stays of a deleted sweep.
func keptText(r store.Removed) string {
	text := fmt.Sprintf("%d runs and %d fits, which others need", r.KeptRuns, r.KeptFits)
	if len(r.KeptAliases) > 0 {
		text += " or aliases name: " + strings.Join(r.KeptAliases, ", ")
	}
	return text
}
