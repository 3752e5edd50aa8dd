package serve

import (
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
)

// Hurry makes the server look and make pages often, and take so many readers, who have so long to take what is sent.
func (s *Server) Hurry(readers int, patient time.Duration) {
	s.pace.look, s.pace.rest, s.pace.share, s.pace.alive = 50*time.Millisecond, 100*time.Millisecond, 0, 100*time.Millisecond
	s.pace.readers, s.pace.patient = readers, patient
}

// Say sends a text to those who watch a sweep.
func (s *Server) Say(name string, text []byte) { s.topic(name, false).say(text) }

// Watching returns how many watch.
func (s *Server) Watching() int { return s.readers() }

// Script is that of an open page.
var Script = script

// Words returns what is said of a sweep at work, as JSON.
func Words(s live.Status, now time.Time) string { return string(running(s, now).json()) }

// EndWords returns what is said of a sweep that ended so, or of one whose page cannot be made or whose store cannot be read.
func EndWords(ended experiments.State, fault, unread error) string {
	t := &topic{name: "a", page: &page{sweep: ended}, fault: fault}
	return string(progressOf(t, live.Status{Sweep: "b"}, true, unread, time.Time{}).json())
}

// Due reports whether a page is due, for a page that was made of the store after so many commits and while a sweep ran or not.
func (s *Server) Due(made bool, madeAt int64, madeRunning bool, now int64, running bool) bool {
	t := &topic{name: "a"}
	if made {
		t.page, t.made = &page{}, state{edition{1, madeAt}, madeRunning}
	}
	return s.due(t, state{edition{1, now}, running})
}

// Rest lets the renderer rest until a time.
func (s *Server) Rest(until time.Time) { s.rest = until }

// Own reports whether a Host is that of a server at a port.
func Own(port, host string) bool { return (&Server{port: port}).own(host) }
