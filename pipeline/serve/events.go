package serve

import (
	"fmt"
	"net/http"
	"time"
)

// eventStream is the type of what is sent to those who watch.
const eventStream = "text/event-stream"

// watch sends how a sweep goes and which version of its page is the latest, until the reader leaves: server-sent events
// "version" and "status", with JSON, and a comment as a sign of life. Whoever is slow misses what is out of date, and whoever
// takes nothing is dropped.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	if r.Method == http.MethodHead {
		h.Set("Content-Type", eventStream)
		return
	}
	t := s.topic(name, true)
	defer t.count(-1)
	if s.readers() > s.pace.readers {
		h.Set("Retry-After", "10")
		http.Error(w, fmt.Sprintf("%d readers watch already: close a page elsewhere, this one tries again.", s.pace.readers), http.StatusServiceUnavailable)
		return
	}
	h.Set("Content-Type", eventStream)
	s.rouse()
	to := reader{w, http.NewResponseController(w), s.pace.patient}
	if to.send("retry: 1000\n\n") != nil {
		return
	}
	alive := time.NewTicker(s.pace.alive)
	defer alive.Stop()
	var has told
	for {
		p, text, changed := t.now()
		if message := has.news(p, string(text)); message != "" && to.send(message) != nil {
			return
		}
		select {
		case <-changed:
		case <-alive.C:
			if to.send(": here\n\n") != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// told is what a reader has been told.
type told struct{ version, status string }

// news returns the events that tell the rest, or "".
func (has *told) news(p *page, status string) (message string) {
	if p != nil && p.hash != has.version {
		has.version = p.hash
		message = fmt.Sprintf("id: %s\nevent: version\ndata: {\"hash\":%q,\"bytes\":%d}\n\n", p.hash, p.hash, len(p.whole))
	}
	if status != has.status {
		has.status = status
		message += "event: status\ndata: " + status + "\n\n"
	}
	return message
}

// readers returns how many watch.
func (s *Server) readers() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.topics {
		n += t.number()
	}
	return n
}

// reader is one who watches.
type reader struct {
	http.ResponseWriter
	control *http.ResponseController
	patient time.Duration
}

// send sends a message at once. Its error says that the reader has gone or takes nothing.
func (r reader) send(message string) error {
	if err := r.control.SetWriteDeadline(time.Now().Add(r.patient)); err != nil {
		return err
	}
	if _, err := r.Write([]byte(message)); err != nil {
		return err
	}
	return r.control.Flush()
}
