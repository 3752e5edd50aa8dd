package lock

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// TestTryIsExclusive checks that a process which opens the lock file just before it is removed notices. Otherwise it
// would hold a lock on a file that no other process finds.
func TestTryIsExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	must(os.WriteFile(path, nil, 0o644))
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			store, err := os.Open(path)
			must(err)
			defer store.Close()
			for taken.Load() < 2000 && !t.Failed() {
				lock, err := Try(path, store)
				if err != nil {
					t.Error(err)
					return
				}
				if lock == nil {
					continue
				}
				taken.Add(1)
				if n := holders.Add(1); n > 1 {
					t.Errorf("%d goroutines hold the lock", n)
				}
				holders.Add(-1)
				if err := lock.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, works, err := Holder(path); works || err != nil {
		t.Errorf("in the end there is a worker: %v, %v", works, err)
	}
}
