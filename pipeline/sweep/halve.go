package sweep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// Early is what early_stop spares, so far and at most.
type Early struct {
	Settings, Stopped int // nets and trainings, apart from seeds; and those that stopped
	Steps             int // of all trainings to their ends
	Spared            int // training steps that the stopped ones have not taken
	Most              int // that can be spared in all
}

// String says what was spared.
func (e Early) String() string {
	share := 0.
	if e.Steps > 0 {
		share = 100 * float64(e.Spared) / float64(e.Steps)
	}
	return fmt.Sprintf("%d of %d settings stopped; %d of %d training steps not trained (%.0f %%)", e.Stopped, e.Settings, e.Spared, e.Steps, share)
}

// EarlyOf returns what early_stop has spared of a plan, by what the store holds.
func EarlyOf(ctx context.Context, db *store.DB, plan experiments.Plan) (Early, error) {
	reached, err := db.Reached(ctx, plan)
	if err != nil {
		return Early{}, err
	}
	brackets := plan.Brackets()
	return earlyOf(plan, brackets, reached, plan.Spec.EarlyStop.Halve(brackets, reached)), nil
}

func earlyOf(plan experiments.Plan, brackets []experiments.Bracket, reached map[string]experiments.Reached, h experiments.Halving) Early {
	var e Early
	steps := map[string]int{}
	for _, fit := range plan.Fits {
		steps[fit.Key] = fit.Recipe.Train.Steps
		e.Steps += fit.Recipe.Train.Steps
	}
	spared := func(h experiments.Halving) (n int) {
		for key, at := range h.Stopped {
			n += steps[key] - max(at, min(reached[key].Step, steps[key])) // another sweep may have trained it further
		}
		return n
	}
	e.Spared = spared(h)
	e.Most = spared(plan.Spec.EarlyStop.Imagine(brackets, reached))
	for _, b := range brackets {
		for _, c := range b.Candidates {
			e.Settings++
			if h.Stopped[c.Fits[0]] > 0 {
				e.Stopped++
			}
		}
	}
	return e
}

// stopEarly takes the fits out of the work that have stopped.
func (w *Work) stopEarly(ctx context.Context, db *store.DB, plan experiments.Plan) error {
	reached, err := db.Reached(ctx, plan)
	if err != nil {
		return err
	}
	brackets := plan.Brackets()
	h := plan.Spec.EarlyStop.Halve(brackets, reached)
	left := newWork(slices.DeleteFunc(w.fits, func(t *todo) bool { return t.train && h.Stopped[t.fit.Key] > 0 && t.state != experiments.Failed }))
	left.Early = earlyOf(plan, brackets, reached, h)
	left.data = w.data
	*w = left
	return nil
}

// done returns how many steps of a fit this sweep has trained, if it goes on.
func (s *sweeper) done(fit string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached[fit]
}

// reach measures and stores what a fit is worth at a rung, where it waits for what others are worth.
func (s *sweeper) reach(ctx context.Context, fit experiments.Fit, step int, trained job.Trained) (ok bool, err error) {
	leave := stage.Enter(ctx, stage.Measure)
	by := s.Plan.Spec.RungMetric()
	value, err := job.RungValue(s.Engine, fit, trained.Weights, by)
	leave()
	if err != nil {
		return false, s.failedFit(ctx, fit, fmt.Errorf("measure %s after step %d: %w", by.Name, step, err))
	}
	if err := s.DB.SaveRung(ctx, fit.Key, by, step, value); err != nil {
		return false, err
	}
	s.mu.Lock()
	if s.reached == nil {
		s.reached = map[string]int{}
	}
	s.reached[fit.Key] = step
	s.mu.Unlock()
	s.show.line("fit %s: %s, seed %d: %s %.4g after step %d of %d", fit.Key, s.labels[fit.Key], fit.Seed, by.Name, value, step, fit.Recipe.Train.Steps)
	return true, s.DB.PauseFit(ctx, fit.Key, experiments.Queued, s.Now())
}

// halve does the fits that are left rung by rung: what others learn from first, then all to the next step where they are compared,
// until nothing is left to decide, and then what goes on to its end. Each rung waits for all that are compared there.
func (s *sweeper) halve(ctx context.Context) error {
	brackets := s.Plan.Brackets()
	left, first := map[string]*todo{}, []*todo(nil)
	gone := map[string]bool{} // failed, or lost, in this sweep
	for _, t := range s.left.fits {
		left[t.fit.Key] = t
	}
	for _, t := range s.left.fits {
		if slices.ContainsFunc(s.Plan.Fits, func(f experiments.Fit) bool { return f.Teacher == t.fit.Key }) {
			first = append(first, t)
			delete(left, t.fit.Key)
		}
	}
	if err := s.fits(ctx, newQueue(first)); err != nil {
		return err
	}
	for {
		h, err := s.decide(ctx, brackets, left, gone)
		if err != nil {
			return err
		}
		var up []*todo
		for _, t := range s.left.fits {
			if step := h.Wanted[t.fit.Key]; step > 0 && left[t.fit.Key] != nil {
				one := *t
				one.until = step
				up = append(up, &one)
			}
		}
		if len(up) == 0 {
			return s.finishHalved(ctx, left, gone, h)
		}
		if err := s.fits(ctx, newQueue(up)); err != nil {
			return err
		}
		for _, t := range up {
			gone[t.fit.Key] = s.done(t.fit.Key) != t.until
		}
	}
}

// decide works out what stops, by what the store holds, and marks that as pruned. What failed before is tried once more.
func (s *sweeper) decide(ctx context.Context, brackets []experiments.Bracket, left map[string]*todo, gone map[string]bool) (h experiments.Halving, err error) {
	reached, err := s.DB.Reached(ctx, s.Plan)
	if err != nil {
		return h, err
	}
	for key, r := range reached {
		_, again := left[key]
		r.Failed = gone[key] || r.Failed && !again
		reached[key] = r
	}
	h = s.Plan.Spec.EarlyStop.Halve(brackets, reached)
	kept := context.WithoutCancel(ctx)
	for _, fit := range s.Plan.Fits {
		if h.Stopped[fit.Key] == 0 || reached[fit.Key].Failed {
			continue
		}
		err = errors.Join(err, s.DB.PauseFit(kept, fit.Key, experiments.Pruned, s.Now()))
		if t := left[fit.Key]; t != nil && t.train {
			s.show.drop(fit.Recipe.Train.Steps-h.Stopped[fit.Key], t.runs.len()+t.dense.len())
			delete(left, fit.Key)
		}
	}
	return h, err
}

// finishHalved does what goes on to its end, unless it failed before. What waits for others that this sweep does not do stays where it is.
func (s *sweeper) finishHalved(ctx context.Context, left map[string]*todo, gone map[string]bool, h experiments.Halving) error {
	var rest []*todo
	for _, t := range s.left.fits {
		if left[t.fit.Key] != nil && !(t.train && h.Open[t.fit.Key]) && !gone[t.fit.Key] {
			rest = append(rest, t)
		}
	}
	return s.fits(ctx, newQueue(rest))
}
