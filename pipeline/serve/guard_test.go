package serve_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"flowsweep/pipeline/serve"
)

// TestRefused checks what is answered to whom, and that every answer tells browsers to be strict.
func TestRefused(t *testing.T) {
	t.Parallel()
	_, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	const page, events = "/sweep/small", "/sweep/small/events"
	link := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	for _, c := range []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"a page", "GET", page, nil, 200},
		{"its head", "HEAD", page, nil, 200},
		{"the head of its events", "HEAD", events, nil, 200},
		{"by its name", "GET", page, []string{"Host", "localhost:" + port}, 200},
		{"by its number of version 6", "GET", page, []string{"Host", "[::1]:" + port}, 200},
		{"from the page itself", "GET", page, []string{"Origin", s.url, "Sec-Fetch-Site", "same-origin"}, 200},
		{"typed by a person", "GET", page, []string{"Sec-Fetch-Site", "none"}, 200},
		{"a link from another site", "GET", page, link, 200},
		{"a name that leads here", "GET", page, []string{"Host", "evil.example:" + port}, 421},
		{"one that begins like ours", "GET", page, []string{"Host", "127.0.0.1.evil.example:" + port}, 421},
		{"another machine", "GET", page, []string{"Host", "192.168.0.1:" + port}, 421},
		{"another port", "GET", page, []string{"Host", "127.0.0.1:1"}, 421},
		{"no port", "GET", page, []string{"Host", "127.0.0.1"}, 421},
		{"events by a name that leads here", "GET", events, []string{"Host", "evil.example:" + port}, 421},
		{"another origin", "GET", page, []string{"Origin", "http://evil.example"}, 403},
		{"another program on this machine", "GET", events, []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"no origin of its own", "GET", events, []string{"Origin", "null"}, 403},
		{"two origins", "GET", events, []string{"Origin", s.url, "Origin", "http://evil.example"}, 403},
		{"another site", "GET", events, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port, as browsers say it", "GET", events, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"an image of another site", "GET", page, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403},
		{"a frame of another site", "GET", page, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"a link to events from another site", "GET", events, link, 403},
		{"a change", "POST", page, nil, 405},
		{"a removal", "DELETE", events, nil, 405},
		{"a question before a change", "OPTIONS", page, nil, 405},
		{"a sweep that is not there", "GET", "/sweep/other", nil, 404},
		{"its events", "GET", "/sweep/other/events", nil, 404},
		{"no sweep", "GET", "/sweep/", nil, 404},
		{"a file", "GET", "/runs.db", nil, 404},
		{"a file above", "GET", "/sweep/..%2f..%2fetc%2fpasswd", nil, 404},
		{"a file above, with its dots hidden", "GET", "/sweep/%2e%2e%2fruns.db", nil, 404},
		{"a file above of Windows", "GET", `/sweep/..%5cruns.db`, nil, 404},
		{"a name with a zero", "GET", "/sweep/small%00", nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer, body := get(t, c.method, s.url+c.path, c.headers...)
			if answer.StatusCode != c.want {
				t.Errorf("got %s, want %d: %.100s", answer.Status, c.want, body)
			}
			if c.want >= 400 && (len(body) == 0 || len(body) > 200 || !strings.HasSuffix(string(body), ".\n")) {
				t.Errorf("it does not say so in a sentence: %q", body)
			}
			if allowed := answer.Header.Get("Allow"); (c.want == http.StatusMethodNotAllowed) != (allowed == "GET, HEAD") {
				t.Errorf("it allows %q", allowed)
			}
			wantStrict(t, answer)
		})
	}
}

// wantStrict checks the headers that every answer has, and that nobody else may read it.
func wantStrict(t *testing.T, answer *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "", "Set-Cookie": "",
	} {
		if got := strings.Join(answer.Header.Values(name), ", "); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := answer.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "script-src 'unsafe") {
		t.Errorf("the policy lets any script run: %q", policy)
	}
}

// TestOwn checks which hosts are a server's own at the port that browsers do not name.
func TestOwn(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "localhost": true, "[::1]": true, "127.0.0.1:80": true, "127.9.9.9": true, "localhost:81": false, "": false, ":80": false, "[::1": false,
		"[evil.example]": false, "localhost.evil.example": false, "0.0.0.0": false,
	} {
		if got := serve.Own("80", host); got != want {
			t.Errorf("host %q: %v, want %v", host, got, want)
		}
	}
}

// TestListen checks which addresses are refused, and that the reason says what to do.
func TestListen(t *testing.T) {
	t.Parallel()
	taken, err := serve.Listen(t.Context(), "localhost:0")
	must(t, err)
	defer taken.Close()
	for address, want := range map[string]string{
		"0.0.0.0:7777": "for this machine alone: use 127.0.0.1:7777, and from elsewhere ssh -L 7777:127.0.0.1:7777",
		":7777":        "for this machine alone", "[::]:7777": "for this machine alone", "example.org:80": "for this machine alone", "192.168.0.1:7777": "for this machine alone",
		"127.0.0.1": "with a port, such as 127.0.0.1:7777", "": "with a port", "127.0.0.1:99999": "with a port", "127.0.0.1:none": "with a port",
		taken.Addr().String(): "another program listens there",
	} {
		l, err := serve.Listen(t.Context(), address)
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", address, err, want)
		}
	}
}
