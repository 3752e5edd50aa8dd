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
)

// applicationID identifies a SQLite file as a store of this program: "flow" in ASCII.
const applicationID = 0x666c6f77

// sealedSince is the version since which rows have seals.
const sealedSince = 5

//go:embed migrations/*.sql
var migrationFiles embed.FS

// CheckPath returns the error with which Open would refuse the file at path, without writing anything. A missing file in
// a writable folder is fine.
func CheckPath(path string) error {
	if err := checkPath(path); err != nil {
		return fmt.Errorf("open store %q: %w", path, err)
	}
	return nil
}

func checkPath(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkFolder(filepath.Dir(path))
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder: use a file as --db")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file: use another --db")
	case !writable(path):
		return errors.New("it is not writable: change its permissions, or use another --db")
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return checkHeader(path)
}

// checkFolder returns an error unless files can be created in the folder, where SQLite keeps its log.
func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %q: create it, or use another --db", folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%q is not a folder: use another --db", folder)
	case !writable(folder):
		return fmt.Errorf("the folder %q is not writable: change its permissions, or use another --db", folder)
	}
	name, err := networkFileSystem(folder)
	if err != nil {
		return fmt.Errorf("find the file system of %q: %w", folder, err)
	}
	if name != "" {
		// Processes on different machines would not see each other's locks or share the write-ahead log's memory.
		return fmt.Errorf("the folder %q is on a network file system (%s), where SQLite loses data: put the store on a local disk with --db", folder, name)
	}
	return nil
}

// checkHeader checks the database header, described in https://www.sqlite.org/fileformat2.html#the_database_header.
// After a crash the tables may still be in the log beside the file, so a file without tables passes; migrate checks again.
func checkHeader(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
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

// migrations returns the names of the migration files; the i-th, counted from 1, leads to version i.
func migrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic("store: " + err.Error())
	}
	return names
}

// migrate upgrades the database to the newest version, one transaction per version, after making a copy. One process at
// a time migrates; the others wait and then find nothing to do.
func (db *DB) migrate(ctx context.Context) error {
	newest := len(migrations())
	for start := time.Now(); ; time.Sleep(lockPause) {
		has, err := version(ctx, db.writer)
		if err != nil || has == newest {
			return err
		}
		lock, err := tryLock(db.path)
		if err != nil {
			return err
		}
		if lock != nil {
			host, _ := os.Hostname()
			me := Worker{PID: os.Getpid(), Host: host, Command: fmt.Sprintf("migration to version %d", newest)}
			return errors.Join(lock.sign(me), db.migrateLocked(ctx), lock.release())
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
		if err := copyBefore(ctx, db.writer, db.path, has+1); err != nil {
			return fmt.Errorf("copy the store before its upgrade to version %d: %w", newest, err)
		}
	}
	for next := has + 1; next <= newest; next++ {
		if err := migrateTo(ctx, db.writer, next); err != nil {
			return fmt.Errorf("upgrade it to version %d: %w", next, err)
		}
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

// migrateTo upgrades the store from the previous version to this one.
func migrateTo(ctx context.Context, db *sql.DB, version int) error {
	text, err := migrationFiles.ReadFile(migrations()[version-1])
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	// A PRAGMA takes no parameters. A rollback undoes both.
	script := fmt.Sprintf("%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;", text, applicationID, version)
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	if version == sealedSince {
		if err := errors.Join(sealAll(ctx, conn, tx), breakSeals(ctx, tx)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// copyBefore copies the store to a new file beside it, named after the version it is about to be upgraded to.
func copyBefore(ctx context.Context, db *sql.DB, path string, version int) error {
	for i := 1; ; i++ {
		to := fmt.Sprintf("%s.before-v%d", path, version)
		if i > 1 {
			to = fmt.Sprintf("%s-%d", to, i)
		}
		if err := copyTo(ctx, db, to); !errors.Is(err, fs.ErrExist) {
			return err
		}
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
	fresh := sql.OpenDB(connector{":memory:", seals})
	defer fresh.Close()
	fresh.SetMaxOpenConns(1) // each connection has its own memory
	for v := 1; v <= version; v++ {
		if err := migrateTo(ctx, fresh, v); err != nil {
			return false, err
		}
	}
	want, err := texts(ctx, fresh, schemaQuery)
	lacks := func(object string) bool { return !slices.Contains(have, object) }
	return !slices.ContainsFunc(want, lacks), err
}
