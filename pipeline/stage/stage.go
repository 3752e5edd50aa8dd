// Package stage tells how the time of a sweep is divided among its stages, measured where each of them happens.
//
//	clock := stage.NewClock()
//	ctx = stage.With(ctx, clock)
//	// deep inside:
//	defer stage.Enter(ctx, stage.Measure)()
package stage

import (
	"context"
	"sync"
	"time"
)

// Stage is a kind of work of a sweep.
type Stage string

// The stages, in the order in which a sweep comes to them.
const (
	Train   Stage = "train"   // nets, pairs of teachers included
	Tune    Stage = "tune"    // solvers and grids to a net
	Sample  Stage = "sample"  // runs and dense solves
	Measure Stage = "measure" // runs and baselines against the references, and preparing these
	Nulls   Stage = "nulls"   // what the metrics give for the truth itself
	Choose  Stage = "choose"  // intervals over seeds, comparisons, the choice
	Fresh   Stage = "fresh"   // the chosen setting on points that the choice never saw
	Export  Stage = "export"  // write ONNX files and verify them
	Page    Stage = "page"    // the report
	Other   Stage = "other"   // none of these, such as the store
)

var order = []Stage{Train, Tune, Sample, Measure, Nulls, Choose, Fresh, Export, Page, Other}

// Spent is what a stage took. While stages go on side by side, each is given an equal part of the wall time and of the
// processor time of the whole process: their sums are those of the sweep.
type Spent struct {
	Stage     Stage
	Seconds   float64 // wall time
	Processor float64 // seconds of all cores together
}

// Clock adds up what each stage takes. It is safe for concurrent use.
type Clock struct {
	read func() (wall, processor float64) // seconds since any start

	mu              sync.Mutex
	wall, processor float64 // read last
	open            map[Stage]int
	total           int // of open
	counts          map[Stage][2]int
	spent           map[Stage]Spent
}

// NewClock returns a clock that has started.
func NewClock() *Clock {
	start := time.Now()
	return newClock(func() (wall, processor float64) { return time.Since(start).Seconds(), ReadUsage().Processor })
}

func newClock(read func() (wall, processor float64)) *Clock {
	c := &Clock{read: read, open: map[Stage]int{}, counts: map[Stage][2]int{}, spent: map[Stage]Spent{}}
	c.wall, c.processor = read()
	return c
}

// Spent returns what every stage has taken so far, in order.
func (c *Clock) Spent() []Spent {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	list := make([]Spent, len(order))
	for i, s := range order {
		list[i] = c.spent[s]
		list[i].Stage = s
	}
	return list
}

// settle gives the time since the last reading to the open stages.
func (c *Clock) settle() {
	wall, processor := c.read()
	give := func(s Stage, part float64) {
		had := c.spent[s]
		c.spent[s] = Spent{s, had.Seconds + part*(wall-c.wall), had.Processor + part*(processor-c.processor)}
	}
	if c.total == 0 {
		give(Other, 1)
	}
	for s, n := range c.open {
		if n > 0 {
			give(s, float64(n)/float64(c.total))
		}
	}
	c.wall, c.processor = wall, processor
}

// add opens a stage once more, or closes it, by -1.
func (c *Clock) add(s Stage, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.open[s] += n
	c.total += n
	if c.open[s] == 0 {
		delete(c.counts, s)
	}
}

// Open is a stage that goes on.
type Open struct {
	Stage       Stage
	Times       int // side by side
	Done, Total int // parts of it; 0 where it has none
}

// Open returns the stages that go on, in order.
func (c *Clock) Open() (list []Open) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range order {
		if n := c.open[s]; n > 0 {
			list = append(list, Open{s, n, c.counts[s][0], c.counts[s][1]})
		}
	}
	return list
}

type key struct{}

// With returns a context whose stages are timed by the clock.
func With(ctx context.Context, c *Clock) context.Context { return context.WithValue(ctx, key{}, c) }

// Of returns the clock of a context, or nil.
func Of(ctx context.Context) *Clock {
	c, _ := ctx.Value(key{}).(*Clock)
	return c
}

// Count says how many parts of a stage are done, until it ends.
func Count(ctx context.Context, s Stage, done, total int) {
	if c := Of(ctx); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.counts[s] = [2]int{done, total}
	}
}

// Step says that one more part of a stage is done, if its parts are counted.
func Step(ctx context.Context, s Stage) {
	if c := Of(ctx); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if n := c.counts[s]; n[1] > 0 {
			c.counts[s] = [2]int{n[0] + 1, n[1]}
		}
	}
}

// Enter begins a stage, until leave is called, which must be once. Stages do not contain each other: what is within two
// counts for both. Without a clock in the context it does nothing.
func Enter(ctx context.Context, s Stage) (leave func()) {
	c := Of(ctx)
	if c == nil {
		return func() {}
	}
	c.add(s, 1)
	return func() { c.add(s, -1) }
}
