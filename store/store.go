// Package store keeps sweeps in one SQLite file: plans, fits and their losses, runs and their metrics, artifacts, checks.
//
//	db, err := store.Open(ctx, "runs.db")
//	defer db.Close()
//	err = db.StartSweep(ctx, plan, env, now)
//	sweep, err := db.Sweep(ctx, "two-moons")
//
// A change survives a crash of the program or the machine once its method has returned: the write-ahead log is on disk by
// then. Losses are the exception; they are safe after Flush, SaveCheckpoint or the end of their fit. Any number of
// processes can read at any time, but only one at a time works on the store, see Lock. Times come from the caller.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	// also the driver "sqlite3"

	"flowsweep/experiments/disk"
	"flowsweep/store/large"
	"flowsweep/store/seal"
)

// DB is an open store. It is safe for use by several goroutines, and by several processes on one machine.
type DB struct {
	path       string
	at         string   // the file that SQLite opens: the store, or a copy of it
	file       *os.File // the store, open as long as SQLite has it open
	writer     *sql.DB  // one connection
	readers    *sql.DB  // see the last commit while the writer is writing
	losses     *lossLog
	large      large.Folder // of contents above largeAbove bytes
	largeAbove int64
	wrote      atomic.Bool
	lock       atomic.Pointer[fileLock] // held while this process works on the store
	close      sync.Once
	closed     error

	readOnly *ReadOnlyError // nil if the store can be written
	copy     *disk.Partial  // the folder of the copy, or nil
	before   fileState      // when it was opened, of a store that SQLite reads without locks

	insertLosses map[int]*sql.Stmt // by the number of losses; used only by the loss log
}

const (
	maxReaders  = 8                     // concurrent reads
	openPause   = 50 * time.Millisecond // between attempts to open a busy store
	openTimeout = 4 * time.Second       // after which Open gives up
)

// writerPragmas and readerPragmas are the values each connection must have, as SQLite prints them. Synchronous mode FULL
// (2) makes commits survive a power failure, which NORMAL does not with a write-ahead log.
var (
	writerPragmas = map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000", "foreign_keys": "1"}
	readerPragmas = map[string]string{"journal_mode": "wal", "query_only": "1", "busy_timeout": "5000"}
)

// Open opens the store in the file at path, creating it if necessary, and upgrades it to the newest version. If the file
// is not a store, or is newer than the program, Open returns an error and does not change it. If the file cannot be written, it
// is open for reading, see ReadOnly.
func Open(ctx context.Context, path string) (*DB, error) {
	db, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", path, err)
	}
	return db, nil
}

// OpenExisting is like Open but returns an error if the file does not exist.
func OpenExisting(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no store %q: run `flowsweep sweep SPEC` first, or use --db FILE", path)
	}
	return Open(ctx, path)
}

func open(ctx context.Context, path string) (*DB, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if why := checkWritable(path); why != nil {
		return openReadOnly(ctx, path, why)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) // SQLite accepts an empty file
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, at: path, file: file, large: large.Folder{Path: largeFolder(path)}, largeAbove: largeAbove, insertLosses: map[int]*sql.Stmt{1: nil, rowsPerQuery: nil}}
	if err := db.connectWhenFree(ctx); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	db.losses = newLossLog(db.writeLosses)
	return db, nil
}

// connectWhenFree connects, and tries again while other processes hold the file.
func (db *DB) connectWhenFree(ctx context.Context) error {
	if disk.OwnLocks {
		if err := checkOtherName(db.path, db.file); err != nil {
			return err
		}
	}
	for start := time.Now(); ; time.Sleep(openPause) {
		err := db.connect(ctx)
		if err == nil {
			return nil
		}
		err = errors.Join(err, db.disconnect())
		if !busy(err) {
			return err
		}
		if time.Since(start) > openTimeout {
			return fmt.Errorf("%w: another process is writing to it, try again when it is done", err)
		}
	}
}

func (db *DB) connect(ctx context.Context) (err error) {
	db.writer, err = connect(ctx, db.at, 1, seal.Register, writerPragmas, url.Values{
		"mode": {"rwc"}, "_txlock": {"immediate"}, "_busy_timeout": {"5000"},
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"on"},
	})
	if err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	db.readers, err = connect(ctx, db.at, maxReaders, nil, readerPragmas, url.Values{
		"mode": {"rw"}, "_txlock": {"deferred"}, "_busy_timeout": {"5000"}, "_query_only": {"on"},
	})
	if err != nil {
		return err
	}
	return db.checkLarge(ctx)
}

// Close writes pending losses, moves the write-ahead log into the file, closes the store and unlocks it. Its error
// includes those in writing losses since the last Flush.
func (db *DB) Close() error {
	db.close.Do(func() {
		lost := db.losses.stop()
		var err error
		if db.wrote.Load() && db.copy == nil { // a process that only read must not block a writer
			_, err = db.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		}
		if err := errors.Join(lost, err, db.disconnect(), db.Unlock(), db.leave()); err != nil {
			db.closed = fmt.Errorf("close store: %w", err)
		}
	})
	return db.closed
}

// disconnect closes the readers first, as the last connection to close removes the write-ahead log and must be writable.
func (db *DB) disconnect() error {
	var errs []error
	for _, pool := range []*sql.DB{db.readers, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// write runs do in a transaction, which is rolled back if do returns an error.
func (db *DB) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	if db.readOnly != nil {
		return db.readOnly
	}
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := seal.AddTriggers(ctx, tx); err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err
	}
	db.wrote.Store(true)
	return tx.Commit()
}

// read runs do in a transaction, so that all its reads see the same state.
func (db *DB) read(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := db.readers.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to commit
	return do(tx)
}

// querier is a pool, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// texts returns the only column of a query.
func texts(ctx context.Context, tx querier, query string, args ...any) (list []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// updateOne runs an update that must change exactly one row.
func updateOne(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	switch n, err := result.RowsAffected(); {
	case err != nil:
		return err
	case n != 1:
		return errors.New("not in the store")
	}
	return nil
}

// wrap prefixes a non-nil error with the act that failed.
func wrap(err *error, act string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(act, args...), *err)
	}
}
