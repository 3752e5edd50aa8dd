// Package losses collects the losses of trainings for a store, and thins them to what a plot can show.
package losses

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"flowsweep/experiments"
)

const (
	minBatch   = 500                    // losses that are written without delay
	maxDelay   = 100 * time.Millisecond // before fewer losses are written
	maxPending = 1 << 18                // at which training waits; only a stalled disk leads to so many
	maxBatch   = 20_000                 // losses per transaction, so that others can write in between
)

// Log collects losses from any number of fits and writes them in batches from one goroutine.
type Log struct {
	write   func(batch []Row) error
	wake    chan struct{} // the first loss is pending, or a full batch
	flushes chan flush
	quit    chan struct{}
	stopped chan struct{}

	mu      sync.Mutex
	room    sync.Cond // signals that pending has room
	pending []Row
	closed  bool

	// Used only by the goroutine.
	batch  []Row
	failed map[string]error // by fit; a failed batch loses the losses of all its fits
}

// Row is a loss of a fit.
type Row struct {
	Fit  string // key
	Loss experiments.Loss
}

// flush asks for the error of one fit, or of any if fit is empty.
type flush struct {
	fit    string
	forget bool
	done   chan error
}

// Whether a flush clears the failure it returns. A kept failure makes the fit fail in the end.
const (
	KeepFailure   = false
	ForgetFailure = true
)

// NewLog returns a log that writes with this function, which it calls from one goroutine.
func NewLog(write func(batch []Row) error) *Log {
	l := &Log{
		write:   write,
		wake:    make(chan struct{}, 1),
		flushes: make(chan flush),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		failed:  map[string]error{},
	}
	l.room.L = &l.mu
	go l.run()
	return l
}

// Add adds losses of a fit. It returns before they are written, and blocks only while too many are pending.
func (l *Log) Add(fit string, losses []experiments.Loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pending) >= maxPending && !l.closed {
		l.room.Wait()
	}
	if l.closed {
		return
	}
	before := len(l.pending)
	for _, loss := range losses {
		l.pending = append(l.pending, Row{fit, loss})
	}
	if before == 0 || before < minBatch && len(l.pending) >= minBatch {
		select {
		case l.wake <- struct{}{}:
		default: // already awake
		}
	}
}

func (l *Log) run() {
	defer close(l.stopped)
	due := time.NewTimer(maxDelay)
	due.Stop()
	for {
		select {
		case <-l.wake:
			if l.batchFull() {
				l.writePending()
			} else {
				due.Reset(maxDelay)
			}
		case <-due.C:
			l.writePending()
		case f := <-l.flushes:
			l.writePending()
			f.done <- l.failure(f.fit, f.forget)
		case <-l.quit:
			l.writePending()
			return
		}
	}
}

func (l *Log) batchFull() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending) >= minBatch
}

// writePending writes the losses pending at the call. It ignores later ones, so that fits which keep logging cannot delay
// one that is done.
func (l *Log) writePending() {
	l.mu.Lock()
	l.batch, l.pending = l.pending, l.batch[:0]
	l.room.Broadcast()
	l.mu.Unlock()
	// Losses of one fit are adjacent in the file. The sort is stable so that the last loss logged for a step stays.
	slices.SortStableFunc(l.batch, func(a, b Row) int { return strings.Compare(a.Fit, b.Fit) })
	for batch := range slices.Chunk(l.batch, maxBatch) {
		err := l.write(batch)
		if err == nil {
			continue
		}
		for _, r := range batch {
			if l.failed[r.Fit] == nil {
				l.failed[r.Fit] = fmt.Errorf("losses of fit %s: %w", r.Fit, err)
			}
		}
	}
}

// failure returns the error in writing losses of the fit, or of any fit if fit is empty.
func (l *Log) failure(fit string, forget bool) error {
	if fit != "" {
		err := l.failed[fit]
		if forget {
			delete(l.failed, fit)
		}
		return err
	}
	var first error // one is enough: they usually share a cause
	for _, fit := range slices.Backward(slices.Sorted(maps.Keys(l.failed))) {
		first = l.failed[fit]
	}
	if forget {
		clear(l.failed)
	}
	return first
}

// Flush writes all pending losses and returns the error in writing those of the fit, or of any fit if fit is empty.
func (l *Log) Flush(ctx context.Context, fit string, forget bool) error {
	done := make(chan error, 1)
	select {
	case l.flushes <- flush{fit, forget, done}:
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

// Stop writes all pending losses, ends the goroutine and returns the first error since the last flush.
func (l *Log) Stop() error {
	l.mu.Lock()
	l.closed = true
	l.room.Broadcast()
	l.mu.Unlock()
	close(l.quit)
	<-l.stopped
	return l.failure("", ForgetFailure)
}
