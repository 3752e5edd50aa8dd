package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/store/large"
)

// largeAbove is the size in bytes above which a content is a file beside the store. SQLite refuses values above 1e9 bytes, and below
// that one is copied within the process, and written twice, to the log and from there to the file: what takes no time for samples
// of some megabytes takes seconds for weights of some hundred. Small contents are better off in the store, which stays one file.
const largeAbove = 64 << 20

// largeFolder returns the folder of large contents of a store, which is beside the file that a symbolic link leads to.
func largeFolder(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path + contentsSuffix
}

// Free returns the bytes that can still be written beside a store, which need not exist, or 0 if that is unknown.
func Free(path string) float64 {
	free, _ := disk.Free(filepath.Dir(largeFolder(path)))
	return free
}

// contentsSuffix follows the name of a store in that of the folder of its large contents.
const contentsSuffix = ".contents"

// content is a content that is ready to be stored: if it is large, its file is on disk.
type content struct {
	experiments.Artifact // without a name
	parts                [][]byte
	file                 *io.SectionReader // in place of parts
	large                bool
}

// bytes and size are the values of the columns.
func (c content) bytes() []byte {
	switch {
	case c.large || c.Size == 0:
		return []byte{} // not nil, which the driver stores as NULL
	case len(c.parts) == 1:
		return c.parts[0]
	}
	return slices.Concat(c.parts...)
}

func (c content) size() any {
	if c.large {
		return c.Size
	}
	return nil
}

// hold makes a content, given in parts, ready to be stored.
func (db *DB) hold(parts ...[]byte) (content, error) {
	c := content{parts: parts}
	hash := sha256.New()
	for _, p := range parts {
		hash.Write(p)
		c.Size += int64(len(p))
	}
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if c.large = c.Size > db.largeAbove; !c.large {
		return c, nil
	}
	if db.single {
		return c, fmt.Errorf("a content of %d bytes does not fit into a store of one file, which holds up to %d: train this fit on the machine with the store", c.Size, db.largeAbove)
	}
	return c, db.large.Save(c.SHA256, parts...)
}

// secure is called within the transaction that stores the content. Its file may have been removed before that, as nothing needed it.
func (db *DB) secure(c content) error {
	if !c.large || db.large.Has(c.SHA256, c.Size) {
		return nil
	}
	if c.file != nil {
		return db.large.SaveFile(c.SHA256, c.file)
	}
	return db.large.Save(c.SHA256, c.parts...)
}

// load returns a content by its columns, or an error if it is not what was stored.
func (db *DB) load(sum string, bytes []byte, size sql.NullInt64) ([]byte, error) {
	if size.Valid && len(bytes) == 0 {
		bytes, err := db.large.Read(sum, size.Int64)
		return bytes, damagedFile(err)
	}
	return bytes, checkContent(sum, bytes, size)
}

// intact is load without keeping the content of a file in memory.
func (db *DB) intact(sum string, bytes []byte, size sql.NullInt64) error {
	if size.Valid && len(bytes) == 0 {
		return damagedFile(db.large.Check(sum, size.Int64))
	}
	return checkContent(sum, bytes, size)
}

// checkContent checks a content that is in the store.
func checkContent(sum string, bytes []byte, size sql.NullInt64) error {
	if size.Valid { // and there are bytes
		return &DamageError{"it is said to be in a file, but is in the store", true}
	}
	return checkSum(bytes, sum)
}

// damagedFile returns the error of a large content as one of the store.
func damagedFile(err error) error {
	var d *large.DamageError
	if !errors.As(err, &d) {
		return err
	}
	if d.Missing {
		return &DamageError{"its content is missing: " + d.Text, true}
	}
	return &DamageError{"it is not what was stored: " + d.Text, true}
}

// largeContents is the SQL for the large contents that a store needs, with their sizes.
const largeContents = `SELECT sha256, size FROM blobs WHERE size IS NOT NULL AND length(bytes) = 0
	UNION SELECT sha256, size FROM checkpoints WHERE size IS NOT NULL AND length(bytes) = 0`

// needed returns the sizes of the large contents that a store needs, by sha256.
func needed(ctx context.Context, tx querier) (map[string]int64, error) {
	sizes := map[string]int64{}
	rows, err := tx.QueryContext(ctx, largeContents)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sum string
		var size int64
		if err := rows.Scan(&sum, &size); err != nil {
			return nil, err
		}
		sizes[sum] = size
	}
	return sizes, rows.Err()
}

// gone reports whether the store needs a large content no more: another process may have replaced a checkpoint, or removed a sweep,
// since the transaction began in which it did.
func (db *DB) gone(ctx context.Context, sum string) (bool, error) {
	need, err := needed(ctx, db.readers)
	_, is := need[sum]
	return !is, err
}

// checkLarge returns an error if the folder of large contents is not beside the store, as after moving the store alone.
func (db *DB) checkLarge(ctx context.Context) error {
	if db.large.Exists() {
		return nil
	}
	sizes, err := needed(ctx, db.readers)
	if err != nil || len(sizes) == 0 {
		return nil // what is damaged in the store itself is for Check to say
	}
	total := int64(0)
	for size := range maps.Values(sizes) {
		total += size
	}
	return fmt.Errorf("%d of its contents, %d bytes, are files in a folder that is not there, %s: move it here too, or restore a backup with its folder; if they are"+
		" lost, make an empty folder of that name, and the next sweep makes them again", len(sizes), total, db.large.Path)
}

// countLarge counts the files of large contents that nothing needs any more within a transaction.
func (db *DB) countLarge(ctx context.Context, tx *sql.Tx, r *Removed) error {
	unused, err := db.unusedFiles(ctx, tx)
	for size := range maps.Values(unused) {
		r.LargeFiles, r.LargeBytes = r.LargeFiles+1, r.LargeBytes+size
	}
	return err
}

// dropUnused removes the files of large contents that nothing needs. Nobody can store one meanwhile:
// that takes a transaction, in which secure looks again.
func (db *DB) dropUnused(ctx context.Context) error {
	if db.copy != nil || !db.large.Exists() {
		return nil
	}
	err := db.write(ctx, func(tx *sql.Tx) error {
		unused, err := db.unusedFiles(ctx, tx)
		for sum := range unused {
			if err := db.large.Remove(sum); err != nil {
				return err
			}
		}
		return err
	})
	db.large.Tidy()
	return err
}

// unusedFiles returns the sizes of the files that nothing needs, by sha256.
func (db *DB) unusedFiles(ctx context.Context, tx *sql.Tx) (map[string]int64, error) {
	files, err := db.large.Files()
	if err != nil || len(files) == 0 {
		return nil, err
	}
	need, err := needed(ctx, tx)
	maps.DeleteFunc(files, func(sum string, _ int64) bool { _, ok := need[sum]; return ok })
	return files, err
}

// release removes the files of checkpoints that were replaced or dropped, unless something else needs them. What it cannot remove
// waits for dropUnused.
func (db *DB) release(ctx context.Context, sums []string) {
	if len(sums) == 0 {
		return
	}
	need, err := needed(ctx, db.readers)
	if err != nil {
		return
	}
	for _, sum := range sums {
		if _, ok := need[sum]; !ok {
			_ = db.large.Remove(sum)
		}
	}
}

// contentBytes returns the size of all contents and checkpoints that are in the store itself.
func contentBytes(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT sum(length(bytes)) FROM blobs), 0) + coalesce((SELECT sum(length(bytes)) FROM checkpoints), 0)`).Scan(&n)
	return n, err
}
