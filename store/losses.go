package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/store/losses"
	"flowsweep/store/seal"
)

// LogLosses adds losses to those of the fit. It returns before they are written, and blocks only while too many are
// pending. Errors are returned by Flush, SaveCheckpoint and FinishFit. A loss logged again for a step replaces the
// earlier one. After Close losses are dropped.
func (db *DB) LogLosses(fit string, losses ...experiments.Loss) { db.losses.Add(fit, losses) }

// Flush writes all pending losses and returns the first error since the last Flush.
func (db *DB) Flush(ctx context.Context) error {
	if err := db.losses.Flush(ctx, "", losses.ForgetFailure); err != nil {
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

// lossOf converts a row from the driver, where value is a number or the kind of one that is not finite, and heldOut a
// number or nil. One column holds the value or, if it is not finite, its kind: a column less to read.
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
func (db *DB) writeLosses(batch []losses.Row) error {
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
				x := numberOf(r.Loss.Value)
				args = append(args, r.Fit, r.Loss.Step, x.value, x.kind, r.Loss.HeldOut)
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

// Curves returns the loss curves of the fits of a sweep, by key, thinned to what a plot can show. The steps of a curve
// are divided into equal parts; each part keeps its lowest loss, its highest and its first that is not finite, and the
// curve keeps its first and last loss. A curve of at most 2*parts losses is kept whole. Only the losses that are kept
// are held in memory. Fits are read in parallel, each in its own snapshot; in a view they share that of the view.
func (db *DB) Curves(ctx context.Context, sweep string, parts int) (curves map[string][]experiments.Loss, err error) {
	defer wrap(&err, "read the loss curves of sweep %q", sweep)
	if parts < 1 {
		panic(fmt.Sprintf("store: curves in %d parts", parts))
	}
	var fits []string
	err = db.read(ctx, func(tx *sql.Tx) error {
		err := checkExists(ctx, tx, Owner{ownerSweep, sweep})
		if err == nil {
			fits, err = fitsOf(ctx, tx, sweep)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	curves = map[string][]experiments.Loss{}
	var mu sync.Mutex
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(min(runtime.GOMAXPROCS(0), maxReaders-1)) // leave a connection for other readers
	for _, fit := range fits {
		group.Go(func() error {
			c, err := db.curve(inner, fit, parts)
			if err != nil {
				return fmt.Errorf("fit %s: %w", fit, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(c) > 0 {
				curves[fit] = c
			}
			return nil
		})
	}
	return curves, group.Wait()
}

func fitsOf(ctx context.Context, tx *sql.Tx, sweep string) ([]string, error) {
	return texts(ctx, tx, `SELECT DISTINCT r.Fit FROM sweep_runs p JOIN runs r ON r.key = p.run WHERE p.sweep = ?`, sweep)
}

// curve reads the losses of a fit and thins them. It calls the driver directly: for millions of rows, database/sql would
// double the cost.
func (db *DB) curve(ctx context.Context, fit string, parts int) ([]experiments.Loss, error) {
	if db.moment != nil {
		return readFit(ctx, db.moment, fit, parts)
	}
	conn, err := db.readers.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing to commit
	return readFit(ctx, &moment{conn, tx}, fit, parts)
}

// readFit reads and thins the losses of a fit in a transaction.
func readFit(ctx context.Context, m *moment, fit string, parts int) ([]experiments.Loss, error) {
	var first, last, stored sql.NullInt64
	var count int
	if err := m.tx.QueryRowContext(ctx, `SELECT (SELECT min(step) FROM losses WHERE fit = ?1), (SELECT max(step) FROM losses WHERE fit = ?1),
		(SELECT count(*) FROM (SELECT 1 FROM losses WHERE fit = ?1 LIMIT ?2)), (SELECT losses_seal FROM fits WHERE key = ?1)`, fit, 2*parts+1).
		Scan(&first, &last, &count, &stored); err != nil {
		return nil, err
	}
	t := losses.Thinner{First: int(first.Int64), Last: int(last.Int64), Parts: parts, KeepAll: count <= 2*parts}
	var sum seal.Sum
	err := m.conn.Raw(func(bare any) error {
		rows, err := bare.(driver.QueryerContext).QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? ORDER BY step`,
			[]driver.NamedValue{{Ordinal: 1, Value: fit}})
		if err != nil {
			return err
		}
		return errors.Join(readCurve(rows, &sum, &t), rows.Close())
	})
	if err == nil {
		err = checkLosses(sum, fit, stored)
	}
	return t.Kept(), err
}

// readCurve adds every row of a step and its losses to a checksum and to a curve.
func readCurve(rows driver.Rows, sum *seal.Sum, curve *losses.Thinner) error {
	row := make([]driver.Value, 3)
	for {
		err := rows.Next(row)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		sum.Add(row[0], row[1], row[2])
		l, err := lossOf(row[0], row[1], row[2])
		if err != nil {
			return err
		}
		curve.Add(l)
	}
}
