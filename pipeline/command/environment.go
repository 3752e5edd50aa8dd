package command

import (
	"fmt"

	"flowsweep/experiments"
)

// versionAndCommit returns the version of the program, and the commit it was built from where that is known.
func VersionAndCommit(e experiments.Environment) string {
	switch {
	case e.Commit == "":
		return e.Version
	case e.Dirty:
		return e.Version + ", commit " + e.Commit + " with changes"
	default:
		return e.Version + ", commit " + e.Commit
	}
}

// environmentLine returns the environment in a line.
func EnvironmentLine(e experiments.Environment) string {
	commit := "unknown"
	if e.Commit != "" {
		commit = fmt.Sprintf("%s (dirty: %v)", e.Commit, e.Dirty)
	}
	line := fmt.Sprintf("commit %s, %s, %s/%s, %s, %d cores, engine %s", commit, e.Go, e.OS, e.Arch, e.CPU, e.Cores, e.Engine)
	if e.Machine != "" {
		line += ", machine " + e.Machine
	}
	if e.Rounding != "" {
		line += ", rounding " + e.Rounding
	}
	return line
}
