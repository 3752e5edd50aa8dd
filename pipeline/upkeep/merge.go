package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/store"
)

func (a *app) dbMergeCommand() *cobra.Command {
	var asJSON, noWait bool
	cmd := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Take in other stores, such as those of parts of a sweep from other machines",
		Long: "Take in other stores, in the order given: sweeps with their plans, fits, runs, metrics, and all that was made of them. The\n" +
			"files are only read, and may be in use. What has finished in the store is never changed. What has finished in both is\n" +
			"compared to the last digit: where it differs, the store keeps its own and says so. Checkpoints of fits that are\n" +
			"unfinished come too, so that a sweep goes on from them. A sweep whose name has another plan here becomes an edition,\n" +
			"NAME@1. Merging again changes nothing.\n\n" +
			"All files are checked before the first is taken in: if one of them is damaged, or no store, the exit code is 2 and\n" +
			"nothing has changed.",
		Example: "  flowsweep db merge part1.db part2.db\n  flowsweep db merge parts/*.db && flowsweep sweep ring.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.merge(cmd.Context(), args, noWait, asJSON)
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "db-merge", Of: []merged{}})
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "if a sweep is using the store, fail instead of waiting")
	return cmd
}

// merged is a file that was taken in.
type merged struct {
	File string `json:"file"`
	store.Taken
}

// merge takes the files into the store, which it makes if there is none.
func (a *app) merge(ctx context.Context, files []string, noWait, asJSON bool) error {
	if err := a.vetFiles(ctx, files); err != nil {
		return command.Usage(err)
	}
	db, err := store.Open(ctx, a.DB)
	if err != nil {
		return command.Usage(err)
	}
	list, err := a.takeFiles(ctx, db, files, noWait)
	if asJSON && err == nil {
		err = command.PrintJSON(a.Stdout, list)
	}
	if !asJSON {
		for _, m := range list {
			fmt.Fprintf(a.Stdout, "%s   %s\n", m.File, takenText(m.Taken))
		}
	}
	return errors.Join(err, db.Close())
}

// vetFiles returns the errors of all files that cannot be taken in.
func (a *app) vetFiles(ctx context.Context, files []string) error {
	errs := []error{store.CheckPath(a.DB)}
	target, noTarget := os.Stat(a.DB)
	for i, file := range files {
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = fmt.Errorf("there is no file %s", file)
		case err != nil:
		case noTarget == nil && os.SameFile(info, target):
			err = fmt.Errorf("%s is the store itself: give others, or another --db", file)
		case slices.Contains(files[:i], file):
			err = fmt.Errorf("%s is given twice: give it once", file)
		default:
			err = store.Vet(ctx, file)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// maxSaid is the number of notes and differences of a file that are printed.
const maxSaid = 20

// takeFiles takes the files in, and says what came of each.
func (a *app) takeFiles(ctx context.Context, db *store.DB, files []string, noWait bool) (list []merged, err error) {
	if err := a.Lock(ctx, db, "db merge", noWait); err != nil {
		return nil, err
	}
	differ := 0
	for _, file := range files {
		taken, err := db.Take(ctx, file)
		if err != nil {
			return list, err
		}
		list = append(list, merged{file, taken})
		for i, text := range slices.Concat(taken.Notes, taken.Differ) {
			if i == maxSaid {
				fmt.Fprintf(a.Stderr, "%s: and %d more, see --json\n", file, len(taken.Notes)+len(taken.Differ)-i)
				break
			}
			fmt.Fprintf(a.Stderr, "%s: %s\n", file, problem.Printable(text))
		}
		differ += len(taken.Differ)
	}
	if differ > 0 {
		fmt.Fprintf(a.Stderr, "%d differences: what %s held first is kept\n", differ, a.DB)
	}
	return list, nil
}

// takenText says what was taken from a file.
func takenText(t store.Taken) string {
	text := fmt.Sprintf("%d fits, %d runs taken", t.Fits, t.Runs)
	if t.Sweeps > 0 {
		text = fmt.Sprintf("%d sweeps, %s", t.Sweeps, text)
	}
	if t.Checkpoints > 0 {
		text += fmt.Sprintf("; %d checkpoints", t.Checkpoints)
	}
	if t.Same > 0 {
		text += fmt.Sprintf("; %d the same", t.Same)
	}
	if t.Aliases > 0 {
		text += fmt.Sprintf("; %d moves of aliases", t.Aliases)
	}
	if n := len(t.Differ); n > 0 {
		text += fmt.Sprintf("; %d differ", n)
	}
	return text
}
