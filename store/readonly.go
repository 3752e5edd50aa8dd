package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"flowsweep/experiments/disk"
	"flowsweep/store/large"
)

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
	var names *namesError
	db := &DB{path: path, at: path, file: file, large: large.Folder{Path: largeFolder(path)}, largeAbove: largeAbove, readOnly: &ReadOnlyError{path, why, errors.As(why, &names)}}
	if disk.OwnLocks {
		err = checkOtherName(path, file)
	}
	if err == nil {
		err = db.connectReadOnly(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.disconnect(), db.leave())
	}
	db.losses = newLossLog(db.writeLosses)
	return db, nil
}

func (db *DB) connectReadOnly(ctx context.Context) (err error) {
	log := logOf(db.path)
	_, noIndex := os.Stat(log.index)
	if log.size > 0 && noIndex != nil {
		if err := db.copyWithLog(); err != nil {
			return fmt.Errorf("copy it to a temporary folder, to read it with its log: %w", err)
		}
		return db.connect(ctx)
	}
	if log.size == 0 {
		db.before = stateOf(db.path)
	}
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
	if db.readOnly != nil && db.copy == nil {
		options.Set("mode", "ro")
		if db.before.size > 0 {
			options.Set("immutable", "1")
		}
	}
	return options
}

// Scratch returns a copy of the store that can be written, for commands whose results are elsewhere. Its Close removes it.
func (db *DB) Scratch(ctx context.Context) (*DB, error) {
	to, err := db.copyOut(ctx)
	if err != nil {
		return nil, fmt.Errorf("copy %s to a temporary folder, to work on it: %w", db.path, err)
	}
	s := &DB{path: db.path, at: to.Path(copyName), copy: to, large: large.In(to, db.large.Path), largeAbove: db.largeAbove, insertLosses: map[int]*sql.Stmt{1: nil, rowsPerQuery: nil}}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.disconnect(), s.leave())
	}
	s.losses = newLossLog(s.writeLosses)
	return s, nil
}

// copyOut makes SQLite copy the store to a temporary folder, which is consistent even while a process writes.
func (db *DB) copyOut(ctx context.Context) (*disk.Partial, error) {
	from, err := connect(ctx, db.at, 1, nil, nil, db.readOptions())
	if err != nil {
		return nil, err
	}
	to, err := copyAside(ctx, from, os.TempDir())
	if closed := from.Close(); err == nil && closed != nil {
		return nil, errors.Join(closed, to.Close())
	}
	return to, err
}

// copyWithLog copies the store and its log to a temporary folder.
func (db *DB) copyWithLog() error {
	to, err := disk.NewPartial(os.TempDir())
	if err != nil {
		return err
	}
	db.at, db.copy = to.Path(copyName), to
	for range 5 {
		before := stateOf(db.path)
		if err := copyFile(db.at, db.path); err != nil {
			return err
		}
		if err := copyFile(logOf(db.at).path, logOf(db.path).path); err != nil {
			return err
		}
		if stateOf(db.path) == before {
			return nil
		}
	}
	return errors.New("another process keeps writing to it: try again when that is done")
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// logFiles are the write-ahead log of a store and its index.
type logFiles struct {
	path, index string
	size        int64
}

// logOf returns those of the store at path, which are beside the file that a symbolic link leads to.
func logOf(path string) logFiles {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	log := logFiles{path: path + "-wal", index: path + "-shm"}
	if info, err := os.Stat(log.path); err == nil {
		log.size = info.Size()
	}
	return log
}

// fileState changes when a process writes to a store or its log.
type fileState struct {
	size, log int64
	changed   time.Time
}

func stateOf(path string) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	return fileState{info.Size(), logOf(path).size, info.ModTime()}
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
	if now := stateOf(db.path); db.before != (fileState{}) && (now.size != db.before.size || !now.changed.Equal(db.before.changed)) {
		err = errors.Join(err, errors.New("another process wrote to it meanwhile: what was read of it may be wrong, run the command again"))
	}
	return errors.Join(err, db.file.Close())
}
