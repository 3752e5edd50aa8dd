// Package points holds the commands on points: those that draw them, those that measure them, and what is exactly known of targets.
package points

import (
	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
)

// app is what all commands share.
type app struct{ *command.App }

// Commands returns the commands of this room.
func Commands(shared *command.App) []*cobra.Command {
	a := &app{shared}
	return []*cobra.Command{a.sampleCommand(), a.logpCommand(), a.measureCommand(), a.targetCommand()}
}
