package crew

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestOnce: a job is done by one of two workers, and is then gone.
func TestOnce(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	a, b := join(t, h, "a"), join(t, h, "b")
	offer(t, h, "j")
	job := next(t, a, "j", 1)
	none(t, b, shortWait*3/2)
	consumer, err := h.stream.Consumer(soon(t), consumerName)
	must(t, err)
	if again := consumer.CachedInfo().NumRedelivered; again != 0 {
		t.Errorf("given out again %d times while it was kept alive", again)
	}
	job.Done()
	eventually(t, "the queue is empty", func() bool { return left(t, h) == 0 })
	job.Done() // once more does nothing
	job.Leave()
	if job.adopt("subject") {
		t.Error("a job that has ended took over another one")
	}
	none(t, b, shortWait*3/2)
}

// TestThousand: none of 1,000 jobs is lost or given to two of 20 workers.
func TestThousand(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{AckWait: 20 * time.Second})
	count := 1000
	if testing.Short() {
		count = 100
	}
	for i := range count {
		offer(t, h, fmt.Sprintf("job-%d", i))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	var workers sync.WaitGroup
	for i := range 20 {
		w := join(t, h, fmt.Sprintf("w%d", i))
		workers.Go(func() {
			for {
				job, err := w.Next(ctx)
				if err != nil {
					return
				}
				mu.Lock()
				seen[job.Name]++
				if len(seen) == count {
					time.AfterFunc(shortWait, cancel) // more would be twice
				}
				mu.Unlock()
				job.Done()
			}
		})
	}
	workers.Wait()
	for name, times := range seen {
		if times != 1 {
			t.Errorf("%s was given out %d times", name, times)
		}
	}
	if len(seen) != count {
		t.Errorf("%d jobs were given out, want %d", len(seen), count)
	}
	eventually(t, "the queue is empty", func() bool { return left(t, h) == 0 })
}

// TestDead: the job of a worker that dies is given to another one after AckWait, and one that was given back at once.
func TestDead(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{AckWait: 600 * time.Millisecond})
	a, b := join(t, h, "a"), join(t, h, "b")
	offer(t, h, "j")
	next(t, a, "j", 1)
	start := time.Now()
	a.conn.Close()
	job := next(t, b, "j", 2)
	if after := time.Since(start); after < 300*time.Millisecond || after > 3*time.Second {
		t.Errorf("given out again after %v, want about 600 ms", after)
	}
	start = time.Now()
	job.GiveBack()
	next(t, b, "j", 3).Leave()
	if after := time.Since(start); after > 300*time.Millisecond {
		t.Errorf("given back after %v, want at once", after)
	}
	next(t, b, "j", 4).Done()
}

// TestOnItsWay: a job that comes to a worker that waits no more is given to another one at once.
func TestOnItsWay(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{AckWait: time.Minute})
	a, b := join(t, h, "a"), join(t, h, "b")
	sub, err := a.conn.SubscribeSync(a.conn.NewInbox())
	must(t, err)
	waiting, cancel := context.WithTimeout(soon(t), 10*time.Millisecond)
	defer cancel()
	if _, err := a.pulled(waiting, *a.session, sub); err == nil {
		t.Fatal("a job before there was one")
	}
	offer(t, h, "j")
	eventually(t, "the job is there", func() bool {
		n, _, err := sub.Pending()
		must(t, err)
		return n == 1
	})
	a.abandon(sub)
	next(t, b, "j", 2).Done()
}

// TestLost: a job whose tries are used up is named, once, and dropped.
func TestLost(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{Tries: 2})
	w := join(t, h, "w")
	offer(t, h, "bad")
	next(t, w, "bad", 1).Leave()
	next(t, w, "bad", 2).Leave()
	offer(t, h, "good")
	next(t, w, "good", 1).Done()
	none(t, w, shortWait*3/2) // asks, so that it is noticed
	select {
	case job := <-h.Lost():
		if job != "bad" {
			t.Errorf("lost %q, want bad", job)
		}
	case <-soon(t).Done():
		t.Fatal("the job was not reported as lost")
	}
	eventually(t, "the lost job is dropped", func() bool { return left(t, h) == 0 })
	offer(t, h, "bad") // with fresh tries
	next(t, w, "bad", 1).Done()
	if len(h.Lost()) != 0 {
		t.Error("lost twice")
	}
}

