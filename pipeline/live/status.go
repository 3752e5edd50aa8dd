// Package live is what a sweep does now, for other processes: a small file beside the store, which exists while the sweep runs.
//
//	status, running, err := live.Read("runs.db")
package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"flowsweep/store/lock"
)

// Status is what a sweep does now, and how far it is. Steps and runs are those that were left when it started.
type Status struct {
	Sweep    string    `json:"sweep"`
	PID      int       `json:"pid"`
	Machine  string    `json:"machine"` // its name; empty where that is not known
	Started  time.Time `json:"started"`
	At       time.Time `json:"at"`       // when this was so
	Activity string    `json:"activity"` // in words: "training 2 nets"
	Fits     []Fit     `json:"fits"`     // at work, the earliest first

	Steps      int `json:"steps"` // of training
	StepsTotal int `json:"steps_total"`
	Runs       int `json:"runs"` // sampled and measured, or failed
	RunsTotal  int `json:"runs_total"`
	Failures   int `json:"failures"`

	StepSeconds float64 `json:"step_seconds"` // wall time of the sweep that each of the steps left will take; 0 where that is not known
	RunSeconds  float64 `json:"run_seconds"`  // the same of the runs

	Cores         int       `json:"cores"`          // that this machine has
	CPU           float64   `json:"cpu"`            // of them busy with the sweep
	Memory        int64     `json:"memory"`         // bytes that the process has
	MachineMemory int64     `json:"machine_memory"` // bytes; 0 where that is not known
	Machines      []Machine `json:"machines"`       // of a crew, by name
}

// Fit is a fit at work.
type Fit struct {
	Key     string    `json:"key"`
	Label   string    `json:"label"`   // what distinguishes it, apart from its seed
	Machine string    `json:"machine"` // of a crew; empty for this one
	Seed    uint64    `json:"seed"`
	Step    int       `json:"step"` // of training, those of earlier sweeps among them
	Steps   int       `json:"steps"`
	Rate    float64   `json:"rate"` // steps a second lately; 0 where that is not known
	Since   time.Time `json:"since"`
}

// Machine is a machine of a crew.
type Machine struct {
	Name   string    `json:"name"`
	Slots  int       `json:"slots"` // fits that it does at once; 0 where that is not known
	Fits   int       `json:"fits"`  // at work there
	Done   int       `json:"done"`
	Silent bool      `json:"silent"`
	Seen   time.Time `json:"seen"`
}

// Path returns the path of the file beside a store, which is the same for all symbolic links to the store.
func Path(db string) string {
	if real, err := filepath.EvalSymlinks(db); err == nil {
		db = real
	}
	return db + "-live"
}

// Read returns what the sweep does that works on a store, and whether there is one. What a process left that died is nothing.
func Read(db string) (Status, bool, error) {
	worker, busy, err := lock.Holder(db)
	if !busy || err != nil {
		return Status{}, false, err
	}
	text, err := os.ReadFile(Path(db))
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, false, nil // it has just started or ended, or it is no sweep
	}
	if err != nil {
		return Status{}, false, fmt.Errorf("read what the sweep does: %w", err)
	}
	var s Status
	if err := json.Unmarshal(text, &s); err != nil {
		return Status{}, false, fmt.Errorf("read what the sweep does, in %s: %w", Path(db), err)
	}
	// Without permission to read the lock nobody knows who holds it, and what is written counts.
	if worker.PID != 0 && (worker.PID != s.PID || s.Started.Before(worker.Since)) {
		return Status{}, false, nil
	}
	return s, true, nil
}

// ETA returns about how long the trainings and runs that are left will take, and whether that is known.
func (s Status) ETA(now time.Time) (time.Duration, bool) {
	steps, runs := max(s.StepsTotal-s.Steps, 0), max(s.RunsTotal-s.Runs, 0)
	if steps+runs == 0 || steps > 0 && s.StepSeconds == 0 || steps == 0 && s.RunSeconds == 0 {
		return 0, false
	}
	seconds := float64(steps)*s.StepSeconds + float64(runs)*s.RunSeconds
	if seconds > maxSeconds {
		return 0, false
	}
	left := time.Duration(seconds * float64(time.Second))
	return max(left-now.Sub(s.At), 0), true
}

// ETA returns about how long the training of the fit will still take, and whether that is known.
func (f Fit) ETA() (time.Duration, bool) {
	if f.Rate <= 0 || f.Step >= f.Steps {
		return 0, false
	}
	seconds := float64(f.Steps-f.Step) / f.Rate
	return time.Duration(min(seconds, maxSeconds) * float64(time.Second)), seconds < maxSeconds
}

// maxSeconds is far below what a Duration can hold, and more than anybody waits.
const maxSeconds = 1e9
