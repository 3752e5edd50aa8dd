// Package vet checks SQLite files that may come from anyone, before anything of them is used: what kind of file it is, what its schema
// defines, and what it names.
//
//	pool := connect(path, vet.Careful)
//	err := vet.Schema(ctx, tx, objects)
//
// It knows the form of a store, not what its rows mean. What it finds is a *RefusedError.
package vet

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// RefusedError says why a file is not taken in. Nothing has changed then.
type RefusedError struct {
	Path string // of the file; "" if it does not matter
	Why  string // a clause whose subject is the file: "it has ..."
}

func (e *RefusedError) Error() string {
	if e.Path == "" {
		return e.Why
	}
	return e.Path + " is refused: " + e.Why
}

// Refuse returns the error that a file is not taken in.
func Refuse(format string, args ...any) error {
	return &RefusedError{Why: fmt.Sprintf(format, args...)}
}

// maxPart is the size in bytes that a part may have.
const maxPart = 4 << 30

// Part checks that the path is that of a regular file, and that its header is that of a store of exactly this version.
func Part(path string, application, version uint32) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return Refuse("it is not a regular file")
	case info.Size() > maxPart:
		return Refuse("it has %d bytes, more than a part may have", info.Size())
	}
	has, err := Version(path, application)
	if err == nil && has != version {
		return Refuse("it has version %d of the store, not %d: use the same flowsweep everywhere", has, version)
	}
	return err
}

// Version returns the version of the store that the file's header gives, see
// https://www.sqlite.org/fileformat2.html#the_database_header.
func Version(path string, application uint32) (uint32, error) {
	if info, err := os.Stat(path); err != nil {
		return 0, err
	} else if !info.Mode().IsRegular() {
		return 0, Refuse("it is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	header := make([]byte, 100)
	_, err = io.ReadFull(file, header)
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF, err == nil && string(header[:16]) != "SQLite format 3\x00":
		return 0, Refuse("it is not a SQLite database")
	case err != nil:
		return 0, err
	case binary.BigEndian.Uint32(header[68:]) != application:
		return 0, Refuse("it is not a store, but a SQLite database of another program")
	}
	return binary.BigEndian.Uint32(header[60:]), nil
}

// Careful makes a connection trust nothing that the file's schema says, and check each page that it reads.
func Careful(conn *sqlite3.SQLiteConn) error {
	for _, pragma := range []string{"PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"} {
		if _, err := conn.Exec(pragma, nil); err != nil {
			return err
		}
	}
	return nil
}

// Querier is a transaction, or a database.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Object is a table, index, view or trigger.
type Object struct{ Type, Name, Table, SQL string }

// statistics are the tables that ANALYZE makes.
var statistics = []Object{
	{"table", "sqlite_stat1", "sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"},
	{"table", "sqlite_stat4", "sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"},
}

// Objects returns what the schema defines, but for the indexes that tables define with their keys, and for the statistics of tables.
func Objects(ctx context.Context, tx Querier) (list []Object, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema
		WHERE NOT (sql IS NULL AND name GLOB 'sqlite_autoindex_*') ORDER BY type, name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o Object
		if err := rows.Scan(&o.Type, &o.Name, &o.Table, &o.SQL); err != nil {
			return nil, err
		}
		if !slices.Contains(statistics, o) {
			list = append(list, o)
		}
	}
	return list, rows.Err()
}

// Schema checks that the file has exactly these objects.
func Schema(ctx context.Context, tx Querier, want []Object) error {
	have, err := Objects(ctx, tx)
	if err != nil {
		return err
	}
	for _, o := range have {
		if slices.Contains(want, o) {
			continue
		}
		named := slices.IndexFunc(want, func(w Object) bool { return w.Name == o.Name })
		switch {
		case strings.HasPrefix(strings.ToUpper(o.SQL), "CREATE VIRTUAL"):
			return Refuse("it has the virtual table %s, which no store has: drop it", plain(o.Name))
		case named < 0:
			return Refuse("it has the %s %s, which no store has: drop it", o.Type, plain(o.Name))
		case want[named].Type != o.Type:
			return Refuse("%s is a %s there, and a %s in a store", plain(o.Name), o.Type, want[named].Type)
		default:
			return Refuse("its %s %s is not that of a store", o.Type, plain(o.Name))
		}
	}
	for _, w := range want {
		if !slices.Contains(have, w) {
			return Refuse("it lacks the %s %s", w.Type, w.Name)
		}
	}
	return nil
}

// Intact checks the structure of the file: pages, cells, types, and that indexes have what their tables have. SQLite does not look at
// the CHECK constraints of a file that it only reads.
func Intact(ctx context.Context, tx Querier) error {
	rows, err := tx.QueryContext(ctx, `PRAGMA integrity_check(1)`)
	if err != nil {
		return damaged(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return damaged(err)
		}
		if text != "ok" {
			return Refuse("it is damaged: %s", text)
		}
	}
	return damaged(rows.Err())
}

// damaged makes of an error of SQLite in reading a file that the file is damaged.
func damaged(err error) error {
	var e sqlite3.Error
	if errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB || e.Code == sqlite3.ErrFormat) {
		return Refuse("it is damaged: %v", err)
	}
	return err
}
