package pipeline

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/manual"
)

func (a *app) manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "manual FOLDER",
		Annotations: command.KeepsNothing,
		Short:       "Write man pages and the completion of shells into a folder, and say how to install them",
		Example:     "  flowsweep manual out/setup && man -l out/setup/man1/flowsweep-sweep.1",
		Args:        cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := manual.Write(cmd.Root(), args[0], a.Now())
			if err != nil {
				return err
			}
			man, shells := filepath.Join(args[0], "man1"), filepath.Join(args[0], "completions")
			_, err = fmt.Fprintf(a.Stdout, "wrote     %d files in %s\n"+
				"man       mkdir -p ~/.local/share/man/man1 && cp %s/*.1 ~/.local/share/man/man1\n"+
				"bash      mkdir -p ~/.local/share/bash-completion/completions && cp %s/flowsweep ~/.local/share/bash-completion/completions\n"+
				"zsh       put %s into fpath, in ~/.zshrc before compinit\n"+
				"fish      mkdir -p ~/.config/fish/completions && cp %s/flowsweep.fish ~/.config/fish/completions\n",
				len(files), args[0], man, shells, shells, shells)
			return err
		},
	}
}
