package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"flowsweep/experiments/disk"
	"flowsweep/store/large"
	"flowsweep/store/lock"
	"flowsweep/store/seal"
)

// applicationID identifies a SQLite file as a store of this program: "flow" in ASCII.
const applicationID = 0x666c6f77

// sealedSince is the version since which rows have seals.
const sealedSince = 5

// largeSince is the version since which large contents are files.
const largeSince = 6

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the names of the migration files; the i-th, counted from 1, leads to version i.
func migrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic("store: " + err.Error())
	}
	return names
}

// Version returns the version of stores that this program writes.
func Version() int { return len(migrations()) }

// migrate upgrades the database to the newest version, in one transaction, after making a copy. One process at
// a time migrates; the others wait and then find nothing to do.
func (db *DB) migrate(ctx context.Context) error {
	if db.copy != nil {
		return db.migrateLocked(ctx) // no other process has it
	}
	newest := len(migrations())
	for start := time.Now(); ; time.Sleep(lock.Pause) {
		has, err := version(ctx, db.writer)
		if err != nil || has == newest {
			return err
		}
		own, err := lock.Try(db.path, db.file)
		if err != nil {
			return err
		}
		if own != nil {
			host, _ := os.Hostname()
			me := lock.Worker{PID: os.Getpid(), Host: host, Command: fmt.Sprintf("migration to version %d", newest)}
			return errors.Join(own.Sign(me), db.migrateLocked(ctx), own.Release())
		}
		// A migration is soon done, so a process that holds the lock longer is an older flowsweep at work.
		if time.Since(start) > openTimeout {
			who, _, err := db.Worker()
			return errors.Join(err, fmt.Errorf("it needs an upgrade to version %d, but %s is using it: try again when that is done", newest, who))
		}
	}
}

// migrateLocked migrates while the process holds the lock.
func (db *DB) migrateLocked(ctx context.Context) error {
	has, err := version(ctx, db.writer)
	newest := len(migrations())
	if err != nil || has == newest {
		return err
	}
	if has > 0 {
		if known, err := hasSchema(ctx, db.writer, has); err != nil {
			return err
		} else if !known {
			return &DamageError{fmt.Sprintf("it says that its version is %d, but its tables are not of that version", has), false}
		}
	}
	if has > 0 && db.copy == nil {
		if err := db.copyBefore(ctx, has); err != nil {
			return fmt.Errorf("copy the store before its upgrade to version %d: %w", newest, err)
		}
	}
	if err := migrateTo(ctx, db.writer, has, newest); err != nil {
		return err
	}
	// Moves the identity from the log into the file, where checkHeader reads it.
	_, err = db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// version returns the version of the store, 0 if it is empty, or an error if this program cannot read it.
func version(ctx context.Context, db *sql.DB) (int, error) {
	var application, has uint32
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&application, &has, &tables); err != nil {
		return 0, err
	}
	if err := checkOwner(application, has, tables == 0); err != nil {
		return 0, err
	}
	if application != applicationID {
		return 0, nil // empty: a user_version alone means nothing
	}
	return int(has), nil
}

// checkHeader checks the database header, described in https://www.sqlite.org/fileformat2.html#the_database_header.
// After a crash the tables may still be in the log beside the file, so a file without tables passes; migrate checks again.
func checkHeader(file *os.File) error {
	header := make([]byte, 108) // 100 bytes of the file header, 8 of the schema table's root page
	n, err := io.ReadFull(file, header)
	switch {
	case err == io.EOF: // SQLite accepts an empty file as a new database
		return nil
	case err != nil && err != io.ErrUnexpectedEOF:
		return err
	case n < len(header) || string(header[:16]) != "SQLite format 3\x00":
		return errors.New("not a SQLite database: use another --db")
	}
	empty := binary.BigEndian.Uint16(header[103:]) == 0 // number of cells on that page
	return checkOwner(binary.BigEndian.Uint32(header[68:]), binary.BigEndian.Uint32(header[60:]), empty)
}

// checkOwner returns an error unless a database with this identity is a readable store, or empty.
func checkOwner(application, version uint32, empty bool) error {
	if application != applicationID && (application != 0 || !empty) {
		return errors.New("it is a SQLite database of another program: use another --db")
	}
	if known := len(migrations()); application == applicationID && version > uint32(known) {
		return fmt.Errorf("it has version %d, but this flowsweep knows up to %d: use a newer flowsweep, or another --db",
			version, known)
	}
	return nil
}

// migrateTo upgrades the store from a version to a later one, in one transaction.
func migrateTo(ctx context.Context, db *sql.DB, from, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	for next := from + 1; next <= to; next++ {
		if err := migrateNext(ctx, tx, next); err != nil {
			return fmt.Errorf("upgrade it to version %d: %w", next, err)
		}
	}
	return tx.Commit()
}

// migrateNext upgrades the store from the version before, in a transaction of the connection.
func migrateNext(ctx context.Context, tx *sql.Tx, version int) error {
	text, err := migrationFiles.ReadFile(migrations()[version-1])
	if err != nil {
		return err
	}
	// A PRAGMA takes no parameters. A rollback undoes both.
	script := fmt.Sprintf("%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;", text, applicationID, version)
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	if version == sealedSince {
		find := func(ctx context.Context, tx *sql.Tx) ([]suspect, error) {
			return suspects(ctx, tx, artifactReader{read: readSmallArtifact})
		}
		return errors.Join(sealAll(ctx, tx), breakSeals(ctx, tx, find))
	}
	return nil
}

// copyBefore copies the store, of a version that is about to be upgraded, to a new file beside it, named after the version that comes
// next. A copy that a process made before it died is not made again. Large contents, which never change, are linked; what is
// missing of them does not stop the upgrade.
func (db *DB) copyBefore(ctx context.Context, has int) (err error) {
	partial, err := copyAside(ctx, db.writer, filepath.Dir(db.path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, partial.Close()) }()
	var g gathered
	if has >= largeSince {
		g, err = gather(ctx, partial, func(to large.Folder, sum string, size int64) error {
			var d *large.DamageError
			if err := db.large.Link(to, sum, size); !errors.As(err, &d) {
				return err
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	made := partial.Path(copyName)
	for i := 1; ; i++ {
		to := fmt.Sprintf("%s.before-v%d", db.path, has+1)
		if i > 1 {
			to = fmt.Sprintf("%s-%d", to, i)
		}
		err := disk.RenameNew(made, to)
		if errors.Is(err, fs.ErrExist) {
			same, sameErr := disk.SameContent(made, to)
			if err = sameErr; err == nil && !same {
				continue
			}
		}
		if err != nil {
			return err
		}
		return g.move(to)
	}
}

// schemaQuery returns what defines the tables, indexes and views.
const schemaQuery = `SELECT type || ' ' || name || ' ' || tbl_name || ': ' || coalesce(sql, '') FROM main.sqlite_schema
	WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name`

// hasSchema reports whether a database has the tables, indexes and views of a new store of this version. It may have more,
// such as views that a user made.
func hasSchema(ctx context.Context, db querier, version int) (bool, error) {
	have, err := texts(ctx, db, schemaQuery)
	if err != nil {
		return false, err
	}
	fresh := sql.OpenDB(connector{":memory:", seal.Register})
	defer fresh.Close()
	fresh.SetMaxOpenConns(1) // each connection has its own memory
	if err := migrateTo(ctx, fresh, 0, version); err != nil {
		return false, err
	}
	want, err := texts(ctx, fresh, schemaQuery)
	lacks := func(object string) bool { return !slices.Contains(have, object) }
	return !slices.ContainsFunc(want, lacks), err
}
