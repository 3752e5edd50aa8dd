// Package show holds the commands on what is stored under a key: showing it, tagging it, and giving it aliases.
package show

import (
	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
)

// app is what all commands share.
type app struct{ *command.App }

// Commands returns the commands of this room.
func Commands(shared *command.App) []*cobra.Command {
	a := &app{shared}
	return []*cobra.Command{a.showCommand(), a.tagCommand(), a.noteCommand(), a.promoteCommand(), a.aliasesCommand()}
}