// TestNotLost: a job is not lost if a worker has it, even if its tries are used up, as after the host was suspended often.
func TestNotLost(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{Tries: 1})
	a, b := join(t, h, "a"), join(t, h, "b")
	offer(t, h, "j")
	job := next(t, a, "j", 1)
	job.mu.Lock() // no sign of life
	time.Sleep(shortWait + 50*time.Millisecond)
	job.mu.Unlock()
	none(t, b, 2*shortWait)
	if len(h.Lost()) != 0 {
		t.Fatal("lost, but its worker has it")
	}
	job.Done()
	eventually(t, "the queue is empty", func() bool { return left(t, h) == 0 })
}

// TestLate: the result of a worker that was thought dead counts.
func TestLate(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	a, b := join(t, h, "a"), join(t, h, "b")
	offer(t, h, "j")
	late := next(t, a, "j", 1)
	late.mu.Lock() // as if suspended: it neither shows life nor answers
	second := next(t, b, "j", 2)
	late.mu.Unlock()
	late.Done()
	eventually(t, "the late result ends the job", func() bool { return left(t, h) == 0 })
	second.Done()
	none(t, b, shortWait*3/2)
}

// TestDrop: a job that is dropped is given to nobody, be it waiting or at a worker.
func TestDrop(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	w := join(t, h, "w")
	offer(t, h, "held")
	job := next(t, w, "held", 1)
	offer(t, h, "waiting")
	must(t, h.Drop(soon(t), "waiting"))
	must(t, h.Drop(soon(t), "held"))
	must(t, h.Drop(soon(t), "unknown"))
	job.Leave()
	none(t, w, 2*shortWait)
	if len(h.Lost()) != 0 {
		t.Error("a dropped job is not a lost one")
	}
	for _, name := range []string{"", "a.b", "*", "a b", "ü"} {
		if h.Offer(soon(t), name, nil) == nil || h.Drop(soon(t), name) == nil {
			t.Errorf("job %q was accepted", name)
		}
	}
}

// TestOfferedAgain: a job that waits is replaced. One that a worker has stays there, and is given to nobody when it is done.
func TestOfferedAgain(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	a, b := join(t, h, "a"), join(t, h, "b")
	must(t, h.Offer(soon(t), "j", []byte("old")))
	offer(t, h, "j")
	job := next(t, a, "j", 1)
	offer(t, h, "j")
	none(t, b, shortWait*3/2)
	none(t, a, shortWait*3/2) // its own
	job.Done()
	eventually(t, "the queue is empty", func() bool { return left(t, h) == 0 })
}

// TestBusyAfterRestart: what a worker has when its host is started again is given to nobody else, and ends with that worker.
func TestBusyAfterRestart(t *testing.T) {
	t.Parallel()
	listening, folder := freePort(t), t.TempDir()
	old := listen(t, HostOptions{Listen: listening, Folder: folder})
	holder := join(t, old, "holder")
	offer(t, old, "j")
	job := next(t, holder, "j", 1)
	must(t, old.Close())
	h := listen(t, HostOptions{Listen: listening, Folder: folder})
	idle := join(t, h, "idle")
	eventually(t, "the holder is back", func() bool { return holder.conn.IsConnected() })
	offer(t, h, "j")
	none(t, idle, 2*shortWait)
	if _, err := holder.Next(soon(t)); !errors.Is(err, ErrNewHost) {
		t.Errorf("error %v, want that of a new host", err)
	}
	job.Done()
	eventually(t, "the queue is empty", func() bool { return left(t, h) == 0 })
	none(t, idle, shortWait*3/2)
	offer(t, h, "k")
	next(t, holder, "k", 1).Done() // the new host is said once
}

// TestTell: what the host tells reaches all workers that are there, in order.
func TestTell(t *testing.T) {
	t.Parallel()
	h := listen(t, HostOptions{})
	a, b := join(t, h, "a"), join(t, h, "b")
	must(t, h.Tell("stop", []byte("now")))
	must(t, h.Tell("go on", nil))
	for _, w := range []*Worker{a, b} {
		for _, want := range []string{"stop: now", "go on: "} {
			select {
			case m := <-w.Heard():
				if got := m.Topic + ": " + string(m.Body); got != want {
					t.Errorf("%s heard %q, want %q", w.options.Name, got, want)
				}
			case <-soon(t).Done():
				t.Fatalf("%s heard nothing", w.options.Name)
			}
		}
	}
	for i := range 1000 { // nobody listens
		must(t, h.Tell("n", fmt.Append(nil, i)))
	}
	eventually(t, "the last is kept", func() bool {
		for {
			select {
			case m := <-a.Heard():
				if string(m.Body) == "999" {
					return true
				}
			default:
				return false
			}
		}
	})
}
