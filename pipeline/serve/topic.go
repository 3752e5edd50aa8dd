package serve

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html"
	"regexp"
	"sync"
	"time"

	"flowsweep/experiments"
)

// topic is a page that is served, in its latest version, and those who watch it.
type topic struct {
	name string // of the sweep; empty for the list of all

	mu      sync.Mutex
	page    *page // nil before the first one
	made    state // of the store when it was made, or when that was tried
	fault   error // why it could not be made, or nil
	at      time.Time
	text    []byte        // how its sweep goes, as JSON
	changed chan struct{} // closed when page or text change
	readers int
	used    time.Time // when somebody last asked for it
}

// state is that of the store as far as pages depend on it. The state of a sweep whose process died changes without a write.
type state struct {
	edition edition
	running bool
}

// page is a version of a page, as it is sent.
type page struct {
	hash   string // the sha256 of the page, in hex
	whole  []byte
	packed []byte // the same, compressed
	policy string
	sweep  experiments.State // of the sweep; empty for a list
}

// newPage prepares what is sent to all readers, of a sweep in some state.
func newPage(whole []byte, sweep experiments.State) (*page, error) {
	sum := sha256.Sum256(whole)
	p := &page{hash: hex.EncodeToString(sum[:]), whole: whole, sweep: sweep}
	own := ownPolicy.FindSubmatch(whole)
	if own == nil || !bytes.HasSuffix(bytes.TrimSpace(whole), []byte("</html>")) {
		return nil, errors.New("a page without a policy or an end was made: this is a fault of the program")
	}
	p.policy = html.UnescapeString(string(own[1])) + "; " + unframed
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(whole); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	p.packed = packed.Bytes()
	return p, nil
}

// ownPolicy finds what a page itself allows, for the header that says the same.
var ownPolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)

// now returns the latest version and text, and what is closed when they change.
func (t *topic) now() (*page, []byte, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.page, t.text, t.changed
}

// latest returns the latest version or why there is none, and whether somebody watches it, so that it is made again without being asked for.
func (t *topic) latest() (p *page, err error, watched bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.page == nil {
		return nil, t.fault, t.readers > 0
	}
	return t.page, nil, t.readers > 0
}

// failed returns why the latest version could not be made, or nil.
func (t *topic) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fault
}

// stale reports whether the page is to be made for this state of the store, and whether it would be the first.
func (t *topic) stale(now state) (stale, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first = t.page == nil && t.fault == nil
	return first || t.made != now, first
}

// take takes over a version, or why none could be made.
func (t *topic) take(of state, p *page, err error, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made, t.fault, t.at = of, err, at
	if err == nil && (t.page == nil || t.page.hash != p.hash || t.page.sweep != p.sweep) {
		t.page = p
		t.announce()
	}
}

// say takes over a text for those who watch.
func (t *topic) say(text []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !bytes.Equal(t.text, text) {
		t.text = text
		t.announce()
	}
}

// announce wakes all who watch. The caller holds the mutex.
func (t *topic) announce() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// number returns how many watch.
func (t *topic) number() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.readers
}

// count adds to the number of those who watch.
func (t *topic) count(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readers += n
}

// watched reports whether somebody watches, and when the page was made.
func (t *topic) watched() (is bool, made time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.readers > 0, t.at
}
