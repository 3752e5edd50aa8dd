package upkeep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/remeasure"
	"flowsweep/store"
)

func (a *app) dbCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Look after the store: check it, back it up, clean it, take in others, delete a sweep",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.dbCheckCommand(), a.dbBackupCommand(), a.dbCleanCommand(), a.dbMergeCommand(), a.dbDeleteCommand())
	return cmd
}

func (a *app) dbCheckCommand() *cobra.Command {
	var asJSON, metrics bool
	sweep := ""
	cmd := &cobra.Command{
		Use:         "check",
		Annotations: command.KeepsNothing,
		Short:       "Check that the store is whole; exit with 1 if it is not",
		Long: "Check that the store is whole: the file itself, its schema, the checksum of every row, values that cannot be, keys that\n" +
			"are not those of their configurations, references between rows, the sha256 of every content. It also says what was\n" +
			"running when its process died, and what nothing needs. With --metrics every metric of every run is measured again from\n" +
			"the stored samples and weights, and must be what is stored, to the last digit. The exit code is 1 if something is\n" +
			"damaged. A sweep of the same spec makes again what is damaged of its fits and runs, and what was made of them.",
		Example: "  flowsweep db check\n  flowsweep db check --metrics --sweep ring",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if sweep != "" && !metrics {
				return command.Usage(errors.New("--sweep says which metrics to measure again: give --metrics, too"))
			}
			if _, err := os.Stat(a.DB); err != nil {
				return command.Usage(fmt.Errorf("there is no store to check: %w", err))
			}
			db, err := a.OpenStore(cmd.Context())
			if err != nil {
				return err // damaged
			}
			list, err := db.Check(cmd.Context())
			if err == nil && metrics && damageError(a.DB, list) == nil {
				var more []store.Finding
				more, err = a.checkMetrics(cmd.Context(), db, sweep)
				list = append(list, more...)
			}
			if err == nil {
				err = a.printFindings(list, asJSON)
			}
			return errors.Join(err, db.Close())
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "db-check", Of: []store.Finding{}})
	cmd.Flags().BoolVar(&metrics, "metrics", false, "also measure every run again, which takes about as long as it took in the sweep")
	cmd.Flags().StringVar(&sweep, "sweep", "", "measure only the runs of the sweep with this `name`")
	return cmd
}

