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
)

// Backup writes a copy of the store, as it is at one moment, to a new file at path. Others may go on working meanwhile.
// It returns an error where the file exists, and leaves none behind where it cannot write it all.
func (db *DB) Backup(ctx context.Context, path string) error {
	err := db.backup(ctx, path)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("back up the store: %s exists and is not overwritten: give another file", path)
	}
	wrap(&err, "back up the store to %s", path)
	return err
}

// backup copies on a connection of its own: the writer's would be held up, and a reader's may write no file at all.
func (db *DB) backup(ctx context.Context, path string) error {
	own, err := connect(ctx, db.path, 1, map[string]string{"journal_mode": "wal"}, url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}})
	if err != nil {
		return err
	}
	return errors.Join(copyTo(ctx, own, path), own.Close())
}

// copyTo writes a copy of the database to a new file at path, which is there only when it is whole and on the disk.
func copyTo(ctx context.Context, db *sql.DB, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	partial, err := os.CreateTemp(filepath.Dir(path), ".partial-*")
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name())
	// VACUUM INTO takes an empty file for none.
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", partial.Name())
	if err = errors.Join(err, partial.Chmod(0o644), partial.Sync(), partial.Close()); err != nil {
		return err
	}
	// A link, unlike a renaming, never takes the place of a file.
	if err := os.Link(partial.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// This file system has no links: take the name first, so that a file that is there stays.
	taken, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(taken.Close(), os.Rename(partial.Name(), path))
}
