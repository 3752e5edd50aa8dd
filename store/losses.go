package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"flowsweep/experiments"
)

// Losses are written when so many wait, or the first has waited so long. As many as maxWaiting may wait, which takes a
// disk that stands still for long: training waits for it only then.
const (
	lossBatch  = 500
	lossDelay  = 100 * time.Millisecond
	maxWaiting = 1 << 18
	maxBatch   = 20_000 // losses in one transaction: others want to write between
	lossRows   = 250    // losses in one statement, which costs a third of as many statements
)

// LogLosses adds losses to those of the fit. It returns before they are written, and waits only while too many wait;
// what goes wrong is returned by Flush, SaveCheckpoint and the fit's FinishFit. A step logged again replaces its loss.
// After Close losses are dropped.
func (db *DB) LogLosses(fit string, losses ...experiments.Loss) { db.losses.log(fit, losses) }

// Flush writes the losses logged so far and returns what went wrong with any since the last Flush.
func (db *DB) Flush(ctx context.Context) error {
	if err := db.losses.flush(ctx, "", forgetFailure); err != nil {
		return fmt.Errorf("write losses: %w", err)
	}
	return nil
}

// Losses returns the losses of the fit that are written, by step.
func (db *DB) Losses(ctx context.Context, fit string) (losses []experiments.Loss, err error) {
	defer wrap(&err, "read losses of fit %s", fit)
	rows, err := db.readers.QueryContext(ctx, `SELECT step, coalesce(value, kind) FROM losses WHERE fit = ? ORDER BY step`, fit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		l, err := scanLoss(rows)
		if err != nil {
			return nil, err
		}
		losses = append(losses, l)
	}
	return losses, rows.Err()
}

// scanLoss reads a step and its value, or the kind of it where that is not finite: a column less to read, many times.
func scanLoss(rows *sql.Rows) (l experiments.Loss, err error) {
	var step, value any
	if err := rows.Scan(&step, &value); err != nil {
		return l, err
	}
	return lossOf(step, value)
}

// lossOf returns the loss that a row holds as the driver gives it: a number, or the name of one that is not finite.
func lossOf(step, value any) (l experiments.Loss, err error) {
	at, ok := step.(int64)
	if !ok {
		return l, fmt.Errorf("the step of a loss is a %T: the store is damaged, restore a copy of it or give another --db", step)
	}
	l.Step = int(at)
	switch value := value.(type) {
	case float64:
		l.Value = value
	case string:
		l.Value = number{kind: value}.float()
	case []byte:
		l.Value = number{kind: string(value)}.float()
	default:
		return l, fmt.Errorf("the loss at step %d is a %T: the store is damaged, restore a copy of it or give another --db", l.Step, value)
	}
	return l, nil
}

// writeLosses writes a batch of losses in one transaction.
func (db *DB) writeLosses(batch []lossRow) error {
	// The losses outlive the context of whoever logged them.
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
		many, one := tx.StmtContext(ctx, db.insertLosses[lossRows]), tx.StmtContext(ctx, db.insertLosses[1])
		args := make([]any, 0, 4*lossRows)
		for len(batch) > 0 {
			insert, n := one, 1
			if len(batch) >= lossRows {
				insert, n = many, lossRows
			}
			args = args[:0]
			for _, r := range batch[:n] {
				x := numberOf(r.loss.Value)
				args = append(args, r.fit, r.loss.Step, x.value, x.kind)
			}
			if _, err := insert.ExecContext(ctx, args...); err != nil {
				return err
			}
			batch = batch[n:]
		}
		return nil
	})
}

// insertLosses is the statement that writes n losses.
func insertLosses(n int) string {
	return `INSERT INTO losses (fit, step, value, kind) VALUES (?, ?, ?, ?)` + strings.Repeat(`, (?, ?, ?, ?)`, n-1) +
		` ON CONFLICT (fit, step) DO UPDATE SET value = excluded.value, kind = excluded.kind`
}

