package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"flowsweep/experiments/disk"
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
	own, err := connect(ctx, db.at, 1, nil, nil, db.readOptions())
	if err != nil {
		return err
	}
	return errors.Join(copyTo(ctx, own, path), own.Close())
}

// copyTo copies the database to a new file at path, which appears only once it is complete and on disk.
func copyTo(ctx context.Context, db *sql.DB, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	partial, err := copyAside(ctx, db, filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(disk.RenameNew(partial.Path(copyName), path), partial.Close())
}

// copyName is the name of a copy in a folder for incomplete files.
const copyName = "copy.db"

// copyAside copies the database to disk, into a new folder for incomplete files inside the given one.
func copyAside(ctx context.Context, db *sql.DB, folder string) (*disk.Partial, error) {
	partial, err := disk.NewPartial(folder)
	if err != nil {
		return nil, err
	}
	path := partial.Path(copyName)
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return nil, errors.Join(err, partial.Close())
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(file.Chmod(0o644), file.Sync(), file.Close())
	}
	if err != nil {
		return nil, errors.Join(err, partial.Close())
	}
	return partial, nil
}
