package work

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// desk is what a worker has in hand: jobs by name, each with how to stop it and how far it is.
type desk struct {
	mu     *sync.Mutex
	hand   map[string]*inHand
	paused bool // by a host that stops, until the next one
}

// inHand is a job that a worker is at.
type inHand struct {
	stop  context.CancelCauseFunc
	steps int // of training
}

// errPaused is the cause of the end of a job whose host stops.
var errPaused = errors.New("the host stops")

func newDesk() desk { return desk{mu: &sync.Mutex{}, hand: map[string]*inHand{}} }

// put puts a job on the desk. The context that it returns ends when the host pauses.
func (d *desk) put(ctx context.Context, name string) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	d.mu.Lock()
	d.hand[name] = &inHand{stop: stop}
	if d.paused {
		stop(errPaused)
	}
	d.mu.Unlock()
	return ctx, func() {
		d.mu.Lock()
		delete(d.hand, name)
		d.mu.Unlock()
		stop(nil)
	}
}

// stepped counts training steps of a job.
func (d *desk) stepped(name string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in := d.hand[name]; in != nil {
		in.steps += n
	}
}

// steps returns how far each job is.
func (d *desk) steps() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	far := map[string]int{}
	for name, in := range maps.All(d.hand) {
		far[name] = in.steps
	}
	return far
}

// pause ends all jobs.
func (d *desk) pause() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused = true
	for _, in := range d.hand {
		in.stop(errPaused)
	}
}

// resume lets jobs begin again.
func (d *desk) resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused = false
}

// scratch returns the path of the store of a job.
func (w *worker) scratch(job string) string { return filepath.Join(w.Folder, job+".db") }

// sweepUp removes the store of a job, with what SQLite keeps beside it.
func (w *worker) sweepUp(job string) {
	path := w.scratch(job)
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		_ = os.Remove(path + suffix) // the folder goes with the process
	}
}
