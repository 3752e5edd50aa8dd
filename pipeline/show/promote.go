package show

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

func (a *app) promoteCommand() *cobra.Command {
	var alias, remove, note string
	cmd := &cobra.Command{
		Use:   "promote NAME --as ALIAS",
		Short: "Give a run an alias, such as champion, which moves there from the run that had it",
		Long: "Give a run an alias, such as champion, which moves there from the run that had it. NAME is the prefix of a key, another\n" +
			"@ALIAS, or the name of a sweep, for the run that it chose. @champion then stands for the run wherever a key is asked for.\n" +
			"Every move is kept, with when, who and why: see flowsweep aliases. What an alias names is never deleted.",
		Example: "  flowsweep promote 5c07f6 --as champion\n  flowsweep promote ring --as champion --note 'half the calls'\n  flowsweep promote --remove champion",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (remove == "") == (len(args) == 0) || (remove == "") != (alias != "") {
				return command.Usage(errors.New("give the run and its alias, as in `flowsweep promote KEY --as champion`, or an alias to --remove"))
			}
			name := alias + remove
			if err := store.CheckAlias(name); err != nil {
				return command.Usage(err)
			}
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				if remove != "" {
					return a.demote(cmd.Context(), db, name, note)
				}
				return a.promote(cmd.Context(), db, args[0], name, note)
			})
		},
	}
	cmd.Flags().StringVar(&alias, "as", "", "the `alias`: lower-case letters, digits, - and _")
	cmd.Flags().StringVar(&remove, "remove", "", "remove this `alias`; its history stays")
	cmd.Flags().StringVar(&note, "note", "", "why, a `text` for the history")
	return cmd
}

// promote makes the alias name a run.
func (a *app) promote(ctx context.Context, db *store.DB, name, alias, note string) error {
	run, of, err := promotable(ctx, db, name)
	if err != nil {
		return command.Usage(err)
	}
	if note == "" {
		note = of
	}
	from, err := db.Promote(ctx, alias, a.move(run, note))
	switch {
	case err != nil:
		return err
	case from == run:
		_, err = fmt.Fprintf(a.Stdout, "%s names run %s already\n", alias, run)
	case from == "":
		_, err = fmt.Fprintf(a.Stdout, "%s names run %s\n", alias, run)
	default:
		_, err = fmt.Fprintf(a.Stdout, "%s names run %s, before %s\n", alias, run, from)
	}
	return err
}

// demote makes the alias name no run.
func (a *app) demote(ctx context.Context, db *store.DB, alias, note string) error {
	from, err := db.Demote(ctx, alias, a.move("", note))
	if errors.Is(err, store.ErrNoAlias) {
		return command.Usage(err)
	}
	if err == nil {
		_, err = fmt.Fprintf(a.Stdout, "%s named run %s, and is removed\n", alias, from)
	}
	return err
}

// promotable returns the key of the finished run with this name, and how it was found where that is not by its key.
func promotable(ctx context.Context, db *store.DB, name string) (run, of string, err error) {
	owner, err := db.Owner(ctx, name)
	switch {
	case err != nil:
		return "", "", err
	case owner.Kind == "fit":
		return "", "", fmt.Errorf("%s is a fit, whose net may be sampled in several ways: promote one of its runs, see `flowsweep runs`", owner.Key)
	case owner.Kind == "sweep":
		run, err := chosenRun(ctx, db, owner.Key)
		return run, "the chosen run of " + owner.Key, err
	}
	r, err := db.Run(ctx, owner.Key)
	if err == nil && r.State != experiments.Finished {
		err = fmt.Errorf("run %s is %s: promote a finished run", owner.Key, r.State)
	}
	return owner.Key, "", err
}

// chosenRun returns the key of the run that a sweep chose.
func chosenRun(ctx context.Context, db *store.DB, sweep string) (string, error) {
	outcome, err := ship.Load(ctx, db, sweep)
	if err != nil {
		return "", err
	}
	if outcome.NoChoice != nil {
		return "", fmt.Errorf("%s has no chosen run: %w", sweep, outcome.NoChoice)
	}
	var keys []string
	for _, t := range outcome.Targets {
		if t.Err == nil {
			keys = append(keys, t.Choice.Run.Run)
		}
	}
	if len(keys) > 1 {
		return "", fmt.Errorf("%s chose a run for each of its targets: promote one of them, %s", sweep, strings.Join(keys, ", "))
	}
	return keys[0], nil
}

// move returns a move to the run, now and by whom this process belongs to.
func (a *app) move(run, note string) store.AliasMove {
	m := store.AliasMove{Run: run, Time: a.Now(), Note: note}
	m.Host, _ = os.Hostname() // which, like the name of the user, only informs
	if u, err := user.Current(); err == nil {
		m.User = u.Username
	}
	return m
}

func (a *app) aliasesCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:         "aliases",
		Annotations: command.KeepsNothing,
		Short:       "List the aliases of runs, with all their moves",
		Long: "List the aliases of runs, with all their moves: which run each names, and before it which others, since when, by whom and\n" +
			"why. `flowsweep promote` moves them. Removed ones come last.",
		Example: "  flowsweep aliases",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				list, err := db.Aliases(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return command.PrintJSON(a.Stdout, append([]store.Alias{}, list...)) // [] and not null where there are none
				}
				return a.printAliases(list)
			})
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "aliases", Of: []store.Alias{}})
	return cmd
}

// printAliases prints each alias, and its moves from the last to the first.
func (a *app) printAliases(list []store.Alias) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.Stdout, "no aliases: `flowsweep promote KEY --as ALIAS` makes one")
		return err
	}
	for _, alias := range list {
		for i := len(alias.Moves) - 1; i >= 0; i-- {
			name := ""
			if i == len(alias.Moves)-1 {
				name = alias.Name
			}
			if _, err := fmt.Fprintf(a.Stdout, "%-12s %s\n", name, moveText(alias.Moves[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveText says what a move of an alias did.
func moveText(m store.AliasMove) string {
	text := "removed"
	if m.Run != "" {
		text = "run " + m.Run
	}
	text += m.Time.Local().Format(", 2006-01-02 15:04")
	if m.User != "" {
		text += " by " + m.User
	}
	if m.Host != "" {
		text += " on " + m.Host
	}
	if m.Note != "" {
		text += ": " + m.Note
	}
	return problem.Printable(text)
}
