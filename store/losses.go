package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"flowsweep/experiments"
)

// Losses are written when so many wait, or the first has waited so long. As many as maxWaiting may wait.
const (
	lossBatch  = 500
	lossDelay  = 100 * time.Millisecond
	maxWaiting = 8 * lossBatch
)

// LogLosses adds losses to those of the fit. It returns before they are written, and waits only while too many wait;
// what goes wrong is returned by Flush and by the fit's FinishFit. A step logged again replaces its loss. After Close
// losses are dropped.
func (db *DB) LogLosses(fit string, losses ...experiments.Loss) {
	for _, l := range losses {
		select {
		case db.losses.rows <- lossRow{fit, l}:
		case <-db.losses.stopped:
			return
		}
	}
}

// Flush writes the losses logged so far and returns what went wrong with any since the last Flush.
func (db *DB) Flush(ctx context.Context) error {
	if err := db.losses.flush(ctx, ""); err != nil {
		return fmt.Errorf("write losses: %w", err)
	}
	return nil
}

// Losses returns the losses of the fit that are written, by step.
func (db *DB) Losses(ctx context.Context, fit string) (losses []experiments.Loss, err error) {
	defer wrap(&err, "read losses of fit %s", fit)
	rows, err := db.readers.QueryContext(ctx, `SELECT step, value, kind FROM losses WHERE fit = ? ORDER BY step`, fit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l experiments.Loss
		var n number
		if err := rows.Scan(&l.Step, &n.value, &n.kind); err != nil {
			return nil, err
		}
		l.Value = n.float()
		losses = append(losses, l)
	}
	return losses, rows.Err()
}

func (db *DB) writeLosses(batch []lossRow) error {
	// The losses outlive the context of whoever logged them.
	ctx := context.Background()
	return db.write(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO losses (fit, step, value, kind) VALUES (?, ?, ?, ?)
			ON CONFLICT (fit, step) DO UPDATE SET value = excluded.value, kind = excluded.kind`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, r := range batch {
			n := numberOf(r.loss.Value)
			if _, err := insert.ExecContext(ctx, r.fit, r.loss.Step, n.value, n.kind); err != nil {
				return fmt.Errorf("fit %s, step %d: %w", r.fit, r.loss.Step, err)
			}
		}
		return nil
	})
}

// lossLog gathers losses from any number of fits and writes them in batches from one goroutine.
type lossLog struct {
	write   func(batch []lossRow) error
	rows    chan lossRow
	flushes chan lossFlush
	quit    chan struct{}
	stopped chan struct{}

	// Of the goroutine alone.
	batch  []lossRow
	failed map[string]error // by fit: a batch that fails takes the losses of all its fits along
}

type lossRow struct {
	fit  string
	loss experiments.Loss
}

// lossFlush asks for the outcome of one fit, or of all where fit is empty.
type lossFlush struct {
	fit  string
	done chan error
}

func newLossLog(write func(batch []lossRow) error) *lossLog {
	l := &lossLog{
		write:   write,
		rows:    make(chan lossRow, maxWaiting),
		flushes: make(chan lossFlush),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		failed:  map[string]error{},
	}
	go l.run()
	return l
}

func (l *lossLog) run() {
	defer close(l.stopped)
	due := time.NewTimer(lossDelay)
	due.Stop()
	for {
		select {
		case r := <-l.rows:
			if len(l.batch) == 0 {
				due.Reset(lossDelay)
			}
			l.add(r)
		case <-due.C:
			l.writeBatch()
		case f := <-l.flushes:
			l.drain()
			f.done <- l.take(f.fit)
		case <-l.quit:
			l.drain()
			return
		}
	}
}

func (l *lossLog) add(r lossRow) {
	l.batch = append(l.batch, r)
	if len(l.batch) == lossBatch {
		l.writeBatch()
	}
}

// drain writes what waits, but not what comes meanwhile: fits that keep logging must not hold up one that is done.
func (l *lossLog) drain() {
	for range len(l.rows) {
		l.add(<-l.rows)
	}
	l.writeBatch()
}

func (l *lossLog) writeBatch() {
	if len(l.batch) == 0 {
		return
	}
	if err := l.write(l.batch); err != nil {
		for _, r := range l.batch {
			if l.failed[r.fit] == nil {
				l.failed[r.fit] = err
			}
		}
	}
	l.batch = l.batch[:0]
}

// take returns and forgets what went wrong with the losses of the fit, or of all fits where fit is empty.
func (l *lossLog) take(fit string) error {
	if fit != "" {
		err := l.failed[fit]
		delete(l.failed, fit)
		return err
	}
	var first error // one cause, however many fits it took
	for _, fit := range slices.Backward(slices.Sorted(maps.Keys(l.failed))) {
		first = l.failed[fit]
	}
	clear(l.failed)
	return first
}

func (l *lossLog) flush(ctx context.Context, fit string) error {
	done := make(chan error, 1)
	select {
	case l.flushes <- lossFlush{fit, done}:
	case <-l.stopped:
		return errors.New("the store is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lossLog) stop() error {
	close(l.quit)
	<-l.stopped
	return l.take("")
}
