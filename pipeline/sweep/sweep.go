// Package sweep does what is left of a plan. It asks the store what it holds; trains, samples and measures the rest, several
// fits at once; stores the results; and reports progress and failures.
//
//	s := sweep.Sweep{DB: db, Plan: plan, Engine: engine.Go, Workers: 2, Now: time.Now, Log: os.Stderr}
//	err := s.Do(ctx, ship)
package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// Sweep is a plan and how to carry it out. This process must hold the lock of the store.
type Sweep struct {
	DB      *store.DB
	File    string // of the store, for people
	Plan    experiments.Plan
	Engine  engine.Engine
	Reason  string // for that engine
	Workers int    // fits done at once
	Part    Part   // of the plan that is done here

	// Machine and Rounding say in the environment where results are made. They are empty for a sweep on one machine.
	Machine, Rounding string

	Checkpoints time.Duration // between those of a training; 0: only when it is interrupted
	Crew        *Crew         // other machines that do the fits; nil for this one
	FailFast    bool          // stop at the first fit or run that fails
	RetryFailed bool          // do what failed before, and nothing else

	Now func() time.Time
	Log io.Writer // gets progress and failures
}

// Do does what is left of the plan, then calls ship with the failures of fits and runs, which are not errors. However it
// ends, the state of the sweep is stored: of one with parts that are still to be done, it is queued. Nulls and baselines are for the whole.
func (s Sweep) Do(ctx context.Context, ship func(ctx context.Context, failures []string) error) error {
	front := s.openFront(ctx)
	defer front.close()
	ctx, s.Log = withClock(ctx), newVoice(s.Log, s.Now)
	w, err := newSweeper(ctx, s)
	if err != nil {
		return err
	}
	w.front = front
	defer w.judges.Close()
	defer w.tell()()
	if s.RetryFailed && len(w.left.fits) == 0 {
		fmt.Fprintf(s.Log, "nothing to do: nothing of %s in %s has failed\n", s.Plan.Spec.Name, s.File)
		w.over()
		return nil
	}
	if err := w.left.CheckSpace(s.Workers, w.free); err != nil {
		return err
	}
	if err := w.start(ctx); err != nil {
		return err
	}
	if err = w.do(ctx); err == nil && s.Part.Whole() {
		err = w.nulls(ctx)
		if err == nil {
			err = w.baselines(ctx)
		}
	}
	if err == nil {
		err = ship(ctx, w.failures)
	}
	w.listFailures()
	return errors.Join(err, w.finish(ctx, err))
}

// finish stores the state of the sweep, which ended with an error or without.
func (s *sweeper) finish(ctx context.Context, err error) error {
	state, kept := stateOf(ctx, err), context.WithoutCancel(ctx)
	if state == experiments.Finished && !s.Part.Whole() {
		left, err := Remaining(kept, s.DB, s.Plan)
		if err != nil {
			return err
		}
		if len(left.fits) > 0 {
			state = experiments.Queued
		}
	}
	return s.DB.FinishSweep(kept, s.Plan.Spec.Name, state, s.Now())
}

// stateOf returns the final state of a sweep.
func stateOf(ctx context.Context, err error) experiments.State {
	switch {
	case ctx.Err() != nil:
		return experiments.Killed
	case err != nil:
		return experiments.Failed
	default:
		return experiments.Finished
	}
}

// start lists what failed before, prepares the references and stores the plan. If the references are at fault, nothing is
// stored.
func (s *sweeper) start(ctx context.Context) error {
	if err := s.listEarlierFailures(ctx); err != nil {
		return err
	}
	if len(s.left.fits) > 0 {
		if err := s.prepare(ctx); err != nil {
			return &ReferenceError{err}
		}
	}
	// A sweep that is stored as it is, with nothing left to do, is not started again: its results keep their date.
	same, err := s.DB.Resume(ctx, s.Plan, s.Now())
	if err != nil || same && len(s.left.fits) == 0 {
		return err
	}
	earlier, err := s.DB.EditionFor(ctx, s.Plan)
	if err != nil {
		return err
	}
	if err := s.DB.StartSweep(ctx, s.Plan, s.env, s.Now()); err != nil {
		return err
	}
	if text := earlier.Sentence(s.Plan.Spec.Name); text != "" {
		fmt.Fprintln(s.Log, text)
	}
	return nil
}

