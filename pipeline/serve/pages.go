package serve

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// script keeps an open page fresh.
//
//go:embed live.js
var script string

const (
	sweepPath  = "/sweep/"
	eventsPath = "/events" // after that of a page
)

// pathOf returns the path of the page of a sweep.
func pathOf(name string) string { return sweepPath + url.PathEscape(name) }

// routes returns what answers requests that are not refused. Pages are made until the context ends.
func (s *Server) routes(work context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { s.first(work, w, r) })
	mux.HandleFunc(sweepPath+"{name}", func(w http.ResponseWriter, r *http.Request) {
		if name := r.PathValue("name"); s.has(w, r, name) {
			s.answer(work, w, r, s.topic(name, false))
		}
	})
	mux.HandleFunc(sweepPath+"{name}"+eventsPath, func(w http.ResponseWriter, r *http.Request) {
		if name := r.PathValue("name"); s.has(w, r, name) {
			s.watch(w, r, name)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "There is nothing here: the page is at /.", http.StatusNotFound)
	})
	return mux
}

// first leads to the page if there is one sweep, or one was asked for, and lists the sweeps if there are several.
func (s *Server) first(work context.Context, w http.ResponseWriter, r *http.Request) {
	name := s.options.Sweep
	if name == "" {
		names, err := s.source.names(r.Context())
		if err != nil {
			s.failed(w, err)
			return
		}
		if len(names) != 1 {
			s.answer(work, w, r, s.topic("", false))
			return
		}
		name = names[0]
	}
	http.Redirect(w, r, pathOf(name), http.StatusFound)
}

// has reports whether there is such a sweep to show. If not it says so.
func (s *Server) has(w http.ResponseWriter, r *http.Request, name string) bool {
	if s.options.Sweep != "" && name != s.options.Sweep {
		http.Error(w, fmt.Sprintf("Only the sweep %s is served.", s.options.Sweep), http.StatusNotFound)
		return false
	}
	err := s.source.known(r.Context(), name)
	if err != nil {
		s.failed(w, err)
	}
	return err == nil
}

// failed says what went wrong.
func (s *Server) failed(w http.ResponseWriter, err error) {
	var unknown *unknownError
	switch {
	case errors.As(err, &unknown):
		http.Error(w, "There is no such sweep here: they are listed at /.", http.StatusNotFound)
	default:
		http.Error(w, "The page cannot be made: "+err.Error(), http.StatusInternalServerError)
	}
}

// answer sends the current version of a page, whole, unless the reader has it.
func (s *Server) answer(work context.Context, w http.ResponseWriter, r *http.Request, t *topic) {
	p, err := s.current(work, r.Context(), t)
	if err != nil {
		s.failed(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("ETag", tagOf(p.hash))
	h.Set("Vary", "Accept-Encoding")
	if holds(r.Header.Values("If-None-Match"), tagOf(p.hash)) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := p.whole
	if holds(r.Header.Values("Accept-Encoding"), "gzip") {
		body = p.packed
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a reader who has gone misses nothing
}

// tagOf returns the tag of a version, which is weak: the bytes may be compressed.
func tagOf(hash string) string { return `W/"` + hash + `"` }

// holds reports whether lists with commas hold a word. A word that is refused by its weight, as in gzip;q=0, does not count.
func holds(lists []string, word string) bool {
	for _, item := range strings.Split(strings.Join(lists, ","), ",") {
		name, weight, weighted := strings.Cut(strings.TrimSpace(item), ";")
		if strings.TrimSpace(name) != word {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q="), 64)
		return !weighted || err == nil && q > 0
	}
	return false
}
