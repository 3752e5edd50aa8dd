package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"flowsweep/experiments"
)

// A process that waits for its turn looks this often, and at once again where nobody works: who asks whether somebody
// does holds the lock for a moment.
const (
	lockPause = 50 * time.Millisecond
	askPause  = time.Millisecond
)

// Worker is the process that works on a store, as it signed the lock.
type Worker struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// String returns "flowsweep sweep a.yaml (process 12 on host, since 2026-11-05 12:00:00)", without what is not known.
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

// BusyError says that another process works on the store.
type BusyError struct {
	Path   string // of the store
	Worker Worker
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s works on %s: try again when it is done, or give another --db", e.Worker, e.Path)
}

// Lock makes this process the one that works on the store, until Unlock or Close. What still counts as running then
// died with its process and becomes lost. While another process works, waiting is called with it, again when another
// takes its place, and Lock waits; without waiting it returns a *BusyError at once. The lock is the operating system's:
// it ends with the process, however that ends, and knows no clock.
func (db *DB) Lock(ctx context.Context, command string, now func() time.Time, waiting func(Worker)) error {
	if db.lock.Load() != nil {
		panic("store: Lock of a store that this process has locked")
	}
	lock, err := takeLock(ctx, db.path, waiting)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // a name is a help, no more
	if err := lock.sign(Worker{os.Getpid(), host, command, now()}); err != nil {
		return errors.Join(err, lock.release())
	}
	if err := db.write(ctx, func(tx *sql.Tx) error { return markLost(ctx, tx, now()) }); err != nil {
		return errors.Join(fmt.Errorf("mark what is lost: %w", err), lock.release())
	}
	db.lock.Store(lock)
	return nil
}

// Unlock lets other processes work on the store. It does nothing where this one does not.
func (db *DB) Unlock() error {
	lock := db.lock.Swap(nil)
	if lock == nil {
		return nil
	}
	return lock.release()
}

// Worker returns the process that works on the store, and whether there is one.
func (db *DB) Worker() (Worker, bool, error) { return worker(db.path) }

// mustLock panics where this process does not work on the store: what it marks as running would be taken for lost.
func (db *DB) mustLock(act string) {
	if db.lock.Load() == nil {
		panic("store: " + act + " without Lock")
	}
}

// markLost ends what was running when its process died.
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

// truth returns what the states that were read mean: what is running while nobody works is lost. Ask before reading.
func (db *DB) truth() func(states ...*experiments.State) error {
	works := func() (bool, error) {
		if db.lock.Load() != nil {
			return true, nil
		}
		_, works, err := db.Worker()
		return works, err
	}
	before, err := works()
	return func(states ...*experiments.State) error {
		if err != nil || before {
			return err
		}
		after, asked := false, false
		for _, s := range states {
			if *s != experiments.Running {
				continue
			}
			if !asked {
				// A program may have begun after the first question and before the reading.
				if after, err = works(); err != nil {
					return err
				}
				asked = true
			}
			if !after {
				*s = experiments.Lost
			}
		}
		return nil
	}
}

// takeLock waits for the lock of the store at path, or returns a *BusyError where waiting is nil.
func takeLock(ctx context.Context, path string, waiting func(Worker)) (*fileLock, error) {
	var told *Worker
	for {
		lock, err := tryLock(path)
		if err != nil || lock != nil {
			return lock, err
		}
		who, works, err := worker(path)
		pause := lockPause
		switch {
		case err != nil:
			return nil, err
		case !works:
			pause = askPause
		case waiting == nil:
			return nil, &BusyError{path, who}
		case told == nil || who != *told:
			waiting(who)
			told = &who
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// fileLock is a lock that is held on the file beside a store. The file is there while the store is worked on, and
// after a crash.
type fileLock struct{ file *os.File }

// lockPath returns the path of the lock's file, the same whatever links lead to the store.
func lockPath(store string) string {
	if real, err := filepath.EvalSymlinks(store); err == nil {
		store = real
	}
	return store + ".lock"
}

// tryLock takes the lock of the store at path, or returns nil where another process has it.
func tryLock(path string) (*fileLock, error) {
	path = lockPath(path)
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("lock the store: %w", err)
		}
		ok, err := lockFile(file, true)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w: put the store on a local disk", path, err), file.Close())
		}
		if !ok {
			return nil, file.Close()
		}
		// Whoever had it may have removed the file between the two calls: then this lock keeps nobody out.
		there, statErr := os.Stat(path)
		mine, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if statErr == nil && os.SameFile(there, mine) {
			return &fileLock{file}, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// sign writes into the lock's file who has it.
func (l *fileLock) sign(w Worker) error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	err = l.file.Truncate(0)
	if err == nil {
		_, err = l.file.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		return fmt.Errorf("sign the lock of the store: %w", err)
	}
	return nil
}

func (l *fileLock) release() error {
	if err := removeLocked(l.file); err != nil {
		return fmt.Errorf("unlock the store: %w", err)
	}
	return nil
}

// worker returns who has the lock of the store at path, and whether somebody has.
func worker(path string) (w Worker, works bool, err error) {
	file, err := os.Open(lockPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return w, false, nil
	}
	if err != nil {
		return w, false, fmt.Errorf("look who works on the store: %w", err)
	}
	defer file.Close() // which ends the lock
	free, err := lockFile(file, false)
	if err != nil || free {
		return w, false, err
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<16))
	if err != nil || json.Unmarshal(text, &w) != nil {
		return Worker{}, true, err // it has only just taken it
	}
	return w, true, nil
}
