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

// Early is what early_stop does to the work.
type Early struct {
	Stopped  int // settings, apart from seeds, that have stopped
	Sparable int // training steps that are left and that may yet be spared
}

// String says how many settings have stopped, to go on a sentence with.
func (e Early) String() string {
	if e.Stopped == 0 {
		return ""
	}
	return fmt.Sprintf(", but for %d settings that stopped early", e.Stopped)
}

// stopEarly takes the fits out of the work that have stopped.
func (w *Work) stopEarly(ctx context.Context, db *store.DB, plan experiments.Plan) error {
	reached, err := db.Reached(ctx, plan)
	if err != nil {
		return err
	}
	rule, brackets := plan.Spec.EarlyStop, plan.Brackets()
	h, most := rule.Halve(brackets, reached), rule.Imagine(brackets, reached)
	stopped := func(t *todo) bool { return t.train && h.Stopped[t.fit.Key] > 0 && t.state != experiments.Failed }
	left := newWork(slices.DeleteFunc(w.fits, stopped))
	for _, t := range left.fits {
		if at := most.Stopped[t.fit.Key]; at > 0 && t.train {
			left.Early.Sparable += t.fit.Recipe.Train.Steps - at
		}
	}
	for _, b := range brackets {
		for _, c := range b.Candidates {
			if h.Stopped[c.Fits[0]] > 0 {
				left.Early.Stopped++
			}
		}
	}
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
