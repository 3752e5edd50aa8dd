package show

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/store"
)

func (a *app) tagCommand() *cobra.Command {
	var remove []string
	cmd := &cobra.Command{
		Use:     "tag NAME [TAG...]",
		Short:   "Tag a sweep, fit or run, and print its tags",
		Long:    "Tag a sweep, fit or run, and print its tags. NAME is the name of a sweep, or the prefix of a key.",
		Example: "  flowsweep tag 5c07f6 good\n  flowsweep tag ring paper 'figure 2'\n  flowsweep tag 5c07f6 --remove good",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				owner, err := db.Owner(cmd.Context(), args[0])
				if err != nil {
					return command.Usage(err)
				}
				for _, tag := range args[1:] {
					if strings.TrimSpace(tag) == "" {
						return command.Usage(fmt.Errorf("%q is not a tag: use a word", tag))
					}
				}
				if len(args) > 1 || len(remove) > 0 {
					if err := db.Tag(cmd.Context(), owner, args[1:], remove); err != nil {
						return err
					}
				}
				tags, err := db.Tags(cmd.Context(), owner)
				for _, tag := range tags {
					fmt.Fprintln(a.Stdout, problem.Printable(tag))
				}
				return err
			})
		},
	}
	cmd.Flags().StringArrayVar(&remove, "remove", nil, "remove this `tag`; may be repeated")
	return cmd
}

// remark adds the tags, the aliases and the note of what is shown.
func (s *shown) remark(ctx context.Context, db *store.DB) (err error) {
	owner := store.Owner{Kind: s.Kind, Key: s.Key}
	if s.Tags, err = db.Tags(ctx, owner); err != nil {
		return err
	}
	if s.Note, err = db.Note(ctx, owner); err != nil || s.Kind != "run" {
		return err
	}
	all, err := db.Aliases(ctx)
	for _, alias := range all {
		if alias.Run == s.Key {
			s.Aliases = append(s.Aliases, alias.Name)
		}
	}
	return err
}

func (a *app) noteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "note NAME [TEXT]",
		Short: "Set or print the note of a sweep, fit or run",
		Long: "Set the note of a sweep, fit or run, or without TEXT print it. NAME is the name of a sweep, or the prefix of a key. An\n" +
			"empty TEXT removes the note.",
		Example: "  flowsweep note 5c07f6 'best so far, but slow'\n  flowsweep note 5c07f6",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				owner, err := db.Owner(cmd.Context(), args[0])
				if err != nil {
					return command.Usage(err)
				}
				if len(args) == 2 {
					return db.SetNote(cmd.Context(), owner, args[1])
				}
				note, err := db.Note(cmd.Context(), owner)
				if err != nil || note == "" {
					return err
				}
				for line := range strings.Lines(note) {
					fmt.Fprintln(a.Stdout, problem.Printable(strings.TrimSuffix(line, "\n")))
				}
				return nil
			})
		},
	}
}
