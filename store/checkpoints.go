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

// SaveCheckpoint replaces the checkpoint of a running fit, from which its training can resume after the step. It first
// writes the losses logged so far, so that the store holds everything up to the checkpoint.
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
			return notInStore(err)
		}
		if state != experiments.Running {
			return fmt.Errorf("it is %s, not running", state)
		}
		sum := sha256.Sum256(content)
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoints (fit, step, sha256, bytes) VALUES (?, ?, ?, ?)`,
			fit, step, hex.EncodeToString(sum[:]), content)
		return err
	})
}

// Checkpoint returns the checkpoint of the fit and the step after which its training can resume; ok is false if there is
// none. If the sha256 is wrong it returns an error; after DropCheckpoint the fit can start from scratch.
func (db *DB) Checkpoint(ctx context.Context, fit string) (step int, content []byte, ok bool, err error) {
	defer wrap(&err, "read the checkpoint of fit %s", fit)
	var want string
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "checkpoints", "fit = ?", fit); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT step, sha256, bytes FROM checkpoints WHERE fit = ?`, fit).Scan(&step, &want, &content)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, false, nil
	}
	if err == nil {
		err = checkSum(content, want)
	}
	if err != nil {
		return 0, nil, false, err
	}
	return step, content, true, nil
}

// DropCheckpoint removes the checkpoint of the fit and all its losses, so that it starts from scratch.
func (db *DB) DropCheckpoint(ctx context.Context, fit string) (err error) {
	defer wrap(&err, "drop the checkpoint of fit %s", fit)
	_ = db.losses.flush(ctx, fit, forgetFailure) // they are removed anyway
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

// dropLosses removes the losses of the fit after its checkpoint, or all of them if it has none.
func dropLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE fits SET losses_seal = NULL WHERE key = ?`, fit); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM losses
		WHERE fit = ?1 AND step > coalesce((SELECT step FROM checkpoints WHERE fit = ?1), -9223372036854775808)`, fit)
	return err
}
