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
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"flowsweep/experiments/disk"
	"flowsweep/store/large"
	"flowsweep/store/lock"
	"flowsweep/store/losses"
	"flowsweep/store/place"
	"flowsweep/store/seal"

	"github.com/mattn/go-sqlite3"
)

// DB is an open store. It is safe for use by several goroutines, and by several processes on one machine.
type DB struct {
	path       string
	at         string   // the file that SQLite opens: the store, or a copy of it
	file       *os.File // the store, open as long as SQLite has it open
	writer     *sql.DB  // one connection
	readers    *sql.DB  // see the last commit while the writer is writing
	losses     *losses.Log
	large      large.Folder // of contents above largeAbove bytes
	largeAbove int64
	single     bool // it travels as one file, see OpenPart
	data       *dataFiles
	wrote      atomic.Bool
	lock       atomic.Pointer[lock.Lock] // held while this process works on the store
	close      sync.Once
	closed     error

	readOnly *ReadOnlyError // nil if the store can be written
	copy     *disk.Partial  // the folder of the copy, or nil
	before   place.State    // when it was opened, of a store that SQLite reads without locks
	shared   bool           // open for reading alone, with the locks that others heed
	opened   place.State    // just before it was opened, of one that is open for reading alone
	moment   *moment        // of a view, see Snapshot; or nil

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

// write runs do in a transaction, which is rolled back if do returns an error.
func (db *DB) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	return db.writeOn(ctx, db.writer, do)
}

// writeOn is write on the writing connection, or the pool that has it.
func (db *DB) writeOn(ctx context.Context, on interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}, do func(tx *sql.Tx) error,
) error {
	if db.readOnly != nil {
		return db.readOnly
	}
	tx, err := on.BeginTx(ctx, nil)
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
	if db.moment != nil {
		return do(db.moment.tx)
	}
	tx, err := db.readers.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to commit
	return do(tx)
}

// Worker is the process that works on a store, and BusyError the error of Lock where another does.
type (
	Worker    = lock.Worker
	BusyError = lock.BusyError
)

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
	own, err := lock.Take(ctx, db.path, db.file, waiting)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // only informative
	if err := own.Sign(Worker{PID: os.Getpid(), Host: host, Command: command, Since: now()}); err != nil {
		return errors.Join(err, own.Release())
	}
	if err := db.write(ctx, func(tx *sql.Tx) error { return markLost(ctx, tx, now()) }); err != nil {
		return errors.Join(fmt.Errorf("mark lost fits and runs: %w", err), own.Release())
	}
	db.lock.Store(own)
	disk.RemoveDead(own.Folder())
	_ = db.dropUnused(ctx) // what a process wrote that died before it was stored: the next one tries again
	return nil
}

// Unlock lets other processes work on the store. It does nothing if this process has not locked it.
func (db *DB) Unlock() error {
	own := db.lock.Swap(nil)
	if own == nil {
		return nil
	}
	return own.Release()
}

// Worker returns the process that works on the store, and whether there is one.
func (db *DB) Worker() (Worker, bool, error) { return lock.Holder(db.path) }

// mustLock panics unless this process has locked the store: what it marks as running would be taken for lost.
func (db *DB) mustLock(act string) {
	if db.lock.Load() == nil {
		panic("store: " + act + " without Lock")
	}
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

// connector makes connections, and calls hook, unless it is nil, on each.
type connector struct {
	dsn  string
	hook func(*sqlite3.SQLiteConn) error
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return &sqlite3.SQLiteDriver{ConnectHook: c.hook} }

// connect returns a pool of at most n connections. It reads back the pragmas, because SQLite silently ignores unknown
// ones and some file systems do not support the write-ahead log.
func connect(ctx context.Context, path string, n int, hook func(*sqlite3.SQLiteConn) error, pragmas map[string]string, options url.Values) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: options.Encode()}
	pool := sql.OpenDB(connector{dsn.String(), hook})
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	for name, want := range pragmas {
		var got string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got); err != nil {
			return nil, errors.Join(err, pool.Close())
		}
		if got != want {
			err := fmt.Errorf("%s is %s, not %s: put the store on a local disk", name, got, want)
			return nil, errors.Join(err, pool.Close())
		}
	}
	return pool, nil
}

// busy reports whether another process holds the file. SQLite waits for most locks, but not for the one needed to start
// or end a write-ahead log, which processes that start together may contend for.
func busy(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.Code == sqlite3.ErrBusy
}
