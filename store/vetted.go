package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/store/large"
	"flowsweep/store/place"
	"flowsweep/store/seal"
	"flowsweep/store/vet"
)

// openVetted opens another store for reading, once everything in it is found to be what a store has. With keys it is a part, which
// is read where it is; otherwise it is copied first, and the copy upgraded.
func openVetted(ctx context.Context, path string, only []string) (*DB, error) {
	var db *DB
	var err error
	if only != nil {
		db, err = openAsPart(ctx, path)
	} else {
		db, err = openCopied(ctx, path)
	}
	if err == nil {
		err = db.vet(ctx, only)
		if err != nil {
			err = errors.Join(err, db.disconnect(), db.leave())
		}
	}
	if err != nil {
		return nil, refusedAt(path, err)
	}
	return db, nil
}

// openAsPart opens a part.
func openAsPart(ctx context.Context, path string) (*DB, error) {
	if err := vet.Part(path, applicationID, uint32(len(migrations()))); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	db := &DB{
		path: path, at: path, file: file, large: large.Folder{Path: largeFolder(path)}, data: newDataFiles(),
		readOnly: &ReadOnlyError{Path: path}, before: place.StateOf(path),
	}
	if err := db.readAsIs(ctx); err != nil {
		return nil, errors.Join(err, db.leave())
	}
	return db, nil
}

// readAsIs opens the connections that read a file which nobody writes to, and trust nothing.
func (db *DB) readAsIs(ctx context.Context) (err error) {
	options := unchanging()
	options.Set("_query_only", "on")
	db.readers, err = connect(ctx, db.at, maxReaders, vet.Careful, map[string]string{"query_only": "1", "trusted_schema": "0"}, options)
	return unreadable(err)
}

// unreadable makes of an error that only a damaged file can cause that the file is refused.
func unreadable(err error) error {
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) && Damaged(err) {
		return vet.Refuse("it is damaged: %v", err)
	}
	return err
}

// openCopied opens a copy, of the newest version, of a store that may be in use.
func openCopied(ctx context.Context, path string) (*DB, error) {
	version, err := vet.Version(path, applicationID)
	if err != nil {
		return nil, err
	}
	if known := len(migrations()); version == 0 || version > uint32(known) {
		return nil, vet.Refuse("it has version %d of the store, but this flowsweep knows up to %d: use a newer flowsweep", version, known)
	}
	db, err := copyOf(ctx, path, int(version))
	if err != nil {
		return nil, unreadable(err)
	}
	if err := db.upgradeCopy(ctx, int(version)); err != nil {
		return nil, errors.Join(unreadable(err), db.disconnect(), db.leave())
	}
	return db, nil
}

// copyOf copies a store of this version: the files as they are or, if there is a log that a process on this machine may be writing
// to, by SQLite. Its locks do not work on network file systems.
func copyOf(ctx context.Context, path string, version int) (*DB, error) {
	db := &DB{path: path, at: path, readOnly: &ReadOnlyError{Path: path}, data: newDataFiles(), largeAbove: largeAbove}
	log := place.LogOf(path)
	_, noIndex := os.Stat(log.Index)
	network, err := disk.NetworkFileSystem(path)
	if err != nil {
		return nil, err
	}
	if log.Size == 0 || noIndex != nil || network != "" {
		if err := db.copyWithLog(); err != nil {
			return nil, errors.Join(err, db.leave())
		}
	} else {
		own, err := connect(ctx, path, 1, vet.Careful, nil, url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}})
		if err != nil {
			return nil, err
		}
		if err = checkObjects(ctx, own, version); err == nil {
			db.copy, err = copyAside(ctx, own, os.TempDir())
		}
		if err := errors.Join(err, own.Close()); err != nil {
			return nil, errors.Join(err, db.leave())
		}
		db.at = db.copy.Path(copyName)
	}
	db.readOnly, db.large = nil, large.In(db.copy, largeFolder(path))
	return db, nil
}

// upgradeCopy brings a copy to the newest version, if it is whole as one of its own.
func (db *DB) upgradeCopy(ctx context.Context, version int) error {
	own, err := connect(ctx, db.at, 1, vet.Careful, nil, url.Values{"mode": {"rw"}})
	if err != nil {
		return err
	}
	if err = checkObjects(ctx, own, version); err == nil {
		err = vet.Intact(ctx, own)
	}
	if err := errors.Join(err, own.Close()); err != nil {
		return err
	}
	if err := db.connect(ctx); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	if err := db.disconnect(); err != nil {
		return err
	}
	db.writer, db.readers = nil, nil
	return db.readAsIs(ctx)
}

// newestObjects are what the schema of a new store defines.
var newestObjects = sync.OnceValues(func() ([]vet.Object, error) { return objectsOf(context.Background(), len(migrations())) })

// objectsOf returns what the schema of a new store of this version defines.
func objectsOf(ctx context.Context, version int) ([]vet.Object, error) {
	fresh := sql.OpenDB(connector{":memory:", seal.Register})
	defer fresh.Close()
	fresh.SetMaxOpenConns(1) // each connection has its own memory
	if err := migrateTo(ctx, fresh, 0, version); err != nil {
		return nil, err
	}
	return vet.Objects(ctx, fresh)
}

func checkObjects(ctx context.Context, tx vet.Querier, version int) error {
	objects := newestObjects
	if version != len(migrations()) {
		objects = func() ([]vet.Object, error) { return objectsOf(ctx, version) }
	}
	want, err := objects()
	if err != nil {
		return err
	}
	return vet.Schema(ctx, tx, want)
}

// vet checks everything in a store, with keys as a part of these fits.
func (db *DB) vet(ctx context.Context, only []string) error {
	return unreadable(db.read(ctx, func(tx *sql.Tx) error {
		if err := checkObjects(ctx, tx, len(migrations())); err != nil {
			return err
		}
		if err := vet.Intact(ctx, tx); err != nil {
			return err
		}
		if err := vet.Forms(ctx, tx, only != nil); err != nil {
			return err
		}
		if only != nil {
			keys, err := json.Marshal(only)
			if err != nil {
				return err
			}
			if err := vet.Only(ctx, tx, string(keys)); err != nil {
				return err
			}
		}
		if err := checkNames(ctx, tx); err != nil {
			return err
		}
		for _, check := range []func(context.Context, *sql.Tx) ([]Finding, error){db.checkRows, checkReferences, db.checkContents, checkUnowned, checkAliases} {
			found, err := check(ctx, tx)
			if err != nil {
				return err
			}
			for _, f := range found {
				if f.Damage {
					return vet.Refuse("%s", f.Text)
				}
			}
		}
		return nil
	}))
}

// checkNames checks the names of sweeps, and that environments are such.
func checkNames(ctx context.Context, tx *sql.Tx) error {
	names, err := texts(ctx, tx, `SELECT name FROM sweeps`)
	if err != nil {
		return err
	}
	for _, name := range names {
		base, k := splitEdition(name)
		if !experiments.IsName(base) || name != base && (k < 1 || name != fmt.Sprintf("%s%s%d", base, editionMark, k)) {
			return vet.Refuse("%s is no name of a sweep", plain(name))
		}
	}
	environments, err := texts(ctx, tx, `SELECT json FROM environments`)
	if err != nil {
		return err
	}
	for _, text := range environments {
		var e experiments.Environment
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return vet.Refuse("it has an environment that is none: %v", err)
		}
	}
	return nil
}
