package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"flowsweep/experiments"
)

// SaveCheckpoint stores that the training of a running fit can go on after the step, from the content, in place of the
// checkpoint before. It writes the losses logged so far first: what the checkpoint stands for is in the store with it.
func (db *DB) SaveCheckpoint(ctx context.Context, fit string, step int, content []byte) (err error) {
	defer wrap(&err, "save a checkpoint of fit %s", fit)
	if err := db.losses.flush(ctx, fit, keepFailure); err != nil {
		return err
	}
	if content == nil {
		content = []byte{} // the driver stores nil as NULL
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		var state experiments.State
		err := tx.QueryRowContext(ctx, `SELECT state FROM fits WHERE key = ?`, fit).Scan(&state)
		if err != nil {
			return found(err)
		}
		if state != experiments.Running {
			return fmt.Errorf("it is %s and not running", state)
		}
		sum := sha256.Sum256(content)
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoints (fit, step, sha256, bytes) VALUES (?, ?, ?, ?)`,
			fit, step, hex.EncodeToString(sum[:]), content)
		return err
	})
}

// Checkpoint returns the step after which the training of the fit can go on, and from what, after comparing it with its
// sha256. It is not ok where there is none. Where it is damaged the error says so; DropCheckpoint then lets the fit
// start from nothing.
func (db *DB) Checkpoint(ctx context.Context, fit string) (step int, content []byte, ok bool, err error) {
	defer wrap(&err, "read the checkpoint of fit %s", fit)
	var want string
	err = db.readers.QueryRowContext(ctx, `SELECT step, sha256, bytes FROM checkpoints WHERE fit = ?`, fit).Scan(&step, &want, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, false, nil
	}
	if err == nil {
		err = sameSum(content, want)
	}
	if err != nil {
		return 0, nil, false, err
	}
	return step, content, true, nil
}

// DropCheckpoint removes the checkpoint of the fit and all its losses, so that it starts from nothing.
func (db *DB) DropCheckpoint(ctx context.Context, fit string) (err error) {
	defer wrap(&err, "drop the checkpoint of fit %s", fit)
	_ = db.losses.flush(ctx, fit, forgetFailure) // they are removed
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := dropCheckpoint(ctx, tx, fit); err != nil {
			return err
		}
		return dropLosses(ctx, tx, fit)
	})
}

func dropCheckpoint(ctx context.Context, tx *sql.Tx, fit string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM checkpoints WHERE fit = ?`, fit)
	return err
}

// dropLosses removes the losses of the fit after its checkpoint's step, or all where it has none.
func dropLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM losses
		WHERE fit = ?1 AND step > coalesce((SELECT step FROM checkpoints WHERE fit = ?1), -9223372036854775808)`, fit)
	return err
}
