// Package upkeep holds the commands on the store as a file: db check, backup, gc, delete and merge.
package upkeep

import (
	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
)

// app is what all commands share.
type app struct{ *command.App }

// Commands returns the commands of this room.
func Commands(shared *command.App) []*cobra.Command {
	a := &app{shared}
	return []*cobra.Command{a.dbCommand()}
}
