package sweep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep/talk"
)

// Crew is how other machines do the fits of a sweep.
type Crew struct {
	Host    *crew.Host
	Over    func() error  // is called once all fits are done; nil for nothing
	Silence time.Duration // after which a machine has lost its fits
	Grace   time.Duration // for workers of an earlier host to find this one, before fits are given out
	Copies  time.Duration // between the checkpoints that the host gets
	Check   float64       // share of the fits that a second machine does again, to compare
	Mixed   bool          // machines with another rounding may help

	Folder      string // for files on their way
	Library     string // sha256 of onnxruntime, if the engine uses it
	LibraryPath string
}

// tries is how often a fit is given out without a result before it counts as lost. Package crew counts the machines that fall silent;
// this counts results with something missing.
const tries = 5

// host gives the fits of a sweep to other machines, and takes in what they send.
type host struct {
	*sweeper
	crew   *crew.Host
	offer  talk.Offer
	wanted map[string]*todo // fits that were left at the start, by key

	mu       sync.Mutex
	queue    *queue
	jobs     map[string]*task    // that are open, by name
	machines map[string]*machine // by worker
	strikes  map[string]int      // fits that failed on a machine and not on another, by its name
	given    map[string]bool     // fits that were given out at some time, by key
	pausing  bool
	checked  []string // keys of fits that two machines did
	differ   int      // of which the results differ
	idle     chan struct{}
	stop     context.CancelCauseFunc

	taking  sync.Mutex // one file at a time
	saving  atomic.Int32
	partial *disk.Partial
	parts   atomic.Int64 // that were sent
}

// task is a fit that is given out.
type task struct {
	name    string
	t       *todo
	again   bool   // it is done, and another machine does it again
	at      string // the worker that has it
	steps   int    // of its training, as the progress shows
	since   time.Time
	tries   int
	refused map[string]string // which machine and why, by worker
	failed  string            // the machine on which it failed, while another tries it
	why     []string          // it failed there
	not     []string          // machines that must not do it
}

// handOut lets other machines do the fits of a queue.
func (s *sweeper) handOut(ctx context.Context, q *queue) (err error) {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h := &host{
		sweeper: s, crew: s.Crew.Host, offer: newOffer(s.Sweep, len(s.left.fits)), queue: q, jobs: map[string]*task{}, machines: map[string]*machine{}, strikes: map[string]int{},
		idle: make(chan struct{}), stop: stop, wanted: map[string]*todo{}, given: map[string]bool{},
	}
	for _, t := range s.left.fits {
		h.wanted[t.fit.Key] = t
	}
	if h.partial, err = disk.NewPartial(s.Crew.Folder); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.partial.Close()) }()
	if err := h.share(ctx); err != nil {
		return err
	}
	listening, deaf := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { h.listen(listening) })
	defer func() { deaf(); group.Wait() }()
	defer s.show.account.Crew(h.does)()
	s.front.open(h)
	h.giveOut(inner)
	select {
	case <-h.idle:
	case <-inner.Done():
	}
	err = errors.Join(h.end(ctx, inner), s.front.close())
	if err == nil {
		s.over()
	}
	return err
}

// giveOut gives out the fits, the longest first, and students once their teachers are trained.
func (h *host) giveOut(ctx context.Context) {
	select {
	case <-time.After(h.Crew.Grace):
	case <-ctx.Done():
	}
	for t, ok := h.queue.next(ctx); ok; t, ok = h.queue.next(ctx) {
		var untaught error
		if t.train {
			untaught = h.taught(ctx, *t.fit)
		}
		h.mu.Lock()
		h.given[t.fit.Key] = true
		if a := (&task{name: t.fit.Key, t: t}); untaught == nil {
			h.open(ctx, a)
		} else if ctx.Err() == nil {
			h.orphaned(ctx, a, untaught)
		}
		h.mu.Unlock()
	}
}

// open gives a job out, perhaps again. It is called with the lock.
func (h *host) open(ctx context.Context, a *task) {
	a.at = ""
	h.jobs[a.name] = a
	if h.pausing {
		return
	}
	if err := h.crew.Offer(ctx, a.name, talk.Encode(talk.Order{Fit: a.t.fit.Key, Again: a.again, Not: a.not})); err != nil && ctx.Err() == nil {
		h.show.line("fit %s is given out again later: %v", a.t.fit.Key, err)
		h.openLater(ctx, a)
	}
}

// openLater gives a job out again after a while, unless a machine has it by then.
func (h *host) openLater(ctx context.Context, a *task) {
	time.AfterFunc(h.Crew.Silence/restPart, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.jobs[a.name] == a && a.at == "" && ctx.Err() == nil {
			h.open(ctx, a)
		}
	})
}

// restPart is the part of Silence for which a job rests that a machine has refused, or that could not be given out.
const restPart = 20

// close forgets a job whose fit is done or given up. It is called with the lock.
func (h *host) close(a *task) {
	delete(h.jobs, a.name)
	if err := h.crew.Drop(context.Background(), a.name); err != nil {
		h.show.line("fit %s: %v", a.t.fit.Key, err)
	}
	if !a.again {
		h.show.advance(a.t.fit.Key, h.stepsOf(a)-a.steps, a.t.dense.len()+a.t.runs.len())
		h.queue.end(a.t.fit.Key)
	}
	h.checkIdle()
}

// stepsOf returns the training steps of a job.
func (h *host) stepsOf(a *task) int {
	if a.again || !a.t.train {
		return 0
	}
	return a.t.fit.Recipe.Train.Steps
}

// checkIdle notes that nothing is left to do. It is called with the lock.
func (h *host) checkIdle() {
	if len(h.given) == len(h.wanted) && len(h.jobs) == 0 {
		select {
		case <-h.idle:
		default:
			close(h.idle)
		}
	}
}

// end tells the workers what becomes of the sweep. After an interrupt it waits for what they give back.
func (h *host) end(ctx, inner context.Context) error {
	if ctx.Err() == nil {
		why := "it is done"
		err := context.Cause(inner)
		if err != nil {
			why = err.Error()
		}
		h.sayChecked()
		return errors.Join(err, h.crew.Tell(talk.TellEnd, []byte(why)))
	}
	h.mu.Lock()
	h.pausing = true
	for _, name := range slices.Sorted(maps.Keys(h.jobs)) {
		if h.jobs[name].at == "" {
			_ = h.crew.Drop(context.WithoutCancel(ctx), name) // it is given out again by the next host
		}
	}
	h.mu.Unlock()
	if err := h.crew.Tell(talk.TellPause, nil); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	for start := time.Now(); h.atWork() > 0 && time.Since(start) < pauseTime; {
		time.Sleep(pauseStep)
	}
	return ctx.Err()
}

// How long an interrupted host waits for checkpoints, and how often it looks.
const (
	pauseTime = 15 * time.Second
	pauseStep = 20 * time.Millisecond
)

// atWork returns how many jobs are at machines that are there.
func (h *host) atWork() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.jobs {
		if a.at != "" && h.live(a.at) {
			n++
		}
	}
	return n
}

// remaining returns what the store lacks of a fit.
func (h *host) remaining(ctx context.Context, fit experiments.Fit) (*todo, error) {
	one := h.Plan
	one.Fits = []experiments.Fit{fit}
	have, err := h.DB.States(ctx, one)
	if err != nil {
		return nil, err
	}
	return remainingOf(have, one.Spec, &fit), nil
}
