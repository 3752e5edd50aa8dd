package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/live"
	"flowsweep/store"
)

// Units does fits of a plan with their runs, each in a store of its own, which is how a sweep is spread over machines. Close it
// after use.
type Units struct {
	Environment experiments.Environment // of the results
	Memory      float64                 // bytes that this machine has; 0 where that is not known

	sweep  Sweep // without a store
	labels map[string]string
	fits   map[string]experiments.Fit // by key
	judges *job.Judges
}

// NewUnits returns the units of a plan. Of the sweep it uses all but DB, File, Workers and what says when to stop.
func NewUnits(s Sweep) *Units {
	u := &Units{
		Environment: s.environment(), Memory: live.MachineMemory(),
		sweep: s, labels: fitLabels(s.Plan), fits: map[string]experiments.Fit{}, judges: job.NewJudges(s.Engine, s.Plan.Spec),
	}
	for _, fit := range s.Plan.Fits {
		u.fits[fit.Key] = fit
	}
	return u
}

// Close frees what the units share.
func (u *Units) Close() error { return u.judges.Close() }

// Unit is one fit with its runs.
type Unit struct {
	Fit   string // key
	Store string // path of a store with what is known of the fit, or of a new one
	Cores int    // for the training

	Stepped func(steps int)                                    // is told of training steps that are done
	Every   time.Duration                                      // between calls of Save
	Save    func(ctx context.Context, copied string, step int) // gets a copy of the store with another checkpoint; it may keep the file
	Log     io.Writer                                          // gets what happens
}

// TooLargeError says that this machine has not the memory for a fit, which others may have.
type TooLargeError struct{ Err error }

func (e *TooLargeError) Error() string { return e.Err.Error() }
func (e *TooLargeError) Unwrap() error { return e.Err }

// Check returns a *TooLargeError if this machine cannot train a fit, or an error if the plan has none with that key.
func (u *Units) Check(fit string) error {
	f, ok := u.fits[fit]
	if !ok {
		return fmt.Errorf("the plan has no fit %s", fit)
	}
	if err := job.CheckMemory(f.Recipe.VelocityNet(), u.Memory); err != nil {
		return &TooLargeError{err}
	}
	return nil
}

// Do does what is left of a unit, and returns what failed, in sentences. When the context ends, the store holds what was done, and
// Do returns the context's error. Any other error is one of this machine.
func (u *Units) Do(ctx context.Context, unit Unit) (failures []string, err error) {
	if err := u.Check(unit.Fit); err != nil {
		return nil, err
	}
	db, err := store.OpenPart(ctx, unit.Store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Lock(ctx, "flowsweep work", u.sweep.Now, nil); err != nil {
		return nil, err
	}
	s := u.sweeper(db, unit)
	if err := db.QueueFit(ctx, s.Plan.Fits[0]); err != nil {
		return nil, err
	}
	if s.left, err = Remaining(ctx, db, s.Plan); err != nil || len(s.left.fits) == 0 {
		return nil, err
	}
	saved := s.copies(ctx, unit)
	err = s.fit(ctx, s.left.fits[0], func(string) {})
	saved()
	return s.failures, err
}

// sweeper returns what does the unit.
func (u *Units) sweeper(db *store.DB, unit Unit) *sweeper {
	s := &sweeper{
		Sweep: u.sweep, env: u.Environment, labels: u.labels, judges: u.judges, memory: u.Memory, cannot: map[string]bool{}, cores: unit.Cores,
		show: &progress{w: unit.Log, stepped: unit.Stepped},
	}
	s.DB, s.File, s.FailFast, s.RetryFailed = db, unit.Store, false, false
	s.Plan.Fits = []experiments.Fit{u.fits[unit.Fit]}
	return s
}

// copies makes copies of the store with each other checkpoint, until the function that it returns is called.
func (s *sweeper) copies(ctx context.Context, unit Unit) (stop func()) {
	if unit.Save == nil || unit.Every <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(unit.Every)
		defer ticker.Stop()
		for last := 0; ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				last = s.copyStore(ctx, unit, last)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// copyStore passes a copy of the store on if its checkpoint is not that of the last step, and returns the step. A copy that fails
// is no harm: the training goes on, and the next one is due soon.
func (s *sweeper) copyStore(ctx context.Context, unit Unit, last int) int {
	fit, err := s.DB.Fit(ctx, unit.Fit)
	if err != nil || fit.Checkpoint == last || fit.State == experiments.Finished {
		return last
	}
	path := fmt.Sprintf("%s.at-%d", unit.Store, fit.Checkpoint)
	if _, err := s.DB.Backup(ctx, path); err != nil {
		return last
	}
	unit.Save(ctx, path, fit.Checkpoint)
	return fit.Checkpoint
}
