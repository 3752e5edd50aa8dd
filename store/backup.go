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

	"flowsweep/store/disk"
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
	partial, err := disk.NewPartial(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, partial.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", partial.Path("copy.db")); err != nil {
		return err
	}
	file, err := os.OpenFile(partial.Path("copy.db"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
		return err
	}
	return disk.RenameNew(partial.Path("copy.db"), path)
}
