package pipeline

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"flowsweep/store"
)

func (a *app) dbCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Look after the store: check it, back it up, clean it, delete a sweep",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.dbCheckCommand(), a.dbBackupCommand(), a.dbCleanCommand(), a.dbDeleteCommand())
	return cmd
}

func (a *app) dbBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the store, even during a sweep; never overwrite a file",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				if err := db.Backup(cmd.Context(), args[0]); err != nil {
					return err
				}
				info, err := os.Stat(args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.stdout, "backup    %s: %d bytes\n", args[0], info.Size())
				return err
			})
		},
	}
}

func (a *app) dbCleanCommand() *cobra.Command {
	var unplanned, asJSON, noWait bool
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Remove what nothing needs, and shrink the file",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.removing(cmd.Context(), "db gc", noWait, asJSON, func(db *store.DB) (store.Removed, error) {
				return db.Clean(cmd.Context(), unplanned)
			})
		},
	}
	cmd.Flags().BoolVar(&unplanned, "unplanned", false, "also remove runs that no sweep plans any more")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "if a sweep is using the store, fail instead of waiting")
	return cmd
}

func (a *app) dbDeleteCommand() *cobra.Command {
	var yes, asJSON, noWait bool
	cmd := &cobra.Command{
		Use:   "delete SWEEP",
		Short: "Delete a sweep; fits and runs that other sweeps plan stay",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.removing(cmd.Context(), "db delete "+args[0], noWait, asJSON, func(db *store.DB) (store.Removed, error) {
				sweep, err := db.Sweep(cmd.Context(), args[0])
				if err != nil {
					return store.Removed{}, usage(err)
				}
				what := fmt.Sprintf("elete %s with its %d runs?", sweep.Name, len(sweep.Results))
				if err := a.confirm("D"+what, "d"+what+" Use --yes to confirm", "nothing was deleted", yes); err != nil {
					return store.Removed{}, err
				}
				return db.Delete(cmd.Context(), args[0])
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "if a sweep is using the store, fail instead of waiting")
	return cmd
}

// removing changes the store and prints what was removed.
func (a *app) removing(ctx context.Context, command string, noWait, asJSON bool, do func(db *store.DB) (store.Removed, error)) error {
	return a.withStore(ctx, func(db *store.DB) error {
		if err := a.lock(ctx, db, command, noWait); err != nil {
			return err
		}
		r, err := do(db)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(a.stdout, r)
		}
		_, err = fmt.Fprintf(a.stdout, "removed   %d runs, %d fits, %d losses, %d checkpoints, %d contents; the file is %d bytes smaller\n",
			r.Runs, r.Fits, r.Losses, r.Checkpoints, r.Contents, r.Bytes)
		return err
	})
}
