package lock

import (
	"context"
	"fmt"
	"os"
	"time"
)

// How long a process waits before it tries to lock again: Pause while another works on the store, and retryPause
// if none does, as a process that only asks holds the lock for a moment.
const (
	Pause      = 50 * time.Millisecond
	retryPause = time.Millisecond
)

// Worker describes the process that works on a store, as recorded in the lock file.
type Worker struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// String returns "flowsweep sweep a.yaml (process 12 on host, since 2026-11-05 12:00:00)", omitting what is unknown.
func (w Worker) String() string {
	if w.PID == 0 {
		return "another flowsweep"
	}
	text := fmt.Sprintf("%s (process %d", w.Command, w.PID)
	if w.Host != "" {
		text += " on " + w.Host
	}
	if !w.Since.IsZero() {
		text += ", since " + w.Since.Local().Format(time.DateTime)
	}
	return text + ")"
}

// BusyError is the error when another process works on the store.
type BusyError struct {
	Path   string // of the store
	Worker Worker
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s is using %s: try again when it is done, or use another --db", e.Worker, e.Path)
}

// Take waits for the lock of the store at path, which is open as store, and calls waiting with each process that
// holds it, once. If waiting is nil it returns a *BusyError instead.
func Take(ctx context.Context, path string, store *os.File, waiting func(Worker)) (*Lock, error) {
	var reported *Worker
	for {
		lock, err := Try(path, store)
		if err != nil || lock != nil {
			return lock, err
		}
		who, ok, err := Holder(path)
		pause := Pause
		switch {
		case err != nil:
			return nil, err
		case !ok:
			pause = retryPause
		case waiting == nil:
			return nil, &BusyError{path, who}
		case reported == nil || who != *reported:
			waiting(who)
			reported = &who
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}
