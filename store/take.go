package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"flowsweep/store/merge"
	"flowsweep/store/place"
	"flowsweep/store/vet"
)

// Taken counts what Take took from another store, and RefusedError is the error for a file that is not taken in.
type (
	Taken        = merge.Taken
	RefusedError = vet.RefusedError
)

// Take takes in another store, the file at path, by key: all of it, or after an error nothing. What has finished here is never
// changed: where both have finished and are not alike, ours is kept, and Taken says so. What is further on replaces what is not, see
// merge. Taking a store in again changes nothing.
//
// With the keys of fits the file must be a part, of the same version and of these fits only. Otherwise it is a store that people
// have, of any version known, which may be in use; it is copied first, and with it are taken its sweeps with their plans, data, files
// and checks, null distributions, baselines, tags, notes and aliases. A sweep with another plan than that of its name here gets the name of a
// new edition.
//
// A file that is not a whole store, or has anything in it that a store has not, is a *RefusedError. Take panics unless this process
// has locked the store.
func (db *DB) Take(ctx context.Context, path string, only ...string) (t Taken, err error) {
	db.mustLock("Take")
	defer wrap(&err, "take in another store")
	from, err := openVetted(ctx, path, only)
	if err != nil {
		return t, err
	}
	t, err = db.takeFrom(ctx, from, unchanging(), merge.Options{Part: only != nil})
	from.before = place.State{} // it does not matter any more
	return t, refusedAt(path, errors.Join(err, from.disconnect(), from.leave()))
}

// Vet returns the error with which Take would refuse the file at path.
func Vet(ctx context.Context, path string, only ...string) error {
	from, err := openVetted(ctx, path, only)
	if err != nil {
		return err
	}
	return errors.Join(from.disconnect(), from.leave())
}

// attachOptions are those with which another connection of this process reads the store.
func (db *DB) attachOptions() url.Values {
	options := db.readOptions()
	options.Set("mode", "ro")
	options.Del("_busy_timeout")
	return options
}

// unchanging are the options for a file that nobody writes to.
func unchanging() url.Values { return url.Values{"mode": {"ro"}, "immutable": {"1"}} }

// takeFrom takes what the options say from another open store.
func (db *DB) takeFrom(ctx context.Context, from *DB, how url.Values, o merge.Options) (t Taken, err error) {
	o.Large, o.Move = db.largeAbove, db.mover(from)
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return t, err
	}
	defer conn.Close()
	uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(from.at), RawQuery: how.Encode()}
	if _, err := conn.ExecContext(ctx, `ATTACH DATABASE ? AS other`, uri.String()); err != nil {
		return t, err
	}
	var old []string
	err = db.writeOn(ctx, conn, func(tx *sql.Tx) (err error) {
		if old, err = texts(ctx, tx, `SELECT sha256 FROM main.checkpoints WHERE size IS NOT NULL AND fit IN (SELECT key FROM other.fits)`); err == nil {
			t, err = merge.Into(ctx, tx, o)
		}
		if changed := from.unchanged(); err == nil && changed != nil {
			err = vet.Refuse("%v", changed)
		}
		return err
	})
	if _, detach := conn.ExecContext(context.WithoutCancel(ctx), `DETACH DATABASE other`); detach != nil {
		// The transaction of a context that has ended may still be rolling back. The next one gets a new connection.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	if err != nil {
		return Taken{}, impossible(err)
	}
	db.release(ctx, old)
	return t, nil
}

// unchanged returns an error if a store has changed that SQLite reads without locks.
func (db *DB) unchanged() error {
	if now := place.StateOf(db.path); db.before != (place.State{}) && (now.Size != db.before.Size || !now.Changed.Equal(db.before.Changed)) {
		return errors.New("another process wrote to it meanwhile: what was read of it may be wrong, run the command again")
	}
	return nil
}

// impossible makes of a broken constraint that the other store is refused: our tables have not what it holds.
func impossible(err error) error {
	var e sqlite3.Error
	if errors.As(err, &e) && e.Code == sqlite3.ErrConstraint {
		return vet.Refuse("it has what no store can have: %v", err)
	}
	return err
}

// mover returns how contents of another store are kept in this one.
func (db *DB) mover(from *DB) func(sum string, bytes []byte, size sql.NullInt64) ([]byte, any, error) {
	return func(sum string, bytes []byte, size sql.NullInt64) ([]byte, any, error) {
		if size.Valid && !db.single { // also a small one: data that are read from their file stay in one
			return []byte{}, size.Int64, damagedFile(from.large.Copy(db.large, sum, size.Int64))
		}
		bytes, err := from.load(sum, bytes, size)
		if err != nil {
			return nil, nil, err
		}
		c, err := db.hold(bytes)
		if err != nil {
			return nil, nil, err
		}
		return c.bytes(), c.size(), nil
	}
}

// refusedAt adds the path to the error of a file that is refused.
func refusedAt(path string, err error) error {
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Path == "" {
		refused.Path = path
	}
	return err
}
