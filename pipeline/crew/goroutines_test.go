package crew

import (
	"runtime"
	"testing"
	"time"
)

// TestGoroutinesEnd checks that nothing goes on when host and worker are closed. It is not parallel, so that no other test runs.
func TestGoroutinesEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("crew", func(t *testing.T) {
		h := listen(t, HostOptions{TLS: true, Token: "secret"})
		serve(t, h, mirror(t.TempDir()))
		w := join(t, h, "w")
		offer(t, h, "j")
		next(t, w, "j", 1) // neither done nor left
		none(t, w, 10*time.Millisecond)
		_, err := w.Ask(soon(t), "topic", nil, "")
		must(t, err)
		must(t, w.Close())
		must(t, w.Close())
		must(t, h.Close())
		if _, err := w.Next(soon(t)); err == nil {
			t.Error("a worker that is closed got a job")
		}
		if _, err := w.Ask(soon(t), "topic", nil, ""); err == nil {
			t.Error("a worker that is closed got an answer")
		}
		if h.Tell("topic", nil) == nil || h.Offer(soon(t), "j", nil) == nil {
			t.Error("a host that is closed offers jobs")
		}
	})
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		after := runtime.NumGoroutine()
		if after <= before {
			return
		}
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
