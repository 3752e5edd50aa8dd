package serve_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"flowsweep/pipeline/serve"
)

// hashOfScript finds the hash of the server's script in the policy of a page.
var hashOfScript = regexp.MustCompile(`script-src &#39;sha256-[^ ]*&#39; `)

// TestPageIsTheReport checks that a page is that of `flowsweep report` and the script of the server, and that it comes whole in each form.
func TestPageIsTheReport(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	before, err := os.ReadFile(file)
	must(t, err)
	s := serving(t, serve.Options{File: file}, 5)
	answer, page := get(t, "GET", s.url+"/sweep/small")
	if want := reportOf(t, dir, "small"); !bytes.Equal(bare(page), want) || bytes.Equal(page, want) {
		t.Errorf("the page has %d bytes, %d without the script of the server; the file has %d", len(page), len(bare(page)), len(want))
	}
	sum := sha256.Sum256(page)
	tag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	if got := answer.Header.Get("ETag"); got != tag || answer.ContentLength != int64(len(page)) {
		t.Errorf("tag %s and %d bytes, want %s and %d", got, answer.ContentLength, tag, len(page))
	}
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self'") || strings.Count(policy, "'sha256-") < 2 {
		t.Errorf("the policy of the header is %q", policy)
	}
	answer, packed := get(t, "GET", s.url+"/sweep/small", "Accept-Encoding", "br, gzip;q=0.8")
	z, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	if whole, err := io.ReadAll(z); err != nil || !bytes.Equal(whole, page) || answer.Header.Get("Content-Encoding") != "gzip" || answer.ContentLength != int64(len(packed)) {
		t.Errorf("compressed it differs, or has other headers: %v, %v", err, answer.Header)
	}
	wantForms(t, s.url+"/sweep/small", tag, len(page), len(packed))
	must(t, s.stop())
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Error("the store was written to")
	}
}

// wantForms checks what is sent of a page, of so many bytes whole and packed, to those who have it, or want it in another form.
func wantForms(t *testing.T, url, tag string, whole, packed int) {
	t.Helper()
	for _, c := range []struct {
		method, name, value string
		code, bytes         int
		length              string
	}{
		{"GET", "If-None-Match", tag, 304, 0, ""},
		{"GET", "If-None-Match", `"x", ` + tag, 304, 0, ""},
		{"GET", "If-None-Match", `W/"x"`, 200, whole, fmt.Sprint(whole)},
		{"GET", "Accept-Encoding", "gzip;q=0", 200, whole, fmt.Sprint(whole)},
		{"GET", "Accept-Encoding", "gzipped", 200, whole, fmt.Sprint(whole)},
		{"HEAD", "Accept-Encoding", "gzip", 200, 0, fmt.Sprint(packed)},
	} {
		answer, body := get(t, c.method, url, c.name, c.value)
		if answer.StatusCode != c.code || len(body) != c.bytes || answer.Header.Get("ETag") != tag || answer.Header.Get("Content-Length") != c.length {
			t.Errorf("%s with %s %s: %s, %d bytes, %v", c.method, c.name, c.value, answer.Status, len(body), answer.Header)
		}
	}
}

// TestFirst checks where / leads to: to the only sweep, to a list of several, and to the one that was asked for.
func TestFirst(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	first := func(s site) string {
		answer, body := get(t, "GET", s.url+"/")
		return answer.Status + answer.Header.Get("Location") + string(body)
	}
	if got := first(s); !strings.HasPrefix(got, "302 Found/sweep/small") {
		t.Errorf("with one sweep: %.100s", got)
	}
	other, err := specIn(dir, "other.one", 3, 1)
	must(t, err)
	if said, err := program(dir, "sweep", other).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	list := first(s)
	for _, want := range []string{"200 OK<!DOCTYPE html>", `<a href="/sweep/other.one">other.one</a>`, `<a href="/sweep/small">small</a>`, "<td>8 of 8 finished</td>"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list of two sweeps lacks %q: %s", want, list)
		}
	}
	only := serving(t, serve.Options{File: file, Sweep: "small"}, 5)
	if got := first(only); !strings.HasPrefix(got, "302 Found/sweep/small") || only.Path() != "/sweep/small" {
		t.Errorf("with a name: %.100s, and %s", got, only.Path())
	}
	for path, want := range map[string]int{"/sweep/small": 200, "/sweep/other.one": 404, "/sweep/other.one/events": 404} {
		if answer, _ := get(t, "GET", only.url+path); answer.StatusCode != want {
			t.Errorf("%s of the server of one sweep: %s, want %d", path, answer.Status, want)
		}
	}
	if _, err := serve.New(t.Context(), serve.Options{File: file, Sweep: "none", Now: time.Now}); err == nil || !strings.Contains(err.Error(), "have other.one, small") {
		t.Errorf("a sweep that is not there: %v", err)
	}
	if _, err := serve.New(t.Context(), serve.Options{File: filepath.Join(dir, "none.db"), Now: time.Now}); err == nil || !strings.Contains(err.Error(), "run `flowsweep sweep SPEC` first") {
		t.Errorf("a store that is not there: %v", err)
	}
}

// TestReplaced checks that a store which takes the place of another is served from then on.
func TestReplaced(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	_, old := get(t, "GET", s.url+"/sweep/small")
	must(t, os.Rename(file, file+"-old"))
	path, err := specIn(dir, "small", 30, 1)
	must(t, err)
	if said, err := program(dir, "sweep", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	answer, page := get(t, "GET", s.url+"/sweep/small")
	if want := reportOf(t, dir, "small"); bytes.Equal(page, old) || !bytes.Equal(bare(page), want) {
		t.Errorf("%s: the page is not that of the new store, but has %d bytes, not %d, and the one before %d", answer.Status, len(bare(page)), len(want), len(bare(old)))
	}
}
