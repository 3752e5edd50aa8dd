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
	"time"
)

// applicationID marks a SQLite file as a store of this program: "flow" in ASCII.
const applicationID = 0x666c6f77

//go:embed migrations/*.sql
var migrationFiles embed.FS

// CheckPath reports, as an error, why Open would refuse the file at path. It writes nothing: a missing file in a
// folder that can be written is fine.
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
		return errors.New("it is a folder: give a file as --db")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file: give another --db")
	case !writable(path):
		return errors.New("it cannot be written: change its permissions, or give another --db")
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return checkHeader(path)
}

// checkFolder returns an error unless files can be made in the folder: SQLite keeps its log beside the store.
func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %q: create it, or give another --db", folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%q is not a folder: give another --db", folder)
	case !writable(folder):
		return fmt.Errorf("the folder %q cannot be written: change its permissions, or give another --db", folder)
	}
	name, err := networkFileSystem(folder)
	if err != nil {
		return fmt.Errorf("ask for the file system of %q: %w", folder, err)
	}
	if name != "" {
		// Programs on several machines would neither see each other's locks nor share the memory of the write-ahead log.
		return fmt.Errorf("the folder %q is on a network file system (%s), where SQLite loses data: put the store on a local disk with --db", folder, name)
	}
	return nil
}

// checkHeader reads the first page's header, laid out as in https://www.sqlite.org/fileformat2.html#the_database_header.
// After a crash the truth may still be in the log beside the file, so a file without tables passes here; migrate asks again.
func checkHeader(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	header := make([]byte, 108) // 100 bytes of the file, 8 of the root of its table of tables
	n, err := io.ReadFull(file, header)
	switch {
	case err == io.EOF: // SQLite takes an empty file for a new database
		return nil
	case err != nil && err != io.ErrUnexpectedEOF:
		return err
	case n < len(header) || string(header[:16]) != "SQLite format 3\x00":
		return errors.New("not a SQLite database: give another --db")
	}
	empty := binary.BigEndian.Uint16(header[103:]) == 0 // cells of that root
	return checkOwner(binary.BigEndian.Uint32(header[68:]), binary.BigEndian.Uint32(header[60:]), empty)
}

// checkOwner returns an error unless a database with this identity is a store the program can read, or is to become one.
func checkOwner(application, version uint32, empty bool) error {
	if application != applicationID && (application != 0 || !empty) {
		return errors.New("it is a SQLite database of another program: give another --db")
	}
	if known := len(migrations()); application == applicationID && version > uint32(known) {
		return fmt.Errorf("it is of version %d and this flowsweep knows up to %d: use a newer flowsweep, or give another --db",
			version, known)
	}
	return nil
}

// migrations lists the steps from nothing to the newest version: the i-th of them, from 1, makes version i.
func migrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic("store: " + err.Error())
	}
	return names
}

// migrate brings the database to the newest version, a transaction a step, after keeping a copy of what there was. One
// program at a time does so; the others wait and find nothing left to do.
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
		// A program that migrates is soon done. One that works on a store of an older version is an older program.
		if time.Since(start) > openPatience {
			who, _, err := db.Worker()
			return errors.Join(err, fmt.Errorf("it is to be brought to version %d, and %s works on it: try again when that is done", newest, who))
		}
	}
}

// migrateLocked is migrate while no other program migrates.
func (db *DB) migrateLocked(ctx context.Context) error {
	has, err := version(ctx, db.writer)
	newest := len(migrations())
	if err != nil || has == newest {
		return err
	}
	if has > 0 {
		if err := keepBefore(ctx, db.writer, db.path, has+1); err != nil {
			return fmt.Errorf("copy the store before it is brought to version %d: %w", newest, err)
		}
	}
	for next := has + 1; next <= newest; next++ {
		if err := step(ctx, db.writer, next); err != nil {
			return fmt.Errorf("bring it to version %d: %w", next, err)
		}
	}
	// Brings the identity out of the log into the file, where checkHeader reads it.
	_, err = db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// version returns the version of the store, 0 for one that is empty, or an error where it is none the program can read.
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
		return 0, nil // empty: a user_version alone says nothing
	}
	return int(has), nil
}

// step makes the version from the one before.
func step(ctx context.Context, db *sql.DB, version int) error {
	text, err := migrationFiles.ReadFile(migrations()[version-1])
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	// A PRAGMA takes no parameters; both are undone with the transaction.
	script := fmt.Sprintf("%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;", text, applicationID, version)
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	return tx.Commit()
}

// keepBefore copies the store to a file beside it that says which version was about to come, and never over one that
// is there.
func keepBefore(ctx context.Context, db *sql.DB, path string, version int) error {
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
