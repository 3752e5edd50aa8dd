// Package plain makes SQLite files in the forms of other programs.
//
//	db, err := plain.Create(ctx, "mlflow.db")
package plain

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

// Create makes an SQLite file and opens it, with one connection. There must be no such file. Until it is closed a crash may leave
// it damaged: write it where nobody looks, close it, then rename it.
func Create(ctx context.Context, path string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644) // SQLite accepts an empty file
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	options := url.Values{"mode": {"rw"}, "_journal_mode": {"MEMORY"}, "_synchronous": {"OFF"}, "_foreign_keys": {"on"}}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: options.Encode()}
	db := sql.OpenDB(connector(dsn.String()))
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", path, err), db.Close())
	}
	return db, nil
}

// connector is the name of a file, with options.
type connector string

// Connect opens the file.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(string(c)) }

// Driver returns that of SQLite.
func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }
