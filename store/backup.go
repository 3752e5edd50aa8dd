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

// Backup writes a consistent copy of the store to a new file at path. Other processes may keep working meanwhile.
// It returns an error if the file exists, and leaves no partial file behind.
func (db *DB) Backup(ctx context.Context, path string) error {
	err := db.backup(ctx, path)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("back up the store: %s exists and is not overwritten: use another file", path)
	}
	wrap(&err, "back up the store to %s", path)
	return err
}

// backup uses its own connection, as it would block the writer's, and the readers' may not create files.
func (db *DB) backup(ctx context.Context, path string) error {
	own, err := connect(ctx, db.path, 1, nil, map[string]string{"journal_mode": "wal"}, url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}})
	if err != nil {
		return err
	}
	return errors.Join(copyTo(ctx, own, path), own.Close())
}

// copyTo copies the database to a new file at path, which appears only once it is complete and on disk.
func copyTo(ctx context.Context, db *sql.DB, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	partial, err := os.CreateTemp(filepath.Dir(path), ".partial-*")
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name())
	// VACUUM INTO accepts an empty file.
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", partial.Name())
	if err = errors.Join(err, partial.Chmod(0o644), partial.Sync(), partial.Close()); err != nil {
		return err
	}
	// Linking, unlike renaming, never replaces a file.
	if err := os.Link(partial.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// This file system has no links: reserve the name first, so that no existing file is replaced.
	reserved, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(reserved.Close(), os.Rename(partial.Name(), path))
}
