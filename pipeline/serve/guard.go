package serve

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// locked is the policy of all that has none of its own: nothing is loaded, framed or sent.
const locked = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " + unframed

// unframed is what a page cannot say of itself.
const unframed = "frame-ancestors 'none'"

// guard refuses what does not come from a page of this server or from a person, and tells browsers to be strict. A name of another
// machine that leads here is refused, or pages from there could read these (DNS rebinding).
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.used()
		for name, value := range map[string]string{
			"Content-Security-Policy": locked, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache",
		} {
			w.Header().Set(name, value)
		}
		if code, why := s.refused(r); why != "" {
			if code == http.StatusMethodNotAllowed {
				w.Header().Set("Allow", "GET, HEAD")
			}
			http.Error(w, why, code)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refused returns why a request is refused, or "".
func (s *Server) refused(r *http.Request) (code int, why string) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return http.StatusMethodNotAllowed, "Nothing can be changed here: use GET."
	case !s.own(r.Host):
		return http.StatusMisdirectedRequest, fmt.Sprintf("This page is not called so: open http://127.0.0.1:%s/, and forward the same port from elsewhere.", s.port)
	}
	for _, origin := range r.Header.Values("Origin") {
		if origin != "http://"+r.Host {
			return http.StatusForbidden, "Other sites may not read this page."
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" && !opened(r) {
			return http.StatusForbidden, "Other sites may not read this page."
		}
	}
	return 0, ""
}

// own reports whether the host of a request is this server.
func (s *Server) own(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, "80"
		if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
			name = host[1 : n-1]
		}
	}
	return port == s.port && loopback(name)
}

// opened reports whether a person follows a link from another site to a page, which that site cannot read.
func opened(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" && !strings.HasSuffix(r.URL.Path, eventsPath)
}
