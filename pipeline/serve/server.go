// Package serve shows the pages of a store to browsers on this machine, and keeps them fresh while a sweep runs. It only reads.
//
//	l, err := serve.Listen(ctx, "127.0.0.1:7777")
//	s, err := serve.New(ctx, serve.Options{File: "runs.db", Now: time.Now})
//	err = s.Serve(ctx, l)
//
// One renderer makes each version of a page once, for all readers. It works only while somebody watches or asks, only when the
// store has changed and, while a sweep runs, for a small part of the time, see pace.
package serve

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
)

// Options say what to serve.
type Options struct {
	File  string           // the store
	Sweep string           // the only sweep to show; empty for all
	Idle  time.Duration    // after which it ends when nobody watches or asks; 0 for never
	Now   func() time.Time // the clock
	Log   io.Writer        // one line for each fault of the program
	// Yield, if not nil, is called once, before the first page is made, to let the sweep go first.
	Yield func()
}

// Server serves a store. Its pages are topics, by the name of the sweep.
type Server struct {
	options Options
	pace    pace
	source  *source
	live    func(file string) (live.Status, bool)
	port    string // of the listener
	wake    chan struct{}
	turn    chan struct{} // held by what makes a page
	yield   sync.Once

	mu     sync.Mutex
	topics map[string]*topic
	rest   time.Time // until which no page is made while a sweep runs
	asked  time.Time // when somebody last asked
}

// pace is how often things are done, and how many there may be.
type pace struct {
	look    time.Duration // between looks at the store while somebody watches
	rest    time.Duration // the least time between pages while a sweep runs
	share   float64       // and this many times what the last one took of the processor
	alive   time.Duration // between signs of life to a reader
	patient time.Duration // for a reader to take what is sent
	readers int           // that may watch at once
	pages   int           // that are kept though nobody watches them
}

var usual = pace{
	look: time.Second, rest: 2 * time.Second, share: 20, alive: 15 * time.Second, patient: 10 * time.Second, readers: 200, pages: 8,
}

// New opens the store for reading. Its error says if there is no such sweep. The caller calls Serve, which closes it.
func New(ctx context.Context, o Options) (*Server, error) {
	s := &Server{
		options: o, pace: usual, source: &source{path: o.File}, live: readLive, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1),
		topics: map[string]*topic{}, asked: o.Now(),
	}
	if err := s.source.open(ctx); err != nil {
		return nil, err
	}
	s.options.Sweep = experiments.CanonicalName(o.Sweep)
	if o.Sweep == "" {
		return s, nil
	}
	if err := s.source.known(ctx, s.options.Sweep); err != nil {
		return nil, errors.Join(err, s.source.close())
	}
	return s, nil
}

// Path returns the path of the page to open first.
func (s *Server) Path() string {
	if s.options.Sweep == "" {
		return "/"
	}
	return pathOf(s.options.Sweep)
}

// Caution says what may be missing of the store, or nothing.
func (s *Server) Caution() string { return s.source.caution() }

// Close closes the store of a server that does not serve.
func (s *Server) Close() error { return s.source.close() }

// Serve serves until the context ends, or nobody has watched or asked for the time in the options, and closes listener and store.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	server := &http.Server{
		Handler: s.guard(s.routes(ctx)), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 14,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: log.New(s.options.Log, "", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	var work sync.WaitGroup
	work.Go(func() { s.follow(ctx); stop() })
	var err error
	select {
	case err = <-ended:
		stop()
	case <-ctx.Done(): // which ends what is sent to those who watch
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(end) != nil {
			_ = server.Close()
		}
	}
	work.Wait()
	s.turn <- struct{}{} // no page is being made
	return errors.Join(err, s.source.close())
}

// topic returns what is served of a sweep, or of the list of all where the name is empty. With watching, one more watches it.
func (s *Server) topic(name string, watching bool) *topic {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[name]
	if t == nil {
		t = &topic{name: name, changed: make(chan struct{})}
		s.topics[name] = t
	}
	t.used = s.options.Now()
	if watching {
		t.count(1)
	}
	return t
}

// used notes that somebody asks.
func (s *Server) used() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = s.options.Now()
}
