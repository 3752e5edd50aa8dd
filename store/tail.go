package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"flowsweep/experiments"
)

// Ended is how far a sweep has come, without its results.
type Ended struct {
	State    experiments.State
	Started  time.Time // for the last time
	Finished time.Time // zero for one that has not
}

// SweepState returns how far the named sweep has come. It costs next to nothing, so that it may be asked every second.
func (db *DB) SweepState(ctx context.Context, name string) (e Ended, err error) {
	defer wrap(&err, "read the state of sweep %q", name)
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "sweeps", "name = ?", name); err != nil {
			return err
		}
		var started, finished sql.NullString
		if err := tx.QueryRowContext(ctx, `SELECT state, last_started, finished FROM sweeps WHERE name = ?`, name).Scan(&e.State, &started, &finished); err != nil {
			return err
		}
		return errors.Join(parseTime(started, &e.Started), parseTime(finished, &e.Finished))
	})
	if err != nil {
		return e, err
	}
	return e, toLost(&e.State)
}

// Curve returns the loss curve of a fit, thinned as Curves does it.
func (db *DB) Curve(ctx context.Context, fit string, parts int) (curve []experiments.Loss, err error) {
	defer wrap(&err, "read the loss curve of fit %s", fit)
	return db.curve(ctx, fit, parts)
}

// LossesAfter returns the written losses of a fit after a step, by step. It reads no others, and so cannot check them: it is for a
// fit that is being trained, for which there is no checksum yet.
func (db *DB) LossesAfter(ctx context.Context, fit string, step int) (losses []experiments.Loss, err error) {
	defer wrap(&err, "read losses of fit %s", fit)
	err = db.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? AND step > ? ORDER BY step`, fit, step)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var step, value, heldOut any
			if err := rows.Scan(&step, &value, &heldOut); err != nil {
				return err
			}
			l, err := lossOf(step, value, heldOut)
			if err != nil {
				return err
			}
			losses = append(losses, l)
		}
		return rows.Err()
	})
	return losses, err
}
