package pipeline

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/watch"
	"flowsweep/store"
)

type watchFlags struct {
	sweep string
	once  bool
}

func (a *app) watchCommand() *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show a sweep as it runs, from another terminal",
		Long: "Show a sweep as it runs, from another terminal: how far each fit is, its losses, what failed, and the best settings so far.\n" +
			"? lists the keys; q quits, and the sweep goes on. It only reads the store. If no sweep runs it shows how the latest one\n" +
			"ended, and waits for the next. Where the output is no terminal it prints lines, one at least every 10 seconds, until the\n" +
			"sweep ends.",
		Example:     "  flowsweep watch\n  flowsweep watch --once --sweep ring",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{"interrupted": "the sweep goes on"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error { return a.watch(cmd.Context(), db, f) })
		},
	}
	cmd.Flags().StringVar(&f.sweep, "sweep", "", "the sweep's `name` (default the one that runs, or the latest)")
	cmd.Flags().BoolVar(&f.once, "once", false, "print what is known now, and end")
	return cmd
}

// watch shows a sweep on a terminal, and prints lines elsewhere.
func (a *app) watch(ctx context.Context, db *store.DB, f watchFlags) error {
	source := &watch.Source{DB: db, File: a.DB, Sweep: f.sweep, Now: a.Now, Chosen: func(ctx context.Context, name string) []string {
		return chosenOf(ctx, db, name)
	}}
	first, err := source.Read(ctx, "", nil)
	if err != nil {
		return command.Usage(err)
	}
	if f.once {
		return watch.Once(first, a.Stdout)
	}
	out, ok := a.Stdout.(*command.Output)
	if !ok || !sweep.IsTerminal(out.W) || os.Getenv("TERM") == "dumb" {
		return watch.Lines(ctx, source, a.Stdout)
	}
	return watch.Screen(ctx, source, a.Stdin, out.W, os.Environ())
}

// chosenOf returns the settings that a sweep chose, if it has and they can be read.
func chosenOf(ctx context.Context, db *store.DB, name string) []string {
	content, err := db.ArtifactContent(ctx, name, ship.ChoiceFile)
	if err != nil {
		return nil
	}
	chosen, _ := chosenIn(content) // nothing, if it cannot be read
	return chosen
}
