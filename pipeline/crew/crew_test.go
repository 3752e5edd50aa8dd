package crew

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// shortWait is the AckWait of most tests.
const shortWait = 300 * time.Millisecond

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon returns a context that ends a test that hangs.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// listen starts a host on this machine. What o leaves out is set for tests.
func listen(t *testing.T, o HostOptions) *Host {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Folder == "" {
		o.Folder = t.TempDir()
	}
	if o.AckWait == 0 {
		o.AckWait = shortWait
	}
	h, err := Listen(soon(t), o)
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	return h
}

// join lets a worker join the host.
func join(t *testing.T, h *Host, name string) *Worker {
	t.Helper()
	w, err := Join(soon(t), h.Address(), WorkerOptions{Name: name, Patience: 10 * time.Second, Folder: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	return w
}

// next returns the worker's next job, which must be the one of the name and try.
func next(t *testing.T, w *Worker, name string, try int) *Job {
	t.Helper()
	job, err := w.Next(soon(t))
	must(t, err)
	if job.Name != name || job.Try != try || string(job.Body) != "body of "+name {
		t.Fatalf("job %q with body %q at try %d, want %q at try %d", job.Name, job.Body, job.Try, name, try)
	}
	return job
}

// none checks that the worker is given no job for a while.
func none(t *testing.T, w *Worker, while time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(soon(t), while)
	defer cancel()
	if job, err := w.Next(ctx); err == nil {
		t.Fatalf("job %q at try %d, want none", job.Name, job.Try)
	} else if ctx.Err() == nil {
		t.Fatal(err)
	}
	must(t, w.conn.Flush()) // or the next job could still be sent to the one who waits no more, which costs a try
}

func offer(t *testing.T, h *Host, job string) {
	t.Helper()
	must(t, h.Offer(soon(t), job, []byte("body of "+job)))
}

// left returns the number of jobs in the queue, waiting or at a worker.
func left(t *testing.T, h *Host) uint64 {
	t.Helper()
	info, err := h.stream.Info(soon(t))
	must(t, err)
	return info.State.Msgs
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for ctx := soon(t); !condition(); time.Sleep(5 * time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatal("never happened: " + what)
		}
	}
}

func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "crew-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	host, err := Listen(ctx, HostOptions{Listen: "127.0.0.1:0", Token: "secret", Folder: filepath.Join(folder, "host")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()
	_ = host.Offer(ctx, "greet", []byte("hello"))

	worker, err := Join(ctx, host.Address(), WorkerOptions{Name: "w1", Patience: time.Minute, Folder: filepath.Join(folder, "worker")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer worker.Close()
	job, err := worker.Next(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(job.Name, string(job.Body), job.Try)
	job.Done()
	// Output: greet hello 1
}
