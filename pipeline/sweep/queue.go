package sweep

import (
	"cmp"
	"context"
	"slices"

	"flowsweep/pipeline/cost"
)

// queue holds the fits to do, the longest first, so that all cores finish at about the same time. A student waits until the
// training of its teacher has ended, without taking a worker.
type queue struct {
	waiting []*todo
	open    map[string]bool // keys of the fits whose training has not ended
	ended   chan string     // their keys, when it has
}

func newQueue(fits []*todo) *queue {
	q := &queue{waiting: slices.Clone(fits), open: map[string]bool{}, ended: make(chan string, 2*len(fits))}
	took := costs(fits)
	slices.SortStableFunc(q.waiting, func(a, b *todo) int { return cmp.Compare(took[b.fit.Key], took[a.fit.Key]) })
	for _, t := range fits {
		q.open[t.fit.Key] = t.train
	}
	return q
}

// costs returns, by key, the time of each fit up to a common factor: its own and that of the longest chain of fits that wait for it.
func costs(fits []*todo) map[string]float64 {
	total := map[string]float64{}
	students := map[string][]*todo{}
	for _, t := range fits {
		students[t.fit.Teacher] = append(students[t.fit.Teacher], t)
	}
	var costOf func(t *todo) float64
	costOf = func(t *todo) float64 {
		longest := 0.
		for _, student := range students[t.fit.Key] {
			longest = max(longest, costOf(student))
		}
		own := 0.
		if t.train {
			own = cost.TrainingOf(t.fit.Recipe)
		}
		total[t.fit.Key] = own + longest
		return own + longest
	}
	for _, t := range fits {
		costOf(t)
	}
	return total
}

// next removes the first fit whose teacher is not being trained or waiting to be, and returns it. If there is none yet, it waits. It
// returns false if none is left, or when the context ends. It is called from one goroutine.
func (q *queue) next(ctx context.Context) (t *todo, ok bool) {
	for len(q.waiting) > 0 {
		for len(q.ended) > 0 {
			delete(q.open, <-q.ended)
		}
		if i := slices.IndexFunc(q.waiting, func(t *todo) bool { return !q.open[t.fit.Teacher] }); i >= 0 {
			t = q.waiting[i]
			q.waiting = slices.Delete(q.waiting, i, i+1)
			return t, true
		}
		select {
		case key := <-q.ended:
			delete(q.open, key)
		case <-ctx.Done():
			return nil, false
		}
	}
	return nil, false
}

// end says that the training of a fit has ended, be it with weights or without. It may be called twice for a fit, from any
// goroutine.
func (q *queue) end(key string) { q.ended <- key }
