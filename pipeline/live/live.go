// Package live is a placeholder.
package live

import "time"

type Status struct {
	Sweep, Machine, Activity           string
	PID                                int
	Started, At                        time.Time
	Fits                               []Fit
	Steps, StepsTotal, Runs, RunsTotal int
	Failures, Cores                    int
}
type Fit struct{}

func Read(db string) (Status, bool, error)               { return Status{}, false, nil }
func (s Status) ETA(now time.Time) (time.Duration, bool) { return 0, false }
