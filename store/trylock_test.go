package store

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// The file of a lock is removed with it. Who opened it just before must notice, or would hold a lock on a file that the
// next one does not find.
func TestTryLockIsExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for taken.Load() < 2000 && !t.Failed() {
				lock, err := tryLock(path)
				if err != nil {
					t.Error(err)
					return
				}
				if lock == nil {
					continue
				}
				taken.Add(1)
				if n := holders.Add(1); n > 1 {
					t.Errorf("%d hold the lock", n)
				}
				holders.Add(-1)
				if err := lock.release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, works, err := worker(path); works || err != nil {
		t.Errorf("in the end somebody works: %v, %v", works, err)
	}
}
