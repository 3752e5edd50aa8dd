// Package watch shows a sweep as it runs, from another process: on a terminal as a screen with keys, elsewhere in lines.
//
//	source := &watch.Source{DB: db, File: "runs.db", Now: time.Now}
//	err := watch.Screen(ctx, source, os.Stdin, os.Stdout, os.Environ())
//	err = watch.Lines(ctx, source, os.Stdout)
package watch

import (
	"context"
	"io"
	"slices"

	tea "charm.land/bubbletea/v2"
)

// Screen shows a sweep on a terminal until its user quits. If the context ends before, that is the error.
func Screen(ctx context.Context, source *Source, in io.Reader, out io.Writer, env []string) error {
	m := Model{read: func(filter string, visible []string) (Snapshot, error) { return source.Read(ctx, filter, visible) }}
	m.paint.colours = !slices.ContainsFunc(env, func(e string) bool { return len(e) > len(noColour) && e[:len(noColour)] == noColour })
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithEnvironment(env), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// noColour is the start of the variable with which a user asks for no colours. Without a value it says nothing.
const noColour = "NO_COLOR="
