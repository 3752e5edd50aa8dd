package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"flowsweep/store"
)

// source is the store as it is now: open for reading, and opened again where its file was replaced.
type source struct {
	path string

	mu      sync.RWMutex
	db      *store.DB // nil while it cannot be opened
	changes *store.Changes
	times   int // that it was opened
}

// edition is another one after every change of the store.
type edition struct {
	opened  int
	commits int64
}

// open opens the store, unless it is open as it is now.
func (s *source) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil && !s.db.Outdated() {
		return nil // another one was faster
	}
	// The one that was open comes first: closing a file drops all locks that this process has on it.
	_ = s.closeLocked() // which only read
	db, err := store.OpenReader(ctx, s.path)
	if err != nil {
		return err
	}
	changes, err := db.Changes(context.WithoutCancel(ctx))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	s.db, s.changes, s.times = db, changes, s.times+1
	return nil
}

func (s *source) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closeLocked()
}

func (s *source) closeLocked() error {
	if s.db == nil {
		return nil
	}
	err := errors.Join(s.changes.Close(), s.db.Close())
	s.db, s.changes = nil, nil
	return err
}

// caution says what may be missing of the store.
func (s *source) caution() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if why := s.db.ReadOnly(); why != nil && why.Names {
		return fmt.Sprintf("%v; what was written under another name may be missing here", why)
	}
	return ""
}

// errClosed is the error where the store could not be opened again.
var errClosed = errors.New("the store cannot be read now")

// use calls do with the store as it is now, which it opens again if need be.
func (s *source) use(ctx context.Context, do func() error) error {
	s.mu.RLock()
	outdated := s.db == nil || s.db.Outdated()
	s.mu.RUnlock()
	if outdated {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return errClosed
	}
	return do()
}

// edition returns that of the store.
func (s *source) edition(ctx context.Context) (e edition, err error) {
	err = s.use(ctx, func() error {
		e.opened = s.times
		e.commits, err = s.changes.Version(ctx)
		return err
	})
	return e, err
}

// read calls do with the store at one moment.
func (s *source) read(ctx context.Context, do func(*store.DB) error) error {
	return s.use(ctx, func() error { return s.db.Snapshot(ctx, do) })
}

// busy reports whether a process works on the store.
func (s *source) busy() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return false
	}
	_, busy, err := s.db.Worker()
	return busy && err == nil
}

// names returns those of the sweeps, the latest first.
func (s *source) names(ctx context.Context) (names []string, err error) {
	err = s.read(ctx, func(db *store.DB) error {
		names, err = db.SweepNames(ctx)
		return err
	})
	return names, err
}

// unknownError says that there is no such sweep.
type unknownError struct{ error }

func (e *unknownError) Unwrap() error { return e.error }

// known returns an *unknownError unless there is a sweep of this name.
func (s *source) known(ctx context.Context, name string) error {
	return s.read(ctx, func(db *store.DB) error {
		found, err := db.SweepName(ctx, name)
		if err == nil && found != name {
			err = fmt.Errorf("no sweep %q", name)
		}
		if err != nil && ctx.Err() == nil && !store.Damaged(err) {
			return &unknownError{err}
		}
		return err
	})
}
