package flow

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls do with 0, 1, ..., n-1, from one goroutine per processor.
func Parallel(n int, do func(i int)) {
	ParallelWorkers(n, func() func(i int) { return do })
}

// ParallelWorkers is Parallel for work that needs memory: each goroutine uses its own result of newWorker. newWorker
// runs in the caller's goroutine.
func ParallelWorkers(n int, newWorker func() func(i int)) {
	var next atomic.Int64
	run := func(do func(i int)) {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			do(int(i))
		}
	}
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers == 1 {
		run(newWorker())
		return
	}
	var wg sync.WaitGroup
	for range workers {
		work := newWorker()
		wg.Go(func() { run(work) })
	}
	wg.Wait()
}
