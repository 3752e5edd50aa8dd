package sweep

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"flowsweep/pipeline/live"
	"flowsweep/pipeline/stage"
)

// voice writes what people read, and knows when it did so last.
type voice struct {
	w   io.Writer
	now func() time.Time

	mu   sync.Mutex
	last time.Time
}

func newVoice(w io.Writer, now func() time.Time) *voice { return &voice{w: w, now: now, last: now()} }

func (v *voice) Write(b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = v.now()
	return v.w.Write(b)
}

// silent returns how long nothing has been written.
func (v *voice) silent(now time.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return now.Sub(v.last)
}

// How often a sweep looks whether it has something to say, and the silence after which it has: together 10 s.
const (
	listenEvery = time.Second
	maxSilence  = 9 * time.Second
)

// withClock returns a context with a clock of its stages, which it may have already.
func withClock(ctx context.Context) context.Context {
	if stage.Of(ctx) != nil {
		return ctx
	}
	return stage.With(ctx, stage.NewClock())
}

// newAccount returns the account of a sweep.
func (s Sweep) newAccount(ctx context.Context) *live.Tracker {
	name := s.Machine
	if name == "" {
		name, _ = os.Hostname() // as nobody knows, if it fails
	}
	return live.NewTracker(live.Status{
		Sweep: s.Plan.Spec.Name, PID: os.Getpid(), Machine: name, Cores: runtime.GOMAXPROCS(0), MachineMemory: int64(live.MachineMemory()),
	}, stage.Of(ctx), s.Now)
}

// tell says what the sweep does until the function that it returns is called: to other processes, in a file, and to people, in the
// bars or, where they have read nothing for a while, in a line.
func (s *sweeper) tell() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(listenEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				s.show.breakSilence(s.Now())
			}
		}
	}()
	hide := func() {}
	if s.File != "" {
		hide = live.Write(s.File, s.show.account.Status)
	}
	return func() { close(quit); <-done; hide() }
}

// breakSilence says what the sweep does in the bars or, after a silence, in a line.
func (p *progress) breakSilence(now time.Time) {
	if p.shown() != nil {
		text := p.account.Status().Sentence(now)
		p.doing.Store(&text)
		return
	}
	if v, ok := p.w.(*voice); ok && v.silent(now) >= maxSilence {
		p.line("%s", p.account.Status().Sentence(now))
	}
}
