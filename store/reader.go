package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"flowsweep/store/large"
	"flowsweep/store/losses"
	"flowsweep/store/place"
)

// errReader is why a store that is opened for reading cannot be written.
var errReader = errors.New("it is open for reading alone")

// OpenReader opens an existing store for reading alone, while others may write to it: nothing in it changes, and an earlier version
// is read from an upgraded copy. Methods that change a store return a *ReadOnlyError.
func OpenReader(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return OpenExisting(ctx, path) // whose error says what to do
	}
	if err := checkPath(path); err != nil {
		return nil, fmt.Errorf("open store %q: %w", path, err)
	}
	db, err := openReader(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", path, err)
	}
	return db, nil
}

func openReader(ctx context.Context, path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	opened := place.StateOf(path)
	if why := place.CheckWritable(path); why != nil { // where SQLite cannot even lock
		db, err := openReadOnly(ctx, path, why)
		if err == nil {
			db.opened = opened
		}
		return db, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	db := &DB{
		path: path, at: path, file: file, large: large.Folder{Path: largeFolder(path)}, largeAbove: largeAbove, data: newDataFiles(),
		readOnly: &ReadOnlyError{Path: path, Why: errReader}, shared: true, opened: opened,
	}
	if err := db.connectWhenFree(ctx, db.connectReaders); err != nil {
		return nil, errors.Join(err, db.leave())
	}
	db.losses = losses.NewLog(db.writeLosses)
	return db, nil
}

// Outdated reports whether the store is no longer what was opened: its file is another one or, where it is read without locks or
// from a copy, was written to. It should be opened again then.
func (db *DB) Outdated() bool {
	now, err := os.Stat(db.path)
	if err != nil {
		return true
	}
	was, err := db.file.Stat()
	if err != nil || !os.SameFile(was, now) {
		return true
	}
	return (db.copy != nil || db.before.Size > 0) && place.StateOf(db.path) != db.opened
}

// Changes counts the changes of a store by others.
type Changes struct{ conn *sql.Conn }

// Changes returns a counter of what others change from now on. It keeps a connection of its own, until Close.
func (db *DB) Changes(ctx context.Context) (*Changes, error) {
	conn, err := db.readers.Conn(ctx)
	return &Changes{conn}, err
}

// Version returns a number that is another one after each commit of another connection, of whatever process.
func (c *Changes) Version(ctx context.Context) (n int64, err error) {
	err = c.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&n)
	return n, err
}

// Close gives the connection back.
func (c *Changes) Close() error { return c.conn.Close() }

// moment is a transaction that all reads share, and its connection.
type moment struct {
	conn *sql.Conn
	tx   *sql.Tx
}

// Snapshot calls do with a view of the store as it is now: all that is read of it is of one moment, whatever others write meanwhile.
// The view is only for reading, and ends with do. States are those of the moment, except that running is lost as soon as nobody works.
func (db *DB) Snapshot(ctx context.Context, do func(view *DB) error) error {
	return db.snapshot(ctx, db.readers, do)
}

// source is where single queries are asked.
type source interface {
	querier
	rowQuerier
}

// source returns the moment of a view, or the connections that read.
func (db *DB) source() source {
	if db.moment != nil {
		return db.moment.tx
	}
	return db.readers
}
