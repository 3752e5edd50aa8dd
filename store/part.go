package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"flowsweep/experiments"
	"flowsweep/store/merge"
)

// maxInside is the size in bytes of the largest content in a store of one file: SQLite has rows of up to 1e9 bytes.
const maxInside = 1e9 - 1<<20

// OpenPart opens the store in the file at path, creating it if necessary, as one that travels: a part. It is like Open, but all
// contents are in the file, and what does not fit is an error.
func OpenPart(ctx context.Context, path string) (*DB, error) {
	db, err := Open(ctx, path)
	if err == nil {
		db.single, db.largeAbove = true, maxInside
	}
	return db, err
}

// QueueFit queues the fit and all its runs, unless they are known. It stores no sweep, and not the data of the fit.
func (db *DB) QueueFit(ctx context.Context, fit experiments.Fit) (err error) {
	defer wrap(&err, "queue fit %s", fit.Key)
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := queueFit(ctx, tx, fit); err != nil {
			return err
		}
		for _, runs := range [][]experiments.Run{fit.Runs, fit.Dense} {
			for _, run := range runs {
				if err := queueRun(ctx, tx, fit.Key, run); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Requeue queues the fits that have failed, or were killed, lost or pruned, to be tried again, with their checkpoints. A fit that has failed
// takes no checkpoint of another store.
func (db *DB) Requeue(ctx context.Context, fits ...string) (err error) {
	db.mustLock("Requeue")
	defer wrap(&err, "queue %d fits again", len(fits))
	keys, err := json.Marshal(fits)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE fits SET state = ?, error = '', finished = NULL
			WHERE key IN (SELECT value FROM json_each(?)) AND state IN ('failed', 'killed', 'lost', 'pruned')`, experiments.Queued, string(keys))
		return err
	})
}

// Part writes a new store of one file at path with what is known of these fits: their runs, losses, checkpoints, weights, samples,
// metrics, tunings, values at rungs, environments and failures, but not their data, and nothing of sweeps. What runs here is queued there. If nothing
// is known that would spare anyone work, empty is true, and there is no file.
func (db *DB) Part(ctx context.Context, path string, fits ...string) (empty bool, err error) {
	defer wrap(&err, "write a part to %s", path)
	if empty, err = db.knowsNothing(ctx, fits); empty || err != nil {
		return empty, err
	}
	if _, err := os.Lstat(path); err == nil {
		return false, fs.ErrExist
	}
	to, err := OpenPart(ctx, path)
	if err != nil {
		return false, err
	}
	_, err = to.takeFrom(ctx, db, db.attachOptions(), merge.Options{Part: true, Fits: fits})
	if err = errors.Join(err, to.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return false, err
}

// knowsNothing reports whether all fits are to be trained from scratch. It is an error if one of them is not in the store, or damaged.
func (db *DB) knowsNothing(ctx context.Context, fits []string) (nothing bool, err error) {
	if fits == nil {
		panic("store: a part without fits")
	}
	keys, err := json.Marshal(fits)
	if err != nil {
		return false, err
	}
	err = db.read(ctx, func(tx *sql.Tx) error {
		unknown, err := texts(ctx, tx, `SELECT value FROM json_each(?) WHERE value NOT IN (SELECT key FROM fits) LIMIT 1`, string(keys))
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			return fmt.Errorf("fit %s: %w", unknown[0], ErrNotFound)
		}
		if err := wholeFits(ctx, tx, fits, string(keys)); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM json_each(?) k JOIN fits f ON f.key = k.value
			WHERE f.state IN ('finished', 'failed') OR EXISTS (SELECT 1 FROM checkpoints WHERE fit = f.key))`, string(keys)).Scan(&nothing)
	})
	return nothing, err
}

// wholeFits returns a *DamageError unless all rows that belong to the fits are what was stored: a copy would have new seals.
func wholeFits(ctx context.Context, tx *sql.Tx, fits []string, keys string) error {
	const (
		ofFits = ` IN (SELECT value FROM json_each(?1))`
		ofRuns = ` IN (SELECT key FROM runs WHERE fit` + ofFits + `)`
		owned  = `(owner_kind, owner) IN (SELECT 'fit', value FROM json_each(?1) UNION ALL SELECT 'run', key FROM runs WHERE fit` + ofFits + `)`
	)
	for _, t := range [][2]string{
		{"fits", "key" + ofFits},
		{"runs", "fit" + ofFits},
		{"metrics", "run" + ofRuns},
		{"tunings", "fit" + ofFits},
		{"rungs", "fit" + ofFits},
		{"checkpoints", "fit" + ofFits},
		{"artifacts", owned},
		{"failures", owned},
		{"environments", "hash IN (SELECT environment FROM fits WHERE key" + ofFits + " UNION SELECT environment FROM runs WHERE fit" + ofFits + ")"},
	} {
		if err := whole(ctx, tx, t[0], t[1], keys); err != nil {
			return err
		}
	}
	for _, fit := range fits {
		if err := wholeLosses(ctx, tx, fit); err != nil {
			return err
		}
	}
	return nil
}
