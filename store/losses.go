package store

import (
	"context"
	"database/sql"
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
	return losses, db.read(ctx, func(tx *sql.Tx) error {
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
