package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"flowsweep/experiments/disk"
	"flowsweep/store/large"
	"flowsweep/store/losses"
	"flowsweep/store/place"
)

// Copied is what Backup has copied beside the store itself.
type Copied struct {
	Folder string // of large contents, or "" if there are none
	Files  int
	Bytes  int64
}

// Backup writes a consistent copy of the store to a new file at path, and its large contents to a folder beside it, which a copy
// needs when it is moved or restored. Other processes may keep working meanwhile. It returns an error if the file exists or a large
// content is damaged, and leaves nothing partial behind.
func (db *DB) Backup(ctx context.Context, path string) (c Copied, err error) {
	for try := 1; ; try++ {
		c, err = db.backup(ctx, path)
		var gone *goneError
		if !errors.As(err, &gone) || try == 5 {
			break
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return c, fmt.Errorf("back up the store: %s exists and is not overwritten: use another file", path)
	}
	wrap(&err, "back up the store to %s", path)
	return c, err
}

// backup uses its own connection, as it would block the writer's, and the readers' may not create files.
func (db *DB) backup(ctx context.Context, path string) (Copied, error) {
	own, err := connect(ctx, db.at, 1, nil, nil, db.readOptions())
	if err != nil {
		return Copied{}, err
	}
	c, err := db.copyTo(ctx, own, path)
	return c, errors.Join(err, own.Close())
}

// copyTo copies the store to a new file at path, which appears only once it is complete and on disk, with its large contents.
func (db *DB) copyTo(ctx context.Context, own *sql.DB, path string) (c Copied, err error) {
	if _, err := os.Lstat(path); err == nil {
		return c, fs.ErrExist
	}
	partial, err := copyAside(ctx, own, filepath.Dir(path))
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, partial.Close()) }()
	g, err := gather(ctx, partial, func(to large.Folder, sum string, size int64) error {
		c.Bytes += size
		return db.copyLarge(ctx, to, sum, size)
	})
	if err != nil {
		return c, err
	}
	if c.Files = len(g.sums); c.Files > 0 {
		c.Folder = path + contentsSuffix
	}
	if err := g.move(path); err != nil {
		return c, err
	}
	return c, disk.RenameNew(partial.Path(copyName), path)
}

// goneError says that another process has removed a content that a copy needs, which is then made again.
type goneError struct{ error }

// copyLarge copies a large content.
func (db *DB) copyLarge(ctx context.Context, to large.Folder, sum string, size int64) error {
	err := db.large.Copy(to, sum, size)
	if err == nil {
		return nil
	}
	if gone, goneErr := db.gone(ctx, sum); goneErr == nil && gone {
		return &goneError{err}
	}
	return damagedFile(err)
}

// gathered are the large contents of a copy of a store.
type gathered struct {
	folder large.Folder
	sums   []string
}

// gather puts the large contents that a copy needs into the folder for incomplete files that it is in.
func gather(ctx context.Context, partial *disk.Partial, put func(to large.Folder, sum string, size int64) error) (gathered, error) {
	g := gathered{folder: large.In(partial, "")}
	copied, err := connect(ctx, partial.Path(copyName), 1, nil, nil, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return g, err
	}
	sizes, err := needed(ctx, copied)
	if err := errors.Join(err, copied.Close()); err != nil {
		return g, err
	}
	for _, sum := range slices.Sorted(maps.Keys(sizes)) {
		if err := put(g.folder, sum, sizes[sum]); err != nil {
			return g, err
		}
		g.sums = append(g.sums, sum)
	}
	return g, nil
}

// move moves them to where they belong for a copy at path.
func (g gathered) move(path string) error {
	for _, sum := range g.sums {
		if err := g.folder.Move(large.Folder{Path: path + contentsSuffix}, sum); err != nil {
			return err
		}
	}
	return nil
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

// Scratch returns a copy of the store that can be written, for commands whose results are elsewhere. Its Close removes it.
func (db *DB) Scratch(ctx context.Context) (*DB, error) {
	to, err := db.copyOut(ctx)
	if err != nil {
		return nil, fmt.Errorf("copy %s to a temporary folder, to work on it: %w", db.path, err)
	}
	s := &DB{path: db.path, at: to.Path(copyName), copy: to, large: large.In(to, db.large.Path), largeAbove: db.largeAbove, data: newDataFiles(), insertLosses: map[int]*sql.Stmt{1: nil, rowsPerQuery: nil}}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.disconnect(), s.leave())
	}
	s.losses = losses.NewLog(s.writeLosses)
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

// copyWithLog copies the store and its log, if it has one, to a temporary folder.
func (db *DB) copyWithLog() error {
	to, err := disk.NewPartial(os.TempDir())
	if err != nil {
		return err
	}
	db.at, db.copy = to.Path(copyName), to
	for range 5 {
		before := place.StateOf(db.path)
		if err := copyFile(db.at, db.path); err != nil {
			return err
		}
		if before.Log > 0 {
			if err := copyFile(place.LogOf(db.at).Path, place.LogOf(db.path).Path); err != nil {
				return err
			}
		}
		if place.StateOf(db.path) == before {
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

// foldLog moves the write-ahead log into the file and returns the size of the file.
func (db *DB) foldLog(ctx context.Context) (int64, error) {
	if _, err := db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return 0, err
	}
	info, err := os.Stat(db.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
