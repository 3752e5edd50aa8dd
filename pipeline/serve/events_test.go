package serve_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"flowsweep/pipeline/serve"
)

// seen are the versions that readers were told of and got.
type seen struct {
	mu        sync.Mutex
	announced map[string]bool
	got       map[string]int
}

// read watches a sweep as an open page does, until it is over and the last version is there, which it returns.
func (s *seen) read(ctx context.Context, url string) (last string, err error) {
	over := false
	err = watching(ctx, url, func(e event) error {
		switch e.name {
		case "status":
			over = strings.Contains(e.data, `"text":"finished"`)
		case "version":
			s.mu.Lock()
			s.announced[hashOf(e)] = true
			s.mu.Unlock()
			if last, err = s.fetch(ctx, url); err != nil {
				return err
			}
		}
		if over && last != "" {
			return errSeen
		}
		return nil
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return last, err
}

// fetch gets a page, and returns its hash or what is torn about it.
func (s *seen) fetch(ctx context.Context, url string) (hash string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	packed, err := io.ReadAll(answer.Body)
	if err != nil || answer.ContentLength != int64(len(packed)) {
		return "", fmt.Errorf("%w: %d of %d bytes", err, len(packed), answer.ContentLength)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	page, err := io.ReadAll(z)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(page)
	hash = hex.EncodeToString(sum[:])
	if answer.Header.Get("ETag") != `W/"`+hash+`"` || !bytes.HasSuffix(bytes.TrimSpace(page), []byte("</html>")) {
		return "", fmt.Errorf("a page of %d bytes has the tag %s and the hash %s", len(page), answer.Header.Get("ETag"), hash)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[hash]++
	return hash, nil
}

// TestReadersDuringASweep checks that 50 readers of a sweep at work see several versions of its page, each of them whole and one that was
// announced, and in the end that of `flowsweep report`.
func TestReadersDuringASweep(t *testing.T) {
	t.Parallel()
	const readers = 50
	dir, file := storeIn(t) // whose sweep is another one
	s := serving(t, serve.Options{File: file}, readers)
	sweep := sweeping(t, dir, s.url, 1500, 6)
	url := s.url + "/sweep/long"
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	all := &seen{announced: map[string]bool{}, got: map[string]int{}}
	var group sync.WaitGroup
	lasts := make([]string, readers)
	for i := range readers {
		group.Go(func() {
			var err error
			if lasts[i], err = all.read(ctx, url); err != nil {
				t.Errorf("reader %d: %v", i, err)
			}
		})
	}
	if err := sweep.Wait(); err != nil {
		t.Error(err)
	}
	group.Wait()
	_, page := get(t, "GET", url)
	sum := sha256.Sum256(page)
	for i, last := range lasts {
		if last != hex.EncodeToString(sum[:]) {
			t.Errorf("reader %d ends with the version %s, not %x", i, last, sum)
		}
	}
	all.check(t, 3)
	if !bytes.Equal(bare(page), reportOf(t, dir, "long")) {
		t.Error("the last version is not the page that report writes")
	}
}

// check checks that what readers got was announced, and that they saw so many versions at least.
func (s *seen) check(t *testing.T, least int) {
	t.Helper()
	for hash, n := range s.got {
		if !s.announced[hash] {
			t.Errorf("%d readers got the version %s, which was not announced", n, hash)
		}
	}
	if len(s.got) < least {
		t.Errorf("readers saw %d versions, want at least %d", len(s.got), least)
	}
}

// TestProcessDied checks that readers hear of it when the process of a sweep is killed, although it writes nothing then.
func TestProcessDied(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	sweep := sweeping(t, dir, s.url, 100_000, 2)
	url := s.url + "/sweep/long"
	wait(t, url, func(e event) bool { return e.name == "version" })
	must(t, sweep.Process.Kill())
	_ = sweep.Wait() // which says that it was killed
	wait(t, url, func(e event) bool {
		return e.name == "status" && strings.Contains(e.data, "its process died")
	})
	if _, page := get(t, "GET", url); !bytes.Contains(page, []byte("lost")) {
		t.Error("the page does not say what is lost")
	}
}

// TestReadersLimit checks that one reader too many is refused in a sentence, and taken once another one has left.
func TestReadersLimit(t *testing.T) {
	t.Parallel()
	_, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 2)
	url := s.url + "/sweep/small"
	ctx, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() { _ = watching(ctx, url, func(event) error { return nil }) })
	}
	for s.Watching() < 2 {
		time.Sleep(5 * time.Millisecond)
	}
	answer, body := get(t, "GET", url+"/events")
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.HasPrefix(string(body), "2 readers watch already: ") {
		t.Errorf("the third reader: %s: %s", answer.Status, body)
	}
	if answer, _ := get(t, "GET", url); answer.StatusCode != http.StatusOK {
		t.Errorf("the page of the third reader: %s", answer.Status)
	}
	leave()
	group.Wait()
	wait(t, url, func(e event) bool { return e.name == "version" })
}

// TestSlowReader checks that a reader who takes nothing is dropped, and that another one is told all meanwhile.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	_, file := storeIn(t)
	s := servingFor(t, serve.Options{File: file}, 5, 300*time.Millisecond)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "GET /sweep/small/events HTTP/1.1\r\nHost: %s\r\n\r\n", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	for s.Watching() < 1 {
		time.Sleep(5 * time.Millisecond)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; s.Watching() > 0 && i < 2000; i++ {
			s.Say("small", fmt.Appendf(nil, `{"text":"%d%s"}`, i, strings.Repeat(" ", 1<<20)))
			time.Sleep(10 * time.Millisecond)
		}
	}()
	<-ended
	if n := s.Watching(); n != 0 {
		t.Errorf("%d readers are still there", n)
	}
	s.Say("small", []byte("{}"))
	wait(t, s.url+"/sweep/small", func(e event) bool { return e.name == "version" })
}

// TestIdle checks that a server which nobody watches ends after its time, and not while somebody does.
func TestIdle(t *testing.T) {
	t.Parallel()
	_, file := storeIn(t)
	s := serving(t, serve.Options{File: file, Idle: 400 * time.Millisecond}, 5)
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer cancel()
	if err := watching(ctx, s.url+"/sweep/small", func(event) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("somebody watches, and after %v: %v", time.Since(begun), err)
	}
	for ; time.Since(begun) < time.Minute; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			return
		}
		_ = c.Close()
	}
	t.Error("it does not end")
}
