package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
)

// How long a process waits before it tries to lock again: lockPause while another works on the store, and retryPause
// if none does, as a process that only asks holds the lock for a moment.
const (
	lockPause  = 50 * time.Millisecond
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

// BusyError is the error of Lock when another process works on the store.
type BusyError struct {
	Path   string // of the store
	Worker Worker
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s is using %s: try again when it is done, or use another --db", e.Worker, e.Path)
}

// Lock makes this process the one that works on the store, until Unlock or Close. Whatever is still marked as running is
// then marked as lost, and what processes that died have left beside it is removed: incomplete copies, and
// large contents that nothing needs. While another process works, Lock calls waiting with each such process once and waits; if waiting
// is nil, it returns a *BusyError at once. The operating system releases the lock when the process ends, however it ends.
func (db *DB) Lock(ctx context.Context, command string, now func() time.Time, waiting func(Worker)) error {
	if db.lock.Load() != nil {
		panic("store: Lock of a store that this process has already locked")
	}
	if db.readOnly != nil {
		return db.readOnly
	}
	lock, err := takeLock(ctx, db.path, db.file, waiting)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // only informative
	if err := lock.sign(Worker{os.Getpid(), host, command, now()}); err != nil {
		return errors.Join(err, lock.release())
	}
	if err := db.write(ctx, func(tx *sql.Tx) error { return markLost(ctx, tx, now()) }); err != nil {
		return errors.Join(fmt.Errorf("mark lost fits and runs: %w", err), lock.release())
	}
	db.lock.Store(lock)
	disk.RemoveDead(filepath.Dir(lock.file.Name()))
	_ = db.dropUnused(ctx) // what a process wrote that died before it was stored: the next one tries again
	return nil
}

// Unlock lets other processes work on the store. It does nothing if this process has not locked it.
func (db *DB) Unlock() error {
	lock := db.lock.Swap(nil)
	if lock == nil {
		return nil
	}
	return lock.release()
}

// Worker returns the process that works on the store, and whether there is one.
func (db *DB) Worker() (Worker, bool, error) { return worker(db.path) }

// mustLock panics unless this process has locked the store: what it marks as running would be taken for lost.
func (db *DB) mustLock(act string) {
	if db.lock.Load() == nil {
		panic("store: " + act + " without Lock")
	}
}

// markLost marks as lost everything that still counts as running.
func markLost(ctx context.Context, tx *sql.Tx, now time.Time) error {
	const why = "its process died"
	for _, table := range []struct{ name, kind, started string }{{"fits", ownerFit, "started"}, {"runs", ownerRun, "NULL"}} {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO failures (owner_kind, owner, try, state, error, started, noticed)
			SELECT ?1, key, 1 + (SELECT count(*) FROM failures WHERE owner_kind = ?1 AND owner = key), ?2, ?3, %s, ?4
			FROM %s WHERE state = ?5`, table.started, table.name),
			table.kind, experiments.Lost, why, timeText(now), experiments.Running); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET state = ?, error = ? WHERE state = ?`, table.name),
			experiments.Lost, why, experiments.Running); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE sweeps SET state = ? WHERE state = ?`, experiments.Lost, experiments.Running)
	return err
}

// runningToLost returns a function that changes states from running to lost, unless a process works on the store. Call
// runningToLost before reading the states, and the function afterwards.
func (db *DB) runningToLost() func(states ...*experiments.State) error {
	hasWorker := func() (bool, error) {
		if db.lock.Load() != nil {
			return true, nil
		}
		_, ok, err := db.Worker()
		return ok, err
	}
	before, err := hasWorker()
	return func(states ...*experiments.State) error {
		running := func(s *experiments.State) bool { return *s == experiments.Running }
		if err != nil || before || !slices.ContainsFunc(states, running) {
			return err
		}
		// A process may have begun to work after the first check and before the reading.
		after, err := hasWorker()
		if err != nil || after {
			return err
		}
		for _, s := range states {
			if running(s) {
				*s = experiments.Lost
			}
		}
		return nil
	}
}

// takeLock waits for the lock of the store at path. If waiting is nil it returns a *BusyError instead.
func takeLock(ctx context.Context, path string, store *os.File, waiting func(Worker)) (*fileLock, error) {
	var reported *Worker
	for {
		lock, err := tryLock(path, store)
		if err != nil || lock != nil {
			return lock, err
		}
		who, ok, err := worker(path)
		pause := lockPause
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
