package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"flowsweep/store/merge"
	"flowsweep/store/seal"
)

// Seal seals every row of the store at path as it is, as if the program had stored it.
func Seal(ctx context.Context, path string) error {
	db := sql.OpenDB(connector{path, seal.Register})
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := sealAll(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// LargeAbove makes contents above n bytes large.
func (db *DB) LargeAbove(n int64) { db.largeAbove = n }

// SaveLate stores a content as an artifact, and calls between once it is held and before it is stored.
func (db *DB) SaveLate(ctx context.Context, o Owner, name string, bytes []byte, between func()) error {
	c, err := db.hold(bytes)
	if err != nil {
		return err
	}
	between()
	return db.write(ctx, func(tx *sql.Tx) error { return db.saveArtifact(ctx, tx, o, name, c) })
}

// CopyBefore makes the copy that an upgrade from this version makes.
func (db *DB) CopyBefore(ctx context.Context, version int) error { return db.copyBefore(ctx, version) }

// LimitPages simulates a full disk by limiting the file to n pages. It returns the current number of pages.
func (db *DB) LimitPages(n int) (pages int, err error) {
	if _, err := db.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
		return 0, err
	}
	err = db.writer.QueryRow("PRAGMA page_count").Scan(&pages)
	return pages, err
}

// Path returns where the store is.
func (db *DB) Path() string { return db.path }

// TakeLate takes a part in, and calls between once it is vetted and before anything is taken.
func (db *DB) TakeLate(ctx context.Context, path, fit string, between func()) (Taken, error) {
	from, err := openVetted(ctx, path, []string{fit})
	if err != nil {
		return Taken{}, err
	}
	between()
	t, err := db.takeFrom(ctx, from, unchanging(), merge.Options{Part: true})
	return t, errors.Join(err, from.disconnect(), from.leave())
}
