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
	"time"

	"flowsweep/experiments/disk"
	"flowsweep/store/large"
	"flowsweep/store/lock"
	"flowsweep/store/losses"
	"flowsweep/store/place"
	"flowsweep/store/seal"
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

// CheckPath returns the error with which a process could not work on the file at path, without writing anything. A missing file
// in a writable folder is fine.
func CheckPath(path string) error {
	err := checkPath(path)
	if err == nil {
		err = place.CheckWritable(path)
	}
	if err != nil {
		return fmt.Errorf("open store %q: %w", path, err)
	}
	return nil
}

// checkPath returns an error if the file at path is missing and cannot be created, or exists and cannot be read as a store.
func checkPath(path string) error {
	file, err := place.OpenIfExists(path)
	if file == nil || err != nil {
		return err
	}
	defer file.Close()
	return checkHeader(file)
}

func open(ctx context.Context, path string) (*DB, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if why := place.CheckWritable(path); why != nil {
		return openReadOnly(ctx, path, why)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) // SQLite accepts an empty file
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, at: path, file: file, large: large.Folder{Path: largeFolder(path)}, largeAbove: largeAbove, data: newDataFiles(), insertLosses: map[int]*sql.Stmt{1: nil, rowsPerQuery: nil}}
	if err := db.connectWhenFree(ctx, db.connect); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	db.losses = losses.NewLog(db.writeLosses)
	return db, nil
}

// connectWhenFree connects, and tries again while other processes hold the file.
func (db *DB) connectWhenFree(ctx context.Context, connect func(context.Context) error) error {
	if disk.OwnLocks {
		if err := lock.CheckOtherName(db.path, db.file); err != nil {
			return err
		}
	}
	for start := time.Now(); ; time.Sleep(openPause) {
		err := connect(ctx)
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
		lost := db.losses.Stop()
		var err error
		if db.wrote.Load() && db.copy == nil { // a process that only read must not block a writer
			// Who reads an earlier moment for long must not hold up the writer: the log then stays, until the last one closes the file.
			_, err = db.writer.Exec("PRAGMA busy_timeout = 250; PRAGMA wal_checkpoint(TRUNCATE)")
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

// ReadOnlyError is the error of methods that change a store which can only be read.
type ReadOnlyError struct {
	Path  string // of the store
	Why   error
	Names bool // it has another name, and what was written under that may be missing
}

func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf("%s can only be read: %v", e.Path, e.Why)
}
func (e *ReadOnlyError) Unwrap() error { return e.Why }

// ReadOnly returns why the store can only be read, or nil.
func (db *DB) ReadOnly() *ReadOnlyError { return db.readOnly }

// openReadOnly opens a store that cannot be written, for a reason. What is lost without permission to write is made up for by
// a copy in a temporary folder, which Close removes: the log of a process that was killed can only be read together with an index
// beside it, and an earlier version only after an upgrade.
func openReadOnly(ctx context.Context, path string, why error) (*DB, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var names *place.NamesError
	db := &DB{path: path, at: path, file: file, large: large.Folder{Path: largeFolder(path)}, largeAbove: largeAbove, data: newDataFiles(), readOnly: &ReadOnlyError{path, why, errors.As(why, &names)}}
	if disk.OwnLocks {
		err = lock.CheckOtherName(path, file)
	}
	if err == nil {
		err = db.connectReadOnly(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.disconnect(), db.leave())
	}
	db.losses = losses.NewLog(db.writeLosses)
	return db, nil
}

func (db *DB) connectReadOnly(ctx context.Context) error {
	log := place.LogOf(db.path)
	_, noIndex := os.Stat(log.Index)
	if log.Size > 0 && noIndex != nil {
		if err := db.copyWithLog(); err != nil {
			return fmt.Errorf("copy it to a temporary folder, to read it with its log: %w", err)
		}
		return db.connect(ctx)
	}
	if log.Size == 0 {
		db.before = place.StateOf(db.path)
	}
	return db.connectReaders(ctx)
}

// connectReaders opens the connections that read, of a copy where the store is of an earlier version.
func (db *DB) connectReaders(ctx context.Context) (err error) {
	options := db.readOptions()
	options.Set("_query_only", "on")
	if db.readers, err = connect(ctx, db.at, maxReaders, nil, map[string]string{"query_only": "1", "busy_timeout": "5000"}, options); err != nil {
		return err
	}
	if has, err := version(ctx, db.readers); err != nil {
		return err
	} else if has == len(migrations()) {
		return db.checkLarge(ctx)
	}
	to, err := db.copyOut(ctx)
	if err != nil {
		return fmt.Errorf("copy it to a temporary folder, to upgrade it: %w", err)
	}
	if err := db.readers.Close(); err != nil {
		return errors.Join(err, to.Close())
	}
	db.readers, db.at, db.copy = nil, to.Path(copyName), to
	return db.connect(ctx)
}

// readOptions returns those of connections that read without creating files. Without a log SQLite could not lock anything, and
// is told that nobody writes; Close checks that this was so.
func (db *DB) readOptions() url.Values {
	options := url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}}
	if db.readOnly != nil && db.copy == nil && !db.shared {
		options.Set("mode", "ro")
		if db.before.Size > 0 {
			options.Set("immutable", "1")
		}
	}
	return options
}

// leave removes the copy, and closes the file once SQLite has closed its own. Its error says that a store changed which SQLite read
// without locks.
func (db *DB) leave() (err error) {
	if db.copy != nil {
		err = db.copy.Close()
	}
	if db.file == nil {
		return err
	}
	return errors.Join(err, db.unchanged(), db.file.Close())
}