// lossLog gathers losses from any number of fits and writes them in batches from one goroutine.
type lossLog struct {
	write   func(batch []lossRow) error
	wake    chan struct{} // something waits, or much
	flushes chan lossFlush
	quit    chan struct{}
	stopped chan struct{}

	mu      sync.Mutex
	room    sync.Cond // for when too many wait
	waiting []lossRow
	closed  bool

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
	fit    string
	forget bool
	done   chan error
}

// What a flush does with the failure it returns: one that is kept fails the fit in the end, whoever heard of it before.
const (
	keepFailure   = false
	forgetFailure = true
)

func newLossLog(write func(batch []lossRow) error) *lossLog {
	l := &lossLog{
		write:   write,
		wake:    make(chan struct{}, 1),
		flushes: make(chan lossFlush),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		failed:  map[string]error{},
	}
	l.room.L = &l.mu
	go l.run()
	return l
}

func (l *lossLog) log(fit string, losses []experiments.Loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) >= maxWaiting && !l.closed {
		l.room.Wait()
	}
	if l.closed {
		return
	}
	before := len(l.waiting)
	for _, loss := range losses {
		l.waiting = append(l.waiting, lossRow{fit, loss})
	}
	if before == 0 || before < lossBatch && len(l.waiting) >= lossBatch {
		select {
		case l.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

func (l *lossLog) run() {
	defer close(l.stopped)
	due := time.NewTimer(lossDelay)
	due.Stop()
	for {
		select {
		case <-l.wake:
			if l.many() {
				l.writeWaiting()
			} else {
				due.Reset(lossDelay)
			}
		case <-due.C:
			l.writeWaiting()
		case f := <-l.flushes:
			l.writeWaiting()
			f.done <- l.failure(f.fit, f.forget)
		case <-l.quit:
			l.writeWaiting()
			return
		}
	}
}

func (l *lossLog) many() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting) >= lossBatch
}

// writeWaiting writes what waits, but not what comes meanwhile: fits that keep logging must not hold up one that is done.
func (l *lossLog) writeWaiting() {
	l.mu.Lock()
	l.batch, l.waiting = l.waiting, l.batch[:0]
	l.room.Broadcast()
	l.mu.Unlock()
	// Losses of one fit lie side by side in the file. Stable, as a step logged again replaces its loss.
	slices.SortStableFunc(l.batch, func(a, b lossRow) int { return strings.Compare(a.fit, b.fit) })
	for batch := range slices.Chunk(l.batch, maxBatch) {
		err := l.write(batch)
		if err == nil {
			continue
		}
		for _, r := range batch {
			if l.failed[r.fit] == nil {
				l.failed[r.fit] = fmt.Errorf("losses of fit %s: %w", r.fit, err)
			}
		}
	}
}

// failure returns what went wrong with the losses of the fit, or of any fit where fit is empty.
func (l *lossLog) failure(fit string, forget bool) error {
	if fit != "" {
		err := l.failed[fit]
		if forget {
			delete(l.failed, fit)
		}
		return err
	}
	var first error // one cause, however many fits it took
	for _, fit := range slices.Backward(slices.Sorted(maps.Keys(l.failed))) {
		first = l.failed[fit]
	}
	if forget {
		clear(l.failed)
	}
	return first
}

// flush writes what waits and returns what went wrong with the losses of the fit, or of any where fit is empty.
func (l *lossLog) flush(ctx context.Context, fit string, forget bool) error {
	done := make(chan error, 1)
	select {
	case l.flushes <- lossFlush{fit, forget, done}:
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

// stop writes what waits and returns what went wrong since the last flush.
func (l *lossLog) stop() error {
	l.mu.Lock()
	l.closed = true
	l.room.Broadcast()
	l.mu.Unlock()
	close(l.quit)
	<-l.stopped
	return l.failure("", forgetFailure)
}
