package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"flowsweep/experiments/disk"

	"github.com/mattn/go-sqlite3"
)

// applicationID identifies a SQLite file as a store of this program: "flow" in ASCII.
const applicationID = 0x666c6f77

// sealedSince is the version since which rows have seals.
const sealedSince = 5

// largeSince is the version since which large contents are files.
const largeSince = 6

//go:embed migrations/*.sql
var migrationFiles embed.FS

// CheckPath returns the error with which a process could not work on the file at path, without writing anything. A missing file
// in a writable folder is fine.
func CheckPath(path string) error {
	err := checkPath(path)
	if err == nil {
		err = checkWritable(path)
	}
	if err != nil {
		return fmt.Errorf("open store %q: %w", path, err)
	}
	return nil
}

// checkPath returns an error if the file at path is missing and cannot be created, or exists and cannot be read as a store.
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
	}
	if err := checkLocal(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return checkHeader(file)
}

// checkWritable returns why a store that may exist can only be read.
func checkWritable(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // checkPath has looked at its folder
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if err := disk.Writable(path); err != nil {
		return notWritable("it", err)
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return checkNames(file)
}

func notWritable(what string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Errorf("%s is not writable (%w): change that, or use another --db", what, err)
}

// checkNames returns a namesError if the file can be reached by two paths. SQLite keeps its log beside the path that it is given:
// through the other path it would neither see what the log holds nor meet the locks of those who write, and writing through both
// destroys the file. A symbolic link is fine, as SQLite follows it.
func checkNames(file *os.File) error {
	n, err := disk.Links(file)
	if err != nil {
		return err
	}
	if n > 1 {
		return &namesError{fmt.Sprintf("it is one file with %d names (hard links), and SQLite keeps a log for each name: remove the others, which"+
			" `find / -samefile FILE` shows, or use a copy of the file", n)}
	}
	alone, err := disk.MountedAlone(file.Name())
	if alone {
		return &namesError{fmt.Sprintf("it is mounted without its folder, where SQLite keeps its log: mount the folder that holds it, and use --db %s there",
			filepath.Join("FOLDER", filepath.Base(file.Name())))}
	}
	return err
}

// namesError says that a file can be reached by two paths.
type namesError struct{ text string }

func (e *namesError) Error() string { return e.text }

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
	}
	if err := disk.Writable(folder); err != nil {
		return notWritable(fmt.Sprintf("the folder %q", folder), err)
	}
	return checkLocal(folder)
}

// checkLocal returns an error if the folder is on a network file system. Processes on different machines would not see each
// other's locks or share the write-ahead log's memory.
func checkLocal(folder string) error {
	name, err := disk.NetworkFileSystem(folder)
	if err != nil {
		return fmt.Errorf("find the file system of %q: %w", folder, err)
	}
	if name != "" {
		return fmt.Errorf("the folder %q is on a network file system (%s), where SQLite loses data: put the store on a local disk with --db", folder, name)
	}
	return nil
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

// connector makes connections, and calls hook, unless it is nil, on each.
type connector struct {
	dsn  string
	hook func(*sqlite3.SQLiteConn) error
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return &sqlite3.SQLiteDriver{ConnectHook: c.hook} }

// connect returns a pool of at most n connections. It reads back the pragmas, because SQLite silently ignores unknown
// ones and some file systems do not support the write-ahead log.
func connect(ctx context.Context, path string, n int, hook func(*sqlite3.SQLiteConn) error, pragmas map[string]string, options url.Values) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: options.Encode()}
	pool := sql.OpenDB(connector{dsn.String(), hook})
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	for name, want := range pragmas {
		var got string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got); err != nil {
			return nil, errors.Join(err, pool.Close())
		}
		if got != want {
			err := fmt.Errorf("%s is %s, not %s: put the store on a local disk", name, got, want)
			return nil, errors.Join(err, pool.Close())
		}
	}
	return pool, nil
}

// busy reports whether another process holds the file. SQLite waits for most locks, but not for the one needed to start
// or end a write-ahead log, which processes that start together may contend for.
func busy(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.Code == sqlite3.ErrBusy
}