// prepare prepares the references and notes the metrics that cannot be measured against them, as failures: the others and
// the runs go on. If nothing could be chosen, because that holds for the metric of the choice and every target, it is an
// error.
func (s *sweeper) prepare(ctx context.Context) error {
	defer stage.Enter(ctx, stage.Measure)()
	var cannot []job.Unmeasured
	if err := job.Guard(func() error { cannot = s.judges.Prepare(s.Plan); return nil }); err != nil {
		return err
	}
	references := map[string]bool{}
	for _, fit := range s.Plan.Fits {
		for _, run := range fit.Runs {
			references[run.Reference] = true
		}
	}
	chosenBy := s.Plan.Spec.Choose.Metric
	for _, u := range cannot {
		if u.Metric == chosenBy {
			delete(references, u.Reference)
		}
	}
	for _, u := range cannot {
		if len(references) == 0 && u.Metric == chosenBy {
			return fmt.Errorf("the sweep chooses by %w", u.Err)
		}
	}
	for _, u := range cannot {
		s.cannot[u.Reference+" "+u.Metric] = true
		s.note(fmt.Sprintf("not measured: %v", u.Err))
	}
	return nil
}

// ReferenceError says that a target's reference cannot be measured against. Nothing was started.
type ReferenceError struct{ Err error }

func (e *ReferenceError) Error() string { return e.Err.Error() }
func (e *ReferenceError) Unwrap() error { return e.Err }

// do does the fits that are left, several at once.
func (s *sweeper) do(ctx context.Context) error {
	name, left, part := s.title(), s.left, s.Part.Of(s.Plan)
	if len(left.fits) == 0 {
		fmt.Fprintf(s.Log, "nothing to do: all %d fits and %d runs of %s are in %s%s\n", len(part.Fits), part.Runs(), name, s.File, left.Early)
		s.over()
		return nil
	}
	how := fmt.Sprintf("%d at once", min(s.Workers, len(left.fits)))
	if s.Crew != nil {
		how = "on other machines"
	}
	fmt.Fprintf(s.Log, "%s: %d fits (%d to train) and %d runs (%d to sample), %s, engine %s (%s)\n", name,
		len(part.Fits), left.ToTrain, part.Runs(), left.ToSample, how, s.Engine.Name, s.Reason)
	defer s.show.start(left.TrainSteps, left.ToMeasure+left.ToSolve)()
	left.weigh(s.Plan.Spec, s.show.account)
	if s.Crew != nil {
		return s.handOut(ctx, newQueue(left.fits))
	}
	processors := runtime.GOMAXPROCS(0)
	s.cores = max(1, processors/min(s.Workers, len(left.fits)))
	// Fits spend their time in onnxruntime, which Go's scheduler does not see. One extra processor lets other Go code run
	// beside them; otherwise it would take turns with them, and their turns are long.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors + 1))
	if s.Plan.Spec.EarlyStop.On() {
		return s.halve(ctx)
	}
	return s.fits(ctx, newQueue(left.fits))
}

// fits does the fits of a queue, several at once.
func (s *sweeper) fits(ctx context.Context, q *queue) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(s.Workers)
	for t, ok := q.next(inner); ok; t, ok = q.next(inner) {
		group.Go(func() error {
			defer q.end(t.fit.Key)
			if inner.Err() != nil {
				return inner.Err()
			}
			return s.fit(inner, t, q.end)
		})
	}
	err := group.Wait()
	if err == nil && len(q.waiting) > 0 {
		err = ctx.Err()
	}
	return err
}
