package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"flowsweep/experiments"
)

// LogLosses adds losses to those of the fit. It returns before they are written, and blocks only while too many are
// pending. Errors are returned by Flush, SaveCheckpoint and FinishFit. A loss logged again for a step replaces the
// earlier one. After Close losses are dropped.
func (db *DB) LogLosses(fit string, losses ...experiments.Loss) { db.losses.log(fit, losses) }

// Flush writes all pending losses and returns the first error since the last Flush.
func (db *DB) Flush(ctx context.Context) error {
	if err := db.losses.flush(ctx, "", forgetFailure); err != nil {
		return fmt.Errorf("write losses: %w", err)
	}
	return nil
}

// Losses returns the written losses of the fit, by step.
func (db *DB) Losses(ctx context.Context, fit string) (losses []experiments.Loss, err error) {
	defer wrap(&err, "read losses of fit %s", fit)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := wholeLosses(ctx, tx, fit); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? ORDER BY step`, fit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			l, err := scanLoss(rows)
			if err != nil {
				return err
			}
			losses = append(losses, l)
		}
		return rows.Err()
	})
	return losses, err
}

// scanLoss reads a step, its value and its held-out loss. One column holds the value or, if it is not finite, its kind: a
// column less to read.
func scanLoss(rows *sql.Rows) (l experiments.Loss, err error) {
	var step, value, heldOut any
	if err := rows.Scan(&step, &value, &heldOut); err != nil {
		return l, err
	}
	return lossOf(step, value, heldOut)
}

// lossOf converts a row from the driver, where value is a number or the kind of one that is not finite, and heldOut a
// number or nil.
func lossOf(step, value, heldOut any) (l experiments.Loss, err error) {
	at, ok := step.(int64)
	if !ok {
		return l, fmt.Errorf("the step of a loss is a %T: %s", step, damaged)
	}
	l.Step = int(at)
	l.HeldOut, _ = heldOut.(float64)
	switch value := value.(type) {
	case float64:
		l.Value = value
	case string:
		l.Value = number{kind: value}.float()
	case []byte:
		l.Value = number{kind: string(value)}.float()
	default:
		return l, fmt.Errorf("the loss at step %d is a %T: %s", l.Step, value, damaged)
	}
	return l, nil
}

// writeLosses writes a batch of losses in one transaction.
func (db *DB) writeLosses(batch []lossRow) error {
	// Losses are written even if the context of the training has ended.
	ctx := context.Background()
	for n, stmt := range db.insertLosses {
		if stmt == nil {
			var err error
			if db.insertLosses[n], err = db.writer.PrepareContext(ctx, insertLosses(n)); err != nil {
				return err
			}
		}
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		many, one := tx.StmtContext(ctx, db.insertLosses[rowsPerQuery]), tx.StmtContext(ctx, db.insertLosses[1])
		args := make([]any, 0, 5*rowsPerQuery)
		for len(batch) > 0 {
			insert, n := one, 1
			if len(batch) >= rowsPerQuery {
				insert, n = many, rowsPerQuery
			}
			args = args[:0]
			for _, r := range batch[:n] {
				x := numberOf(r.loss.Value)
				args = append(args, r.fit, r.loss.Step, x.value, x.kind, r.loss.HeldOut)
			}
			if _, err := insert.ExecContext(ctx, args...); err != nil {
				return err
			}
			batch = batch[n:]
		}
		return nil
	})
}

// rowsPerQuery is the number of losses per INSERT, which costs a third of as many single ones.
const rowsPerQuery = 250

// insertLosses returns the statement that inserts n losses.
func insertLosses(n int) string {
	return `INSERT INTO losses (fit, step, value, kind, held_out) VALUES (?, ?, ?, ?, nullif(?, 0))` + strings.Repeat(`, (?, ?, ?, ?, nullif(?, 0))`, n-1) +
		` ON CONFLICT (fit, step) DO UPDATE SET value = excluded.value, kind = excluded.kind, held_out = excluded.held_out`
}

// SaveCheckpoint replaces the checkpoint of a running fit, given in parts, from which its training can resume after the step. It first
// writes the losses logged so far, so that the store holds everything up to the checkpoint.
func (db *DB) SaveCheckpoint(ctx context.Context, fit string, step int, parts ...[]byte) (err error) {
	defer wrap(&err, "save a checkpoint of fit %s", fit)
	if err := db.losses.flush(ctx, fit, keepFailure); err != nil {
		return err
	}
	c, err := db.hold(parts...)
	if err != nil {
		return err
	}
	return db.replaceCheckpoint(ctx, fit, func(tx *sql.Tx) error {
		var state experiments.State
		err := tx.QueryRowContext(ctx, `SELECT state FROM fits WHERE key = ?`, fit).Scan(&state)
		if err != nil {
			return notInStore(err)
		}
		if state != experiments.Running {
			return fmt.Errorf("it is %s, not running", state)
		}
		if err := db.secure(c); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoints (fit, step, sha256, bytes, size) VALUES (?, ?, ?, ?, ?)`,
			fit, step, c.SHA256, c.bytes(), c.size())
		return err
	})
}

// Checkpoint returns the checkpoint of the fit and the step after which its training can resume; ok is false if there is
// none. If the sha256 is wrong it returns an error; after DropCheckpoint the fit can start from scratch.
func (db *DB) Checkpoint(ctx context.Context, fit string) (step int, content []byte, ok bool, err error) {
	defer wrap(&err, "read the checkpoint of fit %s", fit)
	var want string
	var size sql.NullInt64
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "checkpoints", "fit = ?", fit); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT step, sha256, bytes, size FROM checkpoints WHERE fit = ?`, fit).Scan(&step, &want, &content, &size)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, false, nil
	}
	if err == nil {
		content, err = db.load(want, content, size)
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
	return db.replaceCheckpoint(ctx, fit, func(tx *sql.Tx) error {
		if err := dropCheckpoint(ctx, tx, fit); err != nil {
			return err
		}
		return dropLosses(ctx, tx, fit)
	})
}

// replaceCheckpoint is write for what replaces or drops the checkpoint of the fit.
func (db *DB) replaceCheckpoint(ctx context.Context, fit string, do func(tx *sql.Tx) error) error {
	var old []string
	err := db.write(ctx, func(tx *sql.Tx) (err error) {
		if old, err = texts(ctx, tx, `SELECT sha256 FROM checkpoints WHERE fit = ? AND size IS NOT NULL`, fit); err != nil {
			return err
		}
		return do(tx)
	})
	if err == nil {
		db.release(ctx, old)
	}
	return err
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
