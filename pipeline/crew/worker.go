package crew

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// WorkerOptions say who works.
type WorkerOptions struct {
	Name     string        // unique in the crew
	Patience time.Duration // how long a host may be away
	Folder   string        // for files that arrive; it is made if it is missing
}

// Message is what a host tells its workers.
type Message struct {
	Topic string
	Body  []byte
}

// Worker takes jobs from a host. Its methods may be called from several goroutines.
type Worker struct {
	options  WorkerOptions
	address  Address
	subjects subjects
	conn     *nats.Conn
	heard    chan Message
	leaving  sync.WaitGroup // what gives back jobs that nobody waits for any more

	mu      sync.Mutex
	session *session // nil if it must be asked for
	known   string   // the nonce that the caller knows
	held    map[string]*Job
	last    error           // what the last attempt to connect again met
	link    context.Context // ends when the connection is lost or made again
	cut     context.CancelFunc
}

// Join finds the host and connects to it. A host that does not let this worker in is a RefusedError at once; one that is not there is
// waited for until the patience ends, which is a GoneError. From then on the connection is made again whenever it is lost. Close the
// result.
func Join(ctx context.Context, a Address, o WorkerOptions) (*Worker, error) {
	if err := checkName("a worker", o.Name); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("the worker's folder: %w", err)
	}
	w := &Worker{options: o, address: a, heard: make(chan Message, 64), held: map[string]*Job{}}
	_, w.subjects = a.crew()
	w.link, w.cut = context.WithCancel(context.Background())
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	_, err := w.conn.Subscribe(w.subjects.tell(), w.hear)
	if err == nil {
		err = w.persist(ctx, newPatience(o.Patience), func(s session) (bool, error) {
			w.known = s.Nonce
			return true, nil
		})
	}
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// checkName returns an error if a name cannot be sent.
func checkName(what, name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%s cannot be named %q", what, name)
	}
	return nil
}

// hear passes on what the host tells. If nobody listens, what is oldest is forgotten.
func (w *Worker) hear(msg *nats.Msg) {
	m := Message{Topic: msg.Header.Get(topicHeader), Body: msg.Data}
	for {
		select {
		case w.heard <- m:
			return
		default:
		}
		select {
		case <-w.heard:
		default:
		}
	}
}

// Heard returns what the host tells its workers. It is not closed.
func (w *Worker) Heard() <-chan Message { return w.heard }

// Close leaves the jobs that this worker still has, and the crew.
func (w *Worker) Close() error {
	w.mu.Lock()
	var left []*Job
	for _, job := range w.held {
		left = append(left, job)
	}
	w.mu.Unlock()
	for _, job := range left {
		job.Leave()
	}
	if w.conn.IsConnected() {
		w.leaving.Wait()
		_ = w.conn.FlushTimeout(requestTime) // or the connection is lost, and what was to be sent with it
	}
	w.conn.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut()
	return nil
}
