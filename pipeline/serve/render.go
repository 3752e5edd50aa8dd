package serve

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// current returns the version of a page to answer with: the latest where somebody watches it, and else one of the store as it is now,
// as often as pace allows. A page that is being made goes on though the reader who asked has gone: others ask for the same.
func (s *Server) current(work, request context.Context, t *topic) (*page, error) {
	if p, _, watched := t.latest(); p != nil && watched {
		return p, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-request.Done():
		return nil, request.Err()
	}
	now, err := s.state(work)
	if err == nil && s.due(t, now) {
		s.make(work, t, now)
	}
	p, fault, _ := t.latest()
	if p == nil && fault == nil {
		fault = cmp.Or(err, work.Err(), errClosed)
	}
	return p, fault
}

// state returns the state of the store.
func (s *Server) state(ctx context.Context) (now state, err error) {
	_, live := s.live(s.options.File)
	now.edition, err = s.source.edition(ctx)
	now.running = live || s.source.busy()
	return now, err
}

// due reports whether a page is to be made now. While a sweep runs, this waits until the renderer has rested.
func (s *Server) due(t *topic, now state) bool {
	stale, first := t.stale(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	return first || stale && (!now.running || !s.options.Now().Before(s.rest))
}

// make makes a version of a page, of one moment of the store. The caller holds the turn.
func (s *Server) make(ctx context.Context, t *topic, of state) {
	s.yield.Do(func() {
		if s.options.Yield != nil {
			s.options.Yield()
		}
	})
	started, used := s.options.Now(), stage.ReadUsage()
	var whole []byte
	var ended experiments.State
	err := s.source.read(ctx, func(db *store.DB) (err error) {
		if t.name == "" {
			whole, err = listPage(ctx, db)
		} else {
			whole, ended, err = sweepPage(ctx, db, t.name)
		}
		return err
	})
	var p *page
	if err == nil { // a sweep that ends waits for whoever reads the store: no longer than need be
		p, err = newPage(whole, ended)
	}
	if ctx.Err() != nil {
		return // it is made when it is asked for again
	}
	took := time.Duration((stage.ReadUsage().Processor - used.Processor) * float64(time.Second))
	if took <= 0 { // the system does not say
		took = s.options.Now().Sub(started)
	}
	s.mu.Lock()
	s.rest = s.options.Now().Add(max(s.pace.rest, time.Duration(s.pace.share*float64(took))))
	s.mu.Unlock()
	t.take(of, p, err, s.options.Now())
	s.forget()
}

// sweepPage makes the page of a sweep, which is that of `flowsweep report` and the script that keeps it fresh, and says what became of it.
func sweepPage(ctx context.Context, db *store.DB, name string) (whole []byte, ended experiments.State, err error) {
	outcome, err := ship.Load(ctx, db, name)
	if err != nil {
		return nil, "", err
	}
	list, err := db.Sweeps(ctx)
	if err != nil {
		return nil, "", err
	}
	for _, l := range list {
		if l.Name == name {
			ended = l.State
		}
	}
	whole, err = outcome.LivePage(ctx, db, script)
	return whole, ended, err
}

// forget drops the pages that nobody watches and that were not asked for lately, beyond a number.
func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(slices.Collect(maps.Values(s.topics)), func(t *topic) bool { watched, _ := t.watched(); return watched })
	slices.SortFunc(left, func(a, b *topic) int { return b.used.Compare(a.used) })
	for _, t := range left[min(len(left), s.pace.pages):] {
		delete(s.topics, t.name)
	}
}

// follow looks at the store while somebody watches, and ends when nobody has for too long.
func (s *Server) follow(ctx context.Context) {
	tick := time.NewTicker(s.pace.look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.wake:
		}
		watched := s.watched()
		if len(watched) > 0 {
			s.look(ctx, watched)
		} else if s.idle() {
			return
		}
	}
}

// watched returns what somebody watches, that which was made first in front.
func (s *Server) watched() (list []*topic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := map[*topic]time.Time{}
	for _, t := range s.topics {
		if is, at := t.watched(); is {
			list, made[t] = append(list, t), at
		}
	}
	if len(list) > 0 {
		s.asked = s.options.Now()
	}
	slices.SortFunc(list, func(a, b *topic) int { return made[a].Compare(made[b]) })
	return list
}

// idle reports whether nobody has watched or asked for so long that it should end.
func (s *Server) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Idle > 0 && s.options.Now().Sub(s.asked) >= s.options.Idle
}

// look tells those who watch how their sweeps go, and has a page made that is due.
func (s *Server) look(ctx context.Context, watched []*topic) {
	now, err := s.state(ctx)
	status, live := s.live(s.options.File)
	var next *topic
	for _, t := range watched {
		t.say(progressOf(t, status, live, err, s.options.Now()).json())
		if err == nil && next == nil && s.due(t, now) {
			next = t
		}
	}
	if next == nil {
		return
	}
	select {
	case s.turn <- struct{}{}:
		go func() {
			defer func() { <-s.turn }()
			s.make(ctx, next, now)
			s.rouse()
		}()
	default: // another one is being made
	}
}

// rouse has follow look at once.
func (s *Server) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