// checkMetrics measures all runs of a sweep again, or of all sweeps if the name is empty.
func (a *app) checkMetrics(ctx context.Context, db *store.DB, name string) (list []store.Finding, err error) {
	names := []string{name}
	if name == "" {
		if names, err = db.SweepNames(ctx); err != nil {
			return nil, err
		}
	}
	seen := map[[2]string]bool{} // keys of a run and its reference
	for _, name := range names {
		sweep, err := db.Sweep(ctx, name)
		if err != nil {
			return nil, command.Usage(err)
		}
		found, err := a.checkSweep(ctx, db, sweep, seen)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// checkSweep measures all runs of a sweep again, except for those that were seen in another sweep: editions of a sweep share
// most of their runs.
func (a *app) checkSweep(ctx context.Context, db *store.DB, sweep experiments.Sweep, seen map[[2]string]bool) (list []store.Finding, err error) {
	uses, err := db.Uses(ctx, sweep.Name, "")
	if err != nil {
		return nil, err
	}
	all := len(uses)
	uses = slices.DeleteFunc(uses, func(u store.Use) bool { return seen[[2]string{u.Run, u.Reference}] })
	slices.SortStableFunc(uses, func(a, b store.Use) int { return strings.Compare(a.Fit, b.Fit) })
	m, same, notes := remeasure.New(db, sweep, uses, nil), 0, map[string]int{}
	defer func() { err = errors.Join(err, m.Close()) }()
	for _, use := range uses {
		seen[[2]string{use.Run, use.Reference}] = true
		rows, err := m.Run(ctx, use)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			switch {
			case r.Note != "":
				notes[r.Note]++
			case r.Same:
				same++
			default:
				list = append(list, finding(r))
			}
		}
	}
	shared := ""
	if n := all - len(uses); n > 0 {
		shared = fmt.Sprintf("; %d runs that it shares were measured with another sweep", n)
	}
	fmt.Fprintf(a.Stderr, "%s: %d values measured again and equal to the last digit%s\n", sweep.Name, same, shared)
	for _, note := range slices.Sorted(maps.Keys(notes)) {
		list = append(list, store.Finding{Kind: "metric", Text: fmt.Sprintf("%d values of sweep %s were not measured again: %s", notes[note], sweep.Name, note)})
	}
	return list, nil
}

// finding reports a value that is not what is stored as damage.
func finding(r remeasure.Row) store.Finding {
	return store.Finding{Kind: "metric", Damage: true, Text: fmt.Sprintf("%s of run %s in sweep %s is stored as %v (se %v, p %v) and measured again as %v (se %v, p %v)",
		r.Metric, r.Run, r.Sweep, r.Stored.Value, r.Stored.SE, r.Stored.P, r.Again.Value, r.Again.SE, r.Again.P)}
}

// printFindings prints what Check found. It returns an error if something is damaged.
func (a *app) printFindings(list []store.Finding, asJSON bool) error {
	err := damageError(a.DB, list)
	if asJSON {
		if list == nil {
			list = []store.Finding{}
		}
		return errors.Join(command.PrintJSON(a.Stdout, list), err)
	}
	for _, f := range list {
		fmt.Fprintf(a.Stdout, "%-10s %s\n", f.Kind, problem.Printable(f.Text))
	}
	if err == nil {
		fmt.Fprintf(a.Stdout, "%s is whole\n", a.DB)
	}
	return err
}

// damageError returns the error that something in the store is damaged, if it is, with what to do.
func damageError(path string, list []store.Finding) error {
	damaged, repaired := 0, 0
	for _, f := range list {
		if f.Damage {
			damaged++
		}
		if f.Damage && f.Repair {
			repaired++
		}
	}
	const restore = "restore a backup, or delete the sweeps they belong to"
	switch {
	case damaged == 0:
		return nil
	case repaired == 0:
		return fmt.Errorf("%d things in %s are damaged: %s", damaged, path, restore)
	case repaired < damaged:
		return fmt.Errorf("%d things in %s are damaged: run `flowsweep sweep` on their specs again, which repairs %d of them; for the others %s", damaged, path, repaired, restore)
	default:
		return fmt.Errorf("%d things in %s are damaged: run `flowsweep sweep` on their specs again, which repairs them, or restore a backup", damaged, path)
	}
}

func (a *app) dbBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "backup FILE",
		Short:   "Write a consistent copy of the store, even during a sweep; never overwrite a file",
		Example: "  flowsweep db backup copy.db",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				copied, err := db.Backup(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				info, err := os.Stat(args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.Stdout, "backup    %s: %d bytes\n", args[0], info.Size())
				if copied.Folder != "" {
					_, err = fmt.Fprintf(a.Stdout, "contents  %s: %d files, %d bytes, which belong to it: keep both\n", copied.Folder, copied.Files, copied.Bytes)
				}
				return err
			})
		},
	}
}

func (a *app) dbCleanCommand() *cobra.Command {
	var unplanned, dryRun, asJSON, noWait bool
	cmd := &cobra.Command{
		Use:     "gc",
		Short:   "Remove what nothing needs, and shrink the file",
		Example: "  flowsweep db gc\n  flowsweep db gc --unplanned --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.removing(cmd.Context(), "db gc", noWait, dryRun, asJSON, func(db *store.DB) (store.Removed, error) {
				if dryRun {
					return db.WouldClean(cmd.Context(), unplanned)
				}
				return db.Clean(cmd.Context(), unplanned)
			})
		},
	}
	cmd.Flags().BoolVar(&unplanned, "unplanned", false, "also remove runs that no sweep plans any more")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be removed, and remove nothing")
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "db-gc", Of: store.Removed{}})
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "if a sweep is using the store, fail instead of waiting")
	return cmd
}
